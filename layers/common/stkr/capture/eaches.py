"""From an amount as it was read to eaches of the item that was counted: by its pack size, its unit and its measure."""

from collections.abc import Iterable
from decimal import Decimal

from stkr.capture.codes import Match
from stkr.capture.quantities import Amount, Unread, plain
from stkr.capture.result import Reason
from stkr.domain.exact import ONE, ZERO
from stkr.domain.stock import StockRow
from stkr.domain.units import CASE, EACH, ROLL


def in_eaches(amount: Amount, match: Match) -> Decimal | Unread:
    """Convert to eaches of the item (or its measure), exactly. Only cases are multiplied; no unit is converted.

    A case barcode multiplies a bare number, and sets what a case holds.
    """
    stock = match.stock
    foreign_unit = _foreign_unit(amount, match)
    if foreign_unit:
        return _not_held_in(foreign_unit, stock)
    eaches, cases = amount.eaches, amount.cases
    pack = match.pack if match.pack is not None else stock.pack_size
    if match.pack is not None and amount.bare:
        eaches, cases = ZERO, amount.eaches
    elif stock.unit == CASE:
        pack = ONE
    if cases is None:
        total = eaches
    else:
        if cases % 1:
            return Unread(
                Reason.FRACTIONAL_QUANTITY,
                f"{plain(cases)} is not a whole number of cases: give cases and loose eaches, such as 3 boxes + 7",
            )
        if pack is None or pack <= 0:
            return Unread(
                Reason.MISSING_PACK_SIZE,
                f"the system does not say how many of {stock.sku} are in a case: count in eaches, or add the pack size",
            )
        total = eaches + cases * pack
    if total % 1 and not stock.by_measure:
        return Unread(
            Reason.FRACTIONAL_QUANTITY,
            f"{plain(total)} is not a whole number, and {stock.sku} is not sold by measure: recount",
        )
    return total


def in_eaches_of_packs(amount: Amount, match: Match, said_sizes: Iterable[Decimal]) -> Decimal | Unread:
    """The same for cases whose row says how many they hold, which must be what the system says."""
    stock = match.stock
    pack = ONE if stock.unit == CASE else match.pack if match.pack is not None else stock.pack_size
    other_size = next((size for size in said_sizes if pack is not None and size != pack), None)
    if other_size is None or pack is None:
        return in_eaches(amount, match)
    return Unread(
        Reason.MISSING_PACK_SIZE,
        f"the row says that a case of {stock.sku} holds {plain(other_size)}, the system says {plain(pack)}: "
        "count in eaches, or correct the pack size",
    )


def if_mark_is_decimal(unread: Unread, match: Match) -> Decimal | Unread:
    """What a doubtful cell says in a table that ``writes_three_places``; only what is sold by measure has fractions."""
    if unread.if_decimal is None or match.pack is not None or not match.stock.by_measure:
        return unread
    return in_eaches(unread.if_decimal, match)


def typed_in_eaches(amount: Amount | Unread, match: Match) -> Decimal | Unread:
    """The same for a quantity that a person types beside the code of a case: a bare number may be of either."""
    if isinstance(amount, Unread):
        return amount
    if match.pack is not None and amount.bare and amount.eaches:
        number = plain(amount.eaches)
        return Unread(
            Reason.UNKNOWN_UNIT,
            f"{number} may be cases of {match.stock.sku} or single units: type {number} boxes or {number} ea",
        )
    return in_eaches(amount, match)


def _foreign_unit(amount: Amount, match: Match) -> str:
    """The unit an amount is in, where that is not certainly the one the item is held in; else empty."""
    stock = match.stock
    if amount.rolls and not stock.by_measure:
        return ROLL
    if stock.unit == CASE and amount.cases is not None:
        # Where the system knows of cases of several of these, either kind may be meant, and loose ones are parts.
        several = match.pack is not None or stock.pack_size not in (None, ONE)
        return CASE if several or amount.eaches else ""
    held = stock.unit or ("" if stock.by_measure else EACH)
    return amount.unit if amount.unit != held else ""


def _not_held_in(unit: str, stock: StockRow) -> Unread:
    names = {EACH: "eaches", CASE: "cases", ROLL: "rolls"}
    named, held = names.get(unit, unit), names.get(stock.unit or EACH, stock.unit)
    if stock.by_measure and not stock.unit:
        problem = f"the system does not say what {stock.sku} is measured in, so {named} may be another unit"
        advice = "give the number alone, as the system counts it"
    elif stock.unit == CASE:
        problem = f"{stock.sku} is held in cases, and the count may be of them or of what they hold"
        advice = "give the number of cases alone"
    else:
        problem = f"{stock.sku} is held in {held}, not in {named}"
        advice = f"count it in {held}"
    return Unread(Reason.UNKNOWN_UNIT, f"{problem}: {advice}")
