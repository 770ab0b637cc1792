"""A stock and a dirty count of it, made from a seed: the same on every machine.

The shares of dirt are chosen so that every rule of capture has work at every size, while most rows are plain and most
shelves as the system says, as in the files that shops send: about six lines in a hundred are material. A quantity
belongs to a place (an item in a bin), so that rows of the same place agree unless they are meant not to.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from random import Random

from stkr.domain.stock import Snapshot, StockRow

HEADER = ("Time", "User", "Code", "Name", "Bin", "Counted qty")
SEED = 20_261_124

_SECTIONS = ("FIX", "TOOL", "PAINT", "GARDEN", "LIGHT")
_NAMES = ("Hex bolt", "Screw, countersunk", "Türgriff weiß", "Wall plug", "Pipe clip 15 mm", "Paint, white, 5 l")
_USERS = ("u1", "u2", "u3", "u4")
_PACKS = (6, 12, 24, 48, 100)
_EACH = ("ea", "pcs", "units")
_CASES = ("boxes", "cs", "cartons")
_WORDS = ("about 40", "ten", "see back room", "?", "12 or 13")
_HEADER_AGAIN = 5_000
_SECTION_BREAK = 1_000


@dataclass(slots=True)
class _Place:
    """An item in a bin, and how many eaches stand there."""

    item: StockRow
    bin: str
    eaches: int


def make_stock(skus: int, seed: int = SEED) -> Snapshot:
    """A shop of so many SKUs at Main, with a tenth as many again that are stocked in the yard only."""
    random = Random(seed)
    rows = [_item(number, "Main" if number <= skus else "Yard", random) for number in range(1, skus + skus // 10 + 1)]
    return Snapshot("Main", {row.sku: row for row in rows[:skus]}, {row.sku: row for row in rows[skus:]})


def make_count(snapshot: Snapshot, bins: int, seed: int = SEED) -> bytes:
    """A CSV of every item in so many bins, a quarter more rows, and headers and empty lines as joined exports have."""
    random = Random(seed)
    stream = io.StringIO()
    writer = csv.writer(stream)
    for number, (place, (code, quantity)) in enumerate(_rows(snapshot, bins, random)):
        if number % _HEADER_AGAIN == 0:
            writer.writerow(HEADER)
        if number % _SECTION_BREAK == _SECTION_BREAK - 1:
            writer.writerow([""] * len(HEADER))
        time = f"2026-06-27 {9 + number // 3600 % 9:02}:{number // 60 % 60:02}:{number % 60:02}"
        writer.writerow([time, random.choice(_USERS), code, place.item.name, _label(place, random), quantity])
    return stream.getvalue().encode()


def _item(number: int, location: str, random: Random) -> StockRow:
    # Numeric SKUs have leading zeros, which spreadsheets strip.
    sku = f"{number:06}" if number % 20 == 0 else f"{random.choice(_SECTIONS)}-{number:05}-M{number % 30}"
    pack = random.choice(_PACKS) if random.random() < 0.4 else None
    barcode = _with_check_digit(f"04{number:09}" if number % 10 == 3 else f"5012{number:08}")
    aliases = [barcode]
    if pack:
        aliases.append(f"{_with_check_digit(f'1{barcode[:-1]:0>12}')}*{pack}")
    if number % 2:
        aliases.append(f"ACME-{number}")
    if number % 50 in (7, 8):
        aliases.append(f"TWIN-{number // 50}")
    return StockRow(
        sku,
        random.choice(_NAMES),
        location,
        Decimal(random.randrange(500)),
        Decimal(random.randrange(5, 2_000)) / 100,
        Decimal(pack) if pack else None,
        tuple(aliases),
        by_measure=not pack and random.random() < 0.08,
    )


def _with_check_digit(body: str) -> str:
    weighted = sum(int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(reversed(body)))
    return f"{body}{-weighted % 10}"


def _places(snapshot: Snapshot, bins: int, random: Random) -> Iterator[_Place]:
    """Where the items stand. Most are as the system says, some are amiss, and some that it does not expect turn up."""
    strays = [item for item in snapshot.elsewhere.values() if random.random() < 0.02]
    for number, item in enumerate([*snapshot.rows.values(), *strays]):
        eaches = max(0, int(item.system_qty) + _amiss(random)) if item.location == snapshot.location else 3
        # One item in fifty stands on the floor, without any bin; one in twenty in one bin more.
        in_bins = 1 if item.sku.endswith("M7") else bins + (number % 20 == 0)
        share, rest = divmod(eaches, in_bins)
        for nth in range(in_bins):
            bin_name = "" if item.sku.endswith("M7") else f"{chr(65 + number % 26)}{number % 40:02}-{nth}"
            yield _Place(item, bin_name, share if nth else share + rest)


def _amiss(random: Random) -> int:
    """By how many eaches a shelf differs from the system: far enough to matter for one item in twenty."""
    chance = random.random()
    if chance < 0.05:
        return random.choice((-1, 1)) * random.randrange(6, 60)
    return random.choice((-1, 1)) if chance < 0.1 else 0


def _rows(snapshot: Snapshot, bins: int, random: Random) -> Iterator[tuple[_Place, tuple[str, str]]]:
    """Each place with its own row, and behind it now and then a row about a place that was counted before."""
    been: list[_Place] = []
    for place in _places(snapshot, bins, random):
        been.append(place)
        yield place, _written(_OWN, place, snapshot, random)
        while random.random() < 0.2:
            earlier = random.choice(been)
            yield earlier, _written(_FURTHER, earlier, snapshot, random)


def _label(place: _Place, random: Random) -> str:
    """The bin as somebody types it; rarely they forget it."""
    chance = random.random()
    if chance < 0.0005:
        return ""
    if chance < 0.1:
        return place.bin.lower()
    return f"{place.bin} " if chance < 0.15 and place.bin else place.bin


def _written(habits: "_Habits", place: _Place, snapshot: Snapshot, random: Random) -> tuple[str, str]:
    """Code and quantity of one row."""
    (how,) = random.choices(tuple(habits), tuple(habits.values()))
    return how(place, snapshot, random)


def _plain(place: _Place, _: Snapshot, random: Random) -> tuple[str, str]:
    return _code(place.item, random), str(place.eaches)


def _each(place: _Place, _: Snapshot, random: Random) -> tuple[str, str]:
    # What is sold by measure is not counted in pieces.
    return _code(place.item, random), str(
        place.eaches
    ) if place.item.by_measure else f"{place.eaches} {random.choice(_EACH)}"


def _point(mark: str, place: _Place, _: Snapshot, random: Random) -> tuple[str, str]:
    return _code(place.item, random), f"{place.eaches}{mark}0"


def _cases(place: _Place, _: Snapshot, random: Random) -> tuple[str, str]:
    """Boxes and loose ones; of an item without a known pack size nobody can tell how many they are."""
    cases, loose = divmod(place.eaches, int(place.item.pack_size or 12))
    unit = random.choice(_CASES)
    return _code(place.item, random), f"{cases} {unit} + {loose}" if loose else f"{cases} {unit}"


def _case_barcode(place: _Place, _: Snapshot, random: Random) -> tuple[str, str]:
    pack = place.item.pack_size
    if pack is None or place.eaches % pack:
        return _code(place.item, random), str(place.eaches)
    return place.item.aliases[1].partition("*")[0], str(place.eaches // int(pack))


def _measured(mark: str, place: _Place, _: Snapshot, random: Random) -> tuple[str, str]:
    """A half more, which is fine for rope and fractional for bolts."""
    quantity = f"{place.eaches}{mark}5" if place.item.by_measure or random.random() < 0.1 else str(place.eaches)
    return _code(place.item, random), quantity


def _says(quantities: Sequence[str], place: _Place, _: Snapshot, random: Random) -> tuple[str, str]:
    return _code(place.item, random), random.choice(quantities)


def _names(codes: Sequence[str], place: _Place, _: Snapshot, random: Random) -> tuple[str, str]:
    return random.choice(codes), str(place.eaches)


def _unknown(place: _Place, _: Snapshot, random: Random) -> tuple[str, str]:
    return f"OLD-{random.randrange(10_000)}", str(place.eaches)


def _misread(place: _Place, _: Snapshot, __: Random) -> tuple[str, str]:
    barcode = place.item.aliases[0]
    return f"{barcode[:-1]}{(int(barcode[-1]) + 1) % 10}", str(place.eaches)


def _shortened(place: _Place, _: Snapshot, __: Random) -> tuple[str, str]:
    barcode = place.item.aliases[0]
    return f"{barcode[0]}.{barcode[1:6]}E+{len(barcode) - 1}", str(place.eaches)


def _ambiguous(place: _Place, snapshot: Snapshot, random: Random) -> tuple[str, str]:
    return f"twin-{random.randrange(len(snapshot.rows) // 50)}", str(place.eaches)


def _other_count(place: _Place, _: Snapshot, random: Random) -> tuple[str, str]:
    return _code(place.item, random), str(place.eaches + random.randrange(1, 9))


def _code(item: StockRow, random: Random) -> str:
    """One of the item's codes as it comes out of a scanner or a hand."""
    chance = random.random()
    if chance < 0.55:
        return item.aliases[0]
    if chance < 0.6:
        return f"0{item.aliases[0]}"
    if chance < 0.65 and item.aliases[-1].startswith("ACME"):
        return item.aliases[-1].lower()
    if chance < 0.7:
        return f" {item.sku.lower()}"
    if chance < 0.75:
        return item.sku.replace("-", " - ").lstrip("0")
    return item.sku


_Habit = Callable[[_Place, Snapshot, Random], tuple[str, str]]
_Habits = dict[_Habit, float]
"""Ways to write a row, each with its weight."""

_OWN: _Habits = {
    _plain: 74,
    _each: 4,
    partial(_point, "."): 4,
    partial(_point, ","): 2,
    _cases: 5,
    _case_barcode: 4,
    partial(_measured, "."): 3,
    partial(_measured, ","): 1.5,
    partial(_says, ("", " ")): 1,
    partial(_says, _WORDS): 0.5,
    partial(_says, ("1,250", "1.250", "2 000")): 0.3,
    partial(_says, ("#N/A", "=SUM(F2:F9)")): 0.2,
    partial(_says, ("-1", "-12", "(3)")): 0.3,
    partial(_says, ("5 pallets", "2 doz")): 0.2,
}
# Most of what nobody can read is beside the items that the system knows, which are counted all the same.
_FURTHER: _Habits = {
    _plain: 52,
    partial(_says, ("", " ")): 20,
    partial(_says, _WORDS): 2,
    partial(_names, ("", " ")): 3,
    _unknown: 12,
    _misread: 3,
    _shortened: 3,
    _ambiguous: 2,
    _other_count: 3,
}
