"""From a code as it was scanned or typed to the SKU it names."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from itertools import chain
from typing import NamedTuple

from stkr.capture.gtin import corrections, expanded, inside_case, is_gtin, is_misread, label_text, labelled, one_item
from stkr.capture.result import Reason
from stkr.domain.alias import Alias, split_alias
from stkr.domain.stock import Snapshot, StockRow
from stkr.tabular.text import all_folded, folded, visible

_LISTED = 4
_DIGITS = "0123456789"
_LONGEST_SHOWN = 40
_MANGLED = re.compile(r"\d(?:[.,]\d+)?e\+?\d{1,3}")
# With the sign it is the work of a spreadsheet; without it, it may be somebody's SKU.
_SURELY_MANGLED = re.compile(r"\d(?:[.,]\d+)?e\+\d{1,3}")
_AIM = re.compile(r"^\][a-z]\d")
_BRACKETED = re.compile(r"\s*\[([^\]]+)\]")
_QUOTED_FORMULA = re.compile(r"=\"(.*)\"")
_MONTH = (
    r"(?:jan|ene|gen|feb|fev|fév|mar|mär|mrz|apr|avr|abr|may|mai|maj|mei|mag|jun|jui|giu|jul|lug|aug|aoû|ago|sep|set|"
    r"oct|okt|ott|out|nov|dec|dez|déc|dic)\w{0,6}\.?"
)
_DATE = re.compile(
    rf"(?:(?:19|20)\d\d-\d\d?-\d\d?|\d\d?([./-])\d\d?\1\d\d(?:\d\d)?)(?:[ t]+\d\d?:\d\d.*)?"
    rf"|\d\d?[-./ ]+{_MONTH}(?:[-./ ]+\d\d(?:\d\d)?)?|{_MONTH}[-./ ]+\d\d(?:\d\d)?",
    re.ASCII,
)
# Letters of other alphabets, as codes are folded, and the Latin ones that their capitals look like.
_ALPHABETS = str.maketrans(
    "авекмнорстухіѕјԛԝзӏαβεζηικμνορτυχı",
    "abekmhopctyxisjqw3labezhikmnoptyxi",
    "\u0307",  # the dot that folding leaves of a Turkish capital I
)
_ALIKE = str.maketrans("oil", "011")


class Match(NamedTuple):
    """The item a code names. ``pack`` is eaches per scan where the code is a case barcode, else ``None``."""

    stock: StockRow
    pack: Decimal | None = None

    def names_same(self, other: "Match") -> bool:
        """Whether both mean the same item and packing."""
        return self.stock.sku == other.stock.sku and self.pack == other.pack


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Why a code names no item, and what to do; ``skus`` are those it may mean."""

    reason: Reason
    detail: str
    skus: tuple[str, ...] = ()


CodeMatch = Match | Unmatched


