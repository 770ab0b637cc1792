"""From a code as it was scanned or typed to the SKU it names."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain

from stkr.capture.result import Alias, Reason
from stkr.stock import Snapshot, StockRow
from stkr.tabular.words import folded, visible

_GTIN_LENGTHS = frozenset({8, 12, 13, 14})
_LISTED = 4
_LONGEST_SHOWN = 40
_MANGLED = re.compile(r"\d(?:[.,]\d+)?e\+?\d{1,3}")
# With the sign it is the work of a spreadsheet; without it, it may be somebody's SKU.
_SURELY_MANGLED = re.compile(r"\d(?:[.,]\d+)?e\+\d{1,3}")
_PACK = re.compile(r"\s*(\d{1,7}(?:\.\d{1,6})?)\s*", re.ASCII)
_AIM = re.compile(r"\][a-z]\d")
_BRACKETED = re.compile(r"\s*\[([^\]]+)\]")
_QUOTED_FORMULA = re.compile(r"=\"(.*)\"")


@dataclass(frozen=True, slots=True)
class Match:
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


Found = Match | Unmatched


def check_digit_fits(digits: str) -> bool:
    """Whether the last digit of a GTIN is the one that GS1's weights of 3 and 1 give."""
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return weighted % 10 == 0


def split_alias(alias: str) -> tuple[str, Decimal | None]:
    """``CODE*24`` is the barcode of a case of 24; anything else is a code as it stands."""
    code, _, size = alias.rpartition("*")
    pack = _PACK.fullmatch(size)
    if pack and code.strip() and Decimal(pack[1]) > 0:
        return code, Decimal(pack[1])
    return alias, None


class Codebook:
    """Every code of a snapshot: SKUs, barcodes and supplier codes of all items the system knows.

    Codes are compared folded (case, space, width and invisible characters do not matter). Digits are also compared
    without leading zeros: always where either side is a genuine GTIN, otherwise only if the exact digits name nothing.
    """

    def __init__(self, snapshot: Snapshot, aliases: Iterable[Alias] = ()) -> None:
        """``aliases`` are codes beside those that the snapshot has for its own SKUs."""
        self._exact: dict[str, tuple[Match, ...]] = {}
        # Digits without their leading zeros -> the codes that have some.
        self._padded: dict[str, list[str]] = {}
        self._seen: dict[str | tuple[str, ...], Found] = {}
        for stock in chain(snapshot.rows.values(), snapshot.elsewhere.values()):
            self._add(stock)
        for alias in aliases:
            known = snapshot.rows.get(alias.sku) or snapshot.elsewhere[alias.sku]
            self._put(alias.code, Match(known, alias.pack))

    def _add(self, stock: StockRow) -> None:
        single = Match(stock)
        self._put(stock.sku, single)
        for alias in stock.aliases:
            code, pack = split_alias(alias)
            self._put(code, single if pack is None else Match(stock, pack))

    def _put(self, code: str, match: Match) -> None:
        key = folded(code)
        # What is left of a mangled barcode may be what is left of many.
        if not key or _SURELY_MANGLED.fullmatch(key):
            return
        present = self._exact.get(key, ())
        if not any(match.names_same(other) for other in present):
            self._exact[key] = (*present, match)
        if not present and key[0] == "0" and _is_digits(key):
            self._padded.setdefault(key.lstrip("0"), []).append(key)

    def find(self, cell: str) -> Found:
        """The item that a code names; the same cell is looked up once."""
        found = self._seen.get(cell)
        if found is None:
            found = self._seen[cell] = self._find((cell,))
        return found

    def find_together(self, cells: tuple[str, ...]) -> Found:
        """The item that the several code cells of a row name together: those that name any must name the same."""
        found = self._seen.get(cells)
        if found is None:
            found = self._seen[cells] = self._find(cells)
        return found

    def knows(self, cell: str) -> bool:
        """Whether a single cell names at least one item."""
        return bool(self._matches(cell))

    def _find(self, cells: tuple[str, ...]) -> Found:
        given = [cell for cell in cells if visible(cell)]
        if not given:
            return Unmatched(Reason.MISSING_CODE, "the row has no code: add the SKU or barcode, or delete the row")
        matches = [match for cell in given for match in self._matches(cell)]
        if not matches:
            return _unmatched(given[0])
        if all(match.names_same(matches[0]) for match in matches):
            return matches[0]
        return _settled(given, matches)

    def _matches(self, cell: str) -> tuple[Match, ...]:
        matches = self._of(folded(cell))
        if matches:
            return matches
        for key in _inner_codes(cell):
            matches = self._of(key)
            if matches:
                return matches
        return ()

    def _of(self, key: str) -> tuple[Match, ...]:
        exact = self._exact.get(key, ())
        if not _is_digits(key):
            return exact
        bare = key.lstrip("0")
        if bare == key and key not in self._padded:
            return exact
        same = {code for code in (bare, *self._padded.get(bare, ())) if code != key and code in self._exact}
        genuine = {code for code in same if _is_gtin(code) or _is_gtin(key)}
        found = list(exact)
        for code in sorted(genuine if exact or genuine else same):
            found += [match for match in self._exact[code] if not any(match.names_same(other) for other in found)]
        return tuple(found)


def _settled(given: list[str], matches: list[Match]) -> Found:
    """What several matches come down to."""
    skus = sorted({match.stock.sku for match in matches})
    if len(skus) > 1:
        return Unmatched(
            Reason.AMBIGUOUS_CODE, f"{' / '.join(given)} names {_listed(skus)}: use the SKU itself", tuple(skus)
        )
    packs = {match.pack for match in matches}
    # A SKU beside its own case barcode, each in a column of its own: what was scanned is the case.
    if len(packs - {None}) == 1 and len(given) > 1:
        return next(match for match in matches if match.pack is not None)
    sizes = _listed(sorted("single" if pack is None else f"case of {pack}" for pack in packs))
    return Unmatched(Reason.AMBIGUOUS_CODE, f"{given[0]} names {skus[0]} as {sizes}: correct its aliases", tuple(skus))


def _is_digits(key: str) -> bool:
    return key.isdecimal() and key.isascii()


def _inner_codes(cell: str) -> Iterator[str]:
    """Other readings of a cell that names nothing as it stands: what scanners and spreadsheets put around a code."""
    key = folded(cell)
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


def _is_gtin(digits: str) -> bool:
    return len(digits) in _GTIN_LENGTHS and check_digit_fits(digits)


def _unmatched(cell: str) -> Unmatched:
    key, shown = folded(cell), cell.strip()[:_LONGEST_SHOWN]
    if _MANGLED.fullmatch(key):
        return Unmatched(
            Reason.MANGLED_BARCODE,
            f"{shown} is a barcode that a spreadsheet has shortened; its digits are lost: "
            "scan it again, or format the column as text",
        )
    if key.isdecimal() and len(key) in _GTIN_LENGTHS and not check_digit_fits(key):
        hint = "its check digit is wrong, so it may be a misread: scan it again"
    else:
        hint = "add it to the item's aliases in the system of record, or correct the code"
    return Unmatched(Reason.UNKNOWN_CODE, f"{shown} is no SKU, barcode or supplier code that the system knows: {hint}")


def _listed(items: list[str]) -> str:
    more = len(items) - _LISTED
    return ", ".join(items[:_LISTED]) + (f" and {more} more" if more > 0 else "")
