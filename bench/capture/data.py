"""A stock and a dirty count of it, made from a seed: the same on every machine.

The shares of dirt are chosen so that every rule of capture has work at every size, while most rows are plain, as in
the files that shops send. A quantity belongs to a place (an item in a bin), so that rows of the same place agree
unless they are meant not to.
"""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from random import Random

from stkr.stock import Snapshot, StockRow

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


def make_count(snapshot: Snapshot, rows: int, seed: int = SEED) -> bytes:
    """A CSV of so many data rows, between which headers and empty lines are repeated as joined exports do."""
    random = Random(seed)
    shelves = _Shelves(snapshot, random)
    stream = io.StringIO()
    writer = csv.writer(stream)
    for number in range(rows):
        if number % _HEADER_AGAIN == 0:
            writer.writerow(HEADER)
        if number % _SECTION_BREAK == _SECTION_BREAK - 1:
            writer.writerow([""] * len(HEADER))
        place = shelves.next_place()
        code, quantity = _written(place, snapshot, random)
        time = f"2026-06-27 {9 + number // 3600 % 9:02}:{number // 60 % 60:02}:{number % 60:02}"
        writer.writerow([time, random.choice(_USERS), code, place.item.name, shelves.label(place), quantity])
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
        Decimal(random.randrange(5, 5_000)) / 100,
        Decimal(pack) if pack else None,
        tuple(aliases),
        by_measure=not pack and random.random() < 0.08,
    )


def _with_check_digit(body: str) -> str:
    weighted = sum(int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(reversed(body)))
    return f"{body}{-weighted % 10}"


class _Shelves:
    """Deals out the places of a count: mostly a new bin of the next item, now and then one that was counted before."""

    def __init__(self, snapshot: Snapshot, random: Random) -> None:
        self._items = [*snapshot.rows.values(), *snapshot.elsewhere.values()]
        self._random = random
        self._places: list[_Place] = []

    def next_place(self) -> _Place:
        """The place of the next row."""
        random = self._random
        if self._places and random.random() < 0.1:
            return random.choice(self._places)
        dealt = len(self._places)
        item = self._items[dealt % len(self._items)]
        times = dealt // len(self._items)
        # One item in fifty stands on the floor, without any bin.
        bin_name = "" if item.sku.endswith("M7") else f"{chr(65 + dealt % 26)}{dealt % 40:02}-{times}"
        if times and not bin_name:
            place = self._places[dealt % len(self._items)]
        else:
            place = _Place(item, bin_name, random.randrange(1, 400))
        self._places.append(place)
        return place

    def label(self, place: _Place) -> str:
        """The bin as somebody types it; rarely they forget it."""
        chance = self._random.random()
        if chance < 0.0005:
            return ""
        if chance < 0.1:
            return place.bin.lower()
        return f"{place.bin} " if chance < 0.15 and place.bin else place.bin


def _written(place: _Place, snapshot: Snapshot, random: Random) -> tuple[str, str]:
    """Code and quantity of one row."""
    (how,) = random.choices(_HABITS, _WEIGHTS)
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
_SHARES: tuple[tuple[_Habit, float], ...] = (
    (_plain, 68),
    (_each, 3),
    (partial(_point, "."), 3),
    (partial(_point, ","), 1.5),
    (_cases, 5),
    (_case_barcode, 4),
    (partial(_measured, "."), 3),
    (partial(_measured, ","), 1.5),
    (partial(_says, ("", " ")), 5),
    (partial(_says, _WORDS), 0.7),
    (partial(_says, ("1,250", "1.250", "2 000")), 0.4),
    (partial(_says, ("#N/A", "=SUM(F2:F9)")), 0.2),
    (partial(_says, ("-1", "-12", "(3)")), 0.4),
    (partial(_says, ("5 pallets", "2 doz")), 0.3),
    (partial(_names, ("", " ")), 0.4),
    (_unknown, 1.6),
    (_misread, 0.5),
    (_shortened, 0.5),
    (_ambiguous, 0.4),
    (_other_count, 0.6),
)
_HABITS = [habit for habit, _ in _SHARES]
_WEIGHTS = [weight for _, weight in _SHARES]