class Codebook:
    """Every code of a snapshot: SKUs, barcodes and supplier codes of all items the system knows.

    Codes are compared folded (case, space, width and invisible characters do not matter). Digits are also compared
    without leading zeros: always where either side is a genuine GTIN, otherwise only if the exact digits name nothing.
    What names nothing as it stands is also read without what scanners and spreadsheets put around a code.
    """

    def __init__(self, snapshot: Snapshot, aliases: Iterable[Alias] = ()) -> None:
        """``aliases`` are codes beside those that the snapshot has for its own SKUs."""
        self._exact: dict[str, tuple[Match, ...]] = {}
        # Digits without their leading zeros -> the codes that have some.
        self._padded: dict[str, list[str]] = {}
        self._worked_out: dict[str | tuple[str, ...], CodeMatch] = {}
        codes: list[str] = []
        named: list[tuple[Match, ...]] = []
        for stock in chain(snapshot.rows.values(), snapshot.elsewhere.values()):
            # One for all codes of the item, which makes a third of the objects.
            single = (Match(stock),)
            codes.append(stock.sku)
            named.append(single)
            for alias in stock.aliases:
                code, pack = split_alias(alias)
                codes.append(code)
                named.append(single if pack is None else (Match(stock, pack),))
        for confirmed in aliases:
            stock = snapshot.rows.get(confirmed.sku) or snapshot.elsewhere[confirmed.sku]
            codes.append(confirmed.code)
            named.append((Match(stock, confirmed.pack),))
        for key, match in zip(all_folded(codes), named, strict=True):
            present = self._exact.setdefault(key, match)
            if present is match:
                self._note(key)
            elif not any(match[0].names_same(other) for other in present):
                self._exact[key] = (*present, *match)
        self._exact.pop("", None)

    def _note(self, key: str) -> None:
        """A key that is new."""
        if key.startswith("0") and _is_digits(key):
            self._padded.setdefault(key.lstrip("0"), []).append(key)
        # What is left of a mangled barcode may be what is left of many.
        elif "e+" in key and _SURELY_MANGLED.fullmatch(key):
            del self._exact[key]

    def find(self, cell: str) -> CodeMatch:
        """The item that a code names; what is not plain about a cell is worked out once."""
        return self._worked_out.get(cell) or self._look_up(cell, folded(cell))

    def find_all(self, cells: Sequence[str]) -> list[CodeMatch]:
        """The items that codes name, one for each."""
        worked_out = self._worked_out.get
        return [
            worked_out(cell) or self._look_up(cell, key) for cell, key in zip(cells, all_folded(cells), strict=True)
        ]

    def _look_up(self, cell: str, key: str) -> CodeMatch:
        matches = self._of(key)
        if len(matches) == 1:
            return matches[0]
        answer = self._worked_out[cell] = self._find((cell,))
        return answer

    def find_together(self, cells: tuple[str, ...]) -> CodeMatch:
        """The item that the several code cells of a row name together: those that name any must name the same."""
        answer = self._worked_out.get(cells)
        if answer is None:
            answer = self._worked_out[cells] = self._find(cells)
        return answer

    def knows(self, cell: str) -> bool:
        """Whether a single cell names at least one item."""
        return bool(self._matches(cell))

    def _find(self, cells: tuple[str, ...]) -> CodeMatch:
        filled = [cell for cell in cells if visible(cell)]
        if not filled:
            return Unmatched(Reason.MISSING_CODE, "the row has no code: add the SKU or barcode, or delete the row")
        matches = [match for cell in filled for match in self._matches(cell)]
        if not matches:
            return self._unmatched(filled)
        if all(match.names_same(matches[0]) for match in matches):
            return matches[0]
        return _settled(filled, matches)

    def _matches(self, cell: str) -> tuple[Match, ...]:
        key = folded(cell)
        return self._of(key) or next(filter(None, map(self._of, _inner_codes(cell, key))), ())

    def _of(self, key: str) -> tuple[Match, ...]:
        exact = self._exact.get(key, ())
        # Nearly every code ends here: it is written in one way only, or not known at all.
        if not _is_digits(key):
            return exact
        bare = key.lstrip("0") if key[0] == "0" else key
        padded = self._padded.get(bare, ())
        if bare == key:
            if not padded:
                return exact
        elif bare not in self._exact and (padded == [key] or not padded):
            return exact
        same = {code for code in (bare, *padded) if code != key and code in self._exact}
        if not exact and len(same) == 1:
            return self._exact[same.pop()]
        genuine = {code for code in same if is_gtin(code) or is_gtin(key)}
        matches = list(exact)
        for code in sorted(genuine if exact or genuine else same):
            matches += [match for match in self._exact[code] if not any(match.names_same(other) for other in matches)]
        return tuple(matches)

    def _skus(self, key: str) -> tuple[str, ...]:
        return tuple(sorted({match.stock.sku for match in self._of(key)}))

    @cached_property
    def _by_look(self) -> dict[str, list[str]]:
        """What codes look like -> those that are spelled in another way."""
        spelled: dict[str, list[str]] = {}
        # All at once, which takes a tenth of the time; no folded code has a line end in it.
        looks = _look("\n".join(self._exact)).split("\n")
        for key, look in zip(self._exact, looks, strict=True):
            if look != key:
                spelled.setdefault(look, []).append(key)
        return spelled

    def _unmatched(self, cells: Sequence[str]) -> Unmatched:
        """Why cells name nothing, with the best guess at what they mean.

        A guess never counts anything. It comes with the SKUs where the shelf was all but certainly counted, so that
        they do not come out as uncounted as well: codes nobody can tell apart, other barcodes of a known item.
        """
        guess = next((guess for cell in cells for guess in self._guesses(cell)), None)
        if guess is not None:
            return guess
        key = folded(cells[0])
        if _is_digits(key) and is_misread(key):
            advice = "its check digit is wrong, so it may be a misread: scan it again"
        else:
            advice = "add it to the item's aliases in the system of record, or correct the code"
        return _unknown(cells[0], f"is no SKU, barcode or supplier code that the system knows: {advice}")

    def _guesses(self, cell: str) -> Iterator[Unmatched]:
        """What a cell that names nothing may be, most certain first."""
        key = folded(cell)
        label = _label(cell, key)
        if _MANGLED.fullmatch(key):
            yield Unmatched(
                Reason.MANGLED_BARCODE,
                f"{_shown(cell)} is a barcode that a spreadsheet has shortened; its digits are lost: "
                "scan it again, or format the column as text",
            )
        if skus := self._skus(labelled(label) or ""):
            yield _unknown(
                cell,
                f"is a label of {_listed(skus)} that may say how many or how much, too: "
                "scan the item's own barcode, or type its SKU and the quantity",
                skus,
            )
        case = one_item(label) or key
        if skus := self._skus(inside_case(case) or ""):
            yield _unknown(
                cell,
                f"looks like the barcode of a case of {_listed(skus)}: count in eaches, "
                f"or add {case}*24 to its aliases, with what a case holds instead of 24",
                skus,
            )
        yield from self._look_alikes(cell, key)
        upc = expanded(key)
        if upc and (skus := self._skus(upc)):
            yield _unknown(
                cell,
                f"may be short for {upc}, which is {_listed(skus)}, or a barcode of its own: "
                "type the SKU, or add the code to the item's aliases",
                skus,
            )
        if _is_digits(key) and is_misread(key):
            near = [code for code in corrections(key) if self._of(code)]
            if near:
                named = _listed([f"{code} of {_listed(self._skus(code))}" for code in near])
                yield _unknown(cell, f"is close to {named}, but its check digit is wrong: scan it again")
        if looks_like_a_date(cell):
            yield _unknown(
                cell,
                "looks like a date, which is what a spreadsheet makes of some codes: "
                "scan it again, or type the code into a column formatted as text",
            )

    def _look_alikes(self, cell: str, key: str) -> Iterator[Unmatched]:
        look = _look(key)
        alike = [code for code in (look, *self._by_look.get(look, ())) if code in self._exact]
        if not alike:
            return
        skus = tuple(sorted({match.stock.sku for code in alike for match in self._exact[code]}))
        foreign = [code for code in (key, *alike) if code.translate(_ALPHABETS) != code]
        if key in foreign:
            problem = "contains letters of another alphabet"
        elif foreign:
            problem = "is spelled with letters of another alphabet in the system"
        else:
            problem = "is not known, perhaps for a 0 that is an O, or a 1 that is an I or l"
        named = _listed([sku if folded(sku) in alike else f"a code of {sku}" for sku in skus])
        yield _unknown(cell, f"{problem}; it looks like {named}: correct it, or add it to the item's aliases", skus)


def looks_like_a_date(code: str) -> bool:
    """Whether a code may be what a spreadsheet makes of several codes: of ``1-3``, ``1/3`` and ``JAN3`` alike."""
    return _DATE.fullmatch(visible(code).casefold()) is not None


def _settled(cells: list[str], matches: list[Match]) -> CodeMatch:
    """What several matches come down to."""
    skus = sorted({match.stock.sku for match in matches})
    if len(skus) > 1:
        detail = f"{' / '.join(map(_shown, cells))} names {_listed(skus)}: {_way_out(cells, skus)}"
        return Unmatched(Reason.AMBIGUOUS_CODE, detail, tuple(skus))
    packs = {match.pack for match in matches}
    # A SKU beside its own case barcode, each in a column of its own: what was scanned is the case.
    if len(packs - {None}) == 1 and len(cells) > 1:
        return next(match for match in matches if match.pack is not None)
    sizes = _listed(sorted("single" if pack is None else f"case of {pack}" for pack in packs))
    return Unmatched(Reason.AMBIGUOUS_CODE, f"{cells[0]} names {skus[0]} as {sizes}: correct its aliases", tuple(skus))


def _way_out(cells: Sequence[str], skus: Sequence[str]) -> str:
    """What makes it clear which of several items is meant."""
    if len(cells) > 1:
        return "correct or empty the cell that is wrong"
    if folded(cells[0]) in map(folded, skus):
        # To type the SKU would name the same items again.
        return "use a code that only one of them has, or give one of them another in the system of record"
    return "use the SKU itself"


def _is_digits(key: str) -> bool:
    return key[:1] in _DIGITS and key.isdecimal() and key.isascii()


def _inner_codes(cell: str, key: str) -> Iterator[str]:
    """Other readings of a cell that names nothing as it stands: what scanners and spreadsheets put around a code."""
    if key.startswith("'"):
        yield key[1:]
    quoted = _QUOTED_FORMULA.fullmatch(key)
    if quoted:
        yield quoted[1]
    if _AIM.match(key):
        yield key[3:]
    # Odoo shows a product as "[CODE] Name".
    bracketed = _BRACKETED.match(cell)
    if bracketed:
        yield folded(bracketed[1])
    if key.endswith(".0") and key[:-2].isdecimal():
        yield key[:-2]
    gtin = one_item(_label(cell, key))
    if gtin:
        yield gtin
    # A scanner may send the short form as it is. Where the digits are a GTIN-8 as well, they could be either.
    upc = expanded(key)
    if upc and not is_gtin(key):
        yield upc


def _label(cell: str, key: str) -> str:
    """A cell as a label with GS1 elements, whose separator is invisible and so not in the folded ``key``."""
    if "\x1d" in cell:
        key = "\x1d".join(map(folded, cell.split("\x1d"))).lstrip("\x1d")
    return label_text(_AIM.sub("", key))


def _look(key: str) -> str:
    """A folded code with one character for all that people take for each other."""
    return key.translate(_ALPHABETS).translate(_ALIKE)


def _shown(cell: str) -> str:
    return visible(cell)[:_LONGEST_SHOWN]


def _unknown(cell: str, problem: str, skus: tuple[str, ...] = ()) -> Unmatched:
    return Unmatched(Reason.UNKNOWN_CODE, f"{_shown(cell)} {problem}", skus)


def _listed(items: Sequence[str]) -> str:
    more = len(items) - _LISTED
    return ", ".join(items[:_LISTED]) + (f" and {more} more" if more > 0 else "")
