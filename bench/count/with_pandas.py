"""The job written with pandas.

Text is looked at once per distinct value: a column is factorised, what its distinct values mean is worked out, and
from there on rows are integers. Reasons are small numbers, too: their place in ``Reason``, or ``_FINE``.
"""

from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import pairwise

import numpy as np
import pandas as pd

from bench.count.contract import CENTS, PERCENT_PLACES, PLACES, PREFIX, PREFIX_TOLERANCE, TOLERANCE, CountResult, Judged
from stkr.capture.result import Reason, Totals
from stkr.domain.counted import LineKind
from stkr.domain.stock import Snapshot, StockRow
from stkr.domain.variance import Materiality

_ONE = 10**PLACES
_REASONS = list(Reason)
_FINE = -1
_FIRST_ROW = 2
_EACH = ("", "ea", "pcs", "units")
_CASE = ("boxes", "cs", "cartons")
_MANGLED = r"\d(?:[.,]\d+)?e\+?\d{1,3}"
_NEGATIVE = r"-\s*[\d.,]+|\([\d.,]+\)"
_GROUPED = r"[1-9]\d{0,2}(?:[ .,]\d{3})+"
_AMOUNT = r"^(?P<whole>\d{1,7})(?:[.,](?P<part>\d{1,6}))?\s*(?P<unit>[^\W\d]+)?(?:\s*\+\s*(?P<loose>\d{1,7}))?$"


def reconcile(content: bytes, snapshot: Snapshot) -> CountResult:
    """The lines, parked rows, totals and variances of a count."""
    sheet = pd.read_csv(BytesIO(content), dtype=object, na_filter=False, skip_blank_lines=False)
    items = [*snapshot.rows.values(), *snapshot.elsewhere.values()]
    book = _codebook(items)
    rows = pd.concat([_codes(sheet["Code"], book), _amounts(sheet["Counted qty"]), _bins(sheet["Bin"])], axis=1)
    rows = rows[~_structural(sheet, rows["blank"])]
    counted = rows[~rows["blank"]].copy()
    _convert(counted, items)
    places = _places(counted)
    agreed = places[places["agrees"]]
    lines = agreed.groupby("item")["lowest"].sum()
    parked = counted.loc[counted["reason"] != _FINE, "reason"]
    cells = sheet.loc[parked.index].itertuples(index=False, name=None)
    numbers, reasons = (parked.index + _FIRST_ROW).tolist(), parked.tolist()
    named = book.loc[book["key"].isin(_keys(sheet.loc[parked.index, "Code"])), "item"].to_numpy()
    return CountResult(
        {
            items[item].sku: line
            for item, line in zip(lines.index.tolist(), zip(lines.tolist(), _rows(counted), strict=True), strict=True)
        },
        [(row, _REASONS[reason], raw) for row, reason, raw in zip(numbers, reasons, cells, strict=True)],
        Totals(
            read=len(rows),
            counted=len(agreed),
            collapsed=len(counted) - len(parked) - len(agreed),
            blank=len(rows) - len(counted),
            parked=len(parked),
        ),
        _variances(lines, named, items, len(snapshot.rows)),
    )


def outcome(result: CountResult) -> CountResult:
    """The same."""
    return result


def _rows(counted: pd.DataFrame) -> Iterator[tuple[int, ...]]:
    """Of each item that is counted, in the order of the items, the rows that went into its count."""
    item = counted.loc[counted["reason"] == _FINE, "item"].sort_values(kind="stable")
    rows = (item.index + _FIRST_ROW).tolist()
    bounds = [*np.flatnonzero(item.diff().to_numpy()).tolist(), len(rows)]
    return (tuple(rows[begin:end]) for begin, end in pairwise(bounds))


def _structural(sheet: pd.DataFrame, blank: pd.Series) -> pd.Series:
    """Rows that are no data: the header once more, or nothing at all."""
    empty = blank & (sheet["Code"] == "")
    empty[empty] = (sheet[empty] == "").all(axis=1)
    return empty | (sheet["Code"] == "Code")


def _codes(cells: pd.Series, book: pd.DataFrame) -> pd.DataFrame:
    """Of each row the item its code names, how many eaches the code stands for (0: one), and why it names none."""
    at, distinct = pd.factorize(cells)
    keys = _keys(pd.Series(distinct))
    found = book.drop_duplicates("key").set_index("key").reindex(keys)
    unmatched = found["item"].isna().to_numpy()
    reason = np.select(
        [
            keys == "",
            found["ambiguous"].eq(True).to_numpy(),
            unmatched & keys.str.fullmatch(_MANGLED).to_numpy(),
            unmatched,
        ],
        [
            _REASONS.index(Reason.MISSING_CODE),
            _REASONS.index(Reason.AMBIGUOUS_CODE),
            _REASONS.index(Reason.MANGLED_BARCODE),
            _REASONS.index(Reason.UNKNOWN_CODE),
        ],
        _FINE,
    )
    item, case = (found[name].fillna(0).to_numpy("int64") for name in ("item", "case"))
    return pd.DataFrame({"item": item[at], "case": case[at], "code_reason": reason[at]})


def _codebook(items: Sequence[StockRow]) -> pd.DataFrame:
    """Every key with the number of the item, the size of the case, and whether there is another that it names."""
    listed = [(code, item) for item, row in enumerate(items) for code in (row.sku, *row.aliases)]
    book = pd.DataFrame(listed, columns=["code", "item"])
    code, case = book["code"].str.partition("*")[[0, 2]].to_numpy().T
    book["key"] = _keys(pd.Series(code))
    book["case"] = np.where(case == "", "0", case).astype("int64")
    book = book[["key", "item", "case"]].drop_duplicates()
    book["ambiguous"] = book["key"].duplicated(keep=False)
    return book


def _keys(codes: pd.Series) -> pd.Series:
    """Codes without case, space and, where they are digits, leading zeros."""
    folded = codes.str.lower().str.replace(" ", "", regex=False)
    return folded.where(~folded.str.isdecimal(), folded.str.lstrip("0"))


def _amounts(cells: pd.Series) -> pd.DataFrame:
    """Of each row eaches and cases in millionths, whether it names no unit, whether it is blank, and what is wrong."""
    at, distinct = pd.factorize(cells)
    text = pd.Series(distinct).str.strip().str.lower()
    parts = text.where(~text.str.fullmatch(_GROUPED), "").str.extract(_AMOUNT)
    unit = parts["unit"].fillna("")
    in_cases = unit.isin(_CASE)
    number = parts["whole"].fillna("0").astype("int64") * _ONE
    number += parts["part"].fillna("").str.ljust(PLACES, "0").astype("int64")
    loose = parts["loose"].fillna("0").astype("int64") * _ONE
    reason = np.select(
        [
            text.str.fullmatch(_NEGATIVE),
            parts["whole"].isna(),
            ~in_cases & ~unit.isin(_EACH),
        ],
        [
            _REASONS.index(Reason.NEGATIVE_QUANTITY),
            _REASONS.index(Reason.UNREADABLE_QUANTITY),
            _REASONS.index(Reason.UNKNOWN_UNIT),
        ],
        _FINE,
    )
    amounts = pd.DataFrame(
        {
            "eaches": loose.where(in_cases, number + loose),
            "cases": number.where(in_cases, 0),
            "in_cases": in_cases,
            "bare": unit == "",
            "blank": text == "",
            "amount_reason": reason,
        }
    )
    return amounts.take(at).reset_index(drop=True)


def _bins(cells: pd.Series) -> pd.Series:
    """Of each row the number of its bin; 0 is none."""
    at, distinct = pd.factorize(cells)
    folded = pd.Series(distinct).str.lower().str.replace(" ", "", regex=False)
    number, _ = pd.factorize(pd.concat([pd.Series([""]), folded]))
    return pd.Series(number[1:][at], name="bin")


def _convert(counted: pd.DataFrame, items: Sequence[StockRow]) -> None:
    """Give every row its quantity in eaches, or the reason why it has none."""
    item = counted["item"].to_numpy()
    pack = np.array([int((row.pack_size or 0) * _ONE) for row in items], dtype="int64")[item]
    by_measure = np.array([row.by_measure for row in items])[item]
    eaches, cases, case = (counted[name].to_numpy() for name in ("eaches", "cases", "case"))
    is_case = (case > 0) & counted["bare"].to_numpy()
    in_cases = counted["in_cases"].to_numpy() | is_case
    cases = np.where(is_case, eaches, cases)
    pack = np.where(case > 0, case * _ONE, pack)
    total = np.where(is_case, 0, eaches) + cases // _ONE * pack
    fractional, missing = _REASONS.index(Reason.FRACTIONAL_QUANTITY), _REASONS.index(Reason.MISSING_PACK_SIZE)
    code_reason, amount_reason = counted["code_reason"].to_numpy(), counted["amount_reason"].to_numpy()
    counted["reason"] = np.select(
        [
            code_reason != _FINE,
            amount_reason != _FINE,
            in_cases & (cases % _ONE != 0),
            in_cases & (pack == 0),
            (total % _ONE != 0) & ~by_measure,
        ],
        [code_reason, amount_reason, fractional, missing, fractional],
        _FINE,
    )
    counted["total"] = total


def _places(counted: pd.DataFrame) -> pd.DataFrame:
    """The places (item and bin) that are counted, and whether all rows agree; those of the others are parked."""
    readable = counted[counted["reason"] == _FINE]
    grouped = readable.groupby(["item", "bin"], sort=False)["total"]
    places = grouped.agg(lowest="min", highest="max").reset_index()
    by_item = places.groupby("item")["bin"]
    unplaced = (by_item.transform("min") == 0) & (by_item.transform("size") > 1)
    places["agrees"] = (places["lowest"] == places["highest"]) & ~unplaced
    disagrees = ~places["agrees"].to_numpy()[grouped.ngroup()]
    counted.loc[readable.index[disagrees], "reason"] = _REASONS.index(Reason.CONFLICTING_COUNTS)
    return places


def _variances(lines: pd.Series, named: np.ndarray, items: Sequence[StockRow], here: int) -> dict[str, Judged]:
    """Judge what was counted, and what was not although it is expected among the first ``here`` items.

    ``named`` are the items that parked rows name.
    """
    stock = pd.DataFrame(
        {
            "sku": [row.sku for row in items],
            "system": [int(row.system_qty * _ONE) for row in items],
            "cost": [int((row.unit_cost or 0) * 10**CENTS) for row in items],
            "counted": lines.reindex(range(len(items)), fill_value=0),
        }
    )
    stock["expected"] = stock.index < here
    stock["there"] = stock.index.isin(lines.index)
    stock = stock[stock["there"] | (stock["expected"] & ~stock.index.isin(named))]
    expected, there, counted, cost = (stock[name].to_numpy() for name in ("expected", "there", "counted", "cost"))
    system = np.where(expected, stock["system"], 0)
    units = counted - system
    value = units * cost
    material = _materiality(stock["sku"], units, system, value)
    material = np.where(expected, material, np.where(units != 0, Materiality.MATERIAL, Materiality.IN_AGREEMENT))
    material = np.where(there, material, np.where(system != 0, Materiality.MATERIAL, Materiality.IN_AGREEMENT))
    kind = np.where(there, np.where(expected, LineKind.COUNTED, LineKind.UNRECORDED), LineKind.UNCOUNTED)
    columns = (
        kind,
        material,
        _where(there, counted),
        system,
        _where(there, units),
        _where(there & (system > 0), _percent(units, system)),
        _where(there, value),
    )
    return dict(zip(stock["sku"].tolist(), zip(*(column.tolist() for column in columns), strict=True), strict=True))


def _materiality(sku: pd.Series, units: np.ndarray, system: np.ndarray, value: np.ndarray) -> np.ndarray:
    by_prefix = sku.str.startswith(PREFIX).to_numpy()
    most_units, most_percent, most_value = (
        np.where(by_prefix, other, default) for default, other in zip(TOLERANCE, PREFIX_TOLERANCE, strict=True)
    )
    size = abs(units)
    over_units = size > most_units * _ONE
    over_percent = (system <= 0) | (size * 100 > most_percent * system)
    over_value = abs(value) > most_value * _ONE * 10**CENTS
    judged: np.ndarray = np.select(
        [size == 0, over_units & over_percent | over_value, over_units | over_percent],
        [Materiality.IN_AGREEMENT, Materiality.MATERIAL, Materiality.MINOR],
        Materiality.IN_AGREEMENT,
    )
    return judged


def _percent(units: np.ndarray, system: np.ndarray) -> np.ndarray:
    """Rounded half to even, where there is a system quantity."""
    whole = np.where(system > 0, system, 1)
    scaled = units * 100 * 10**PERCENT_PLACES
    floor = scaled // whole
    rest = 2 * (scaled - floor * whole)
    rounded: np.ndarray = floor + ((rest > whole) | ((rest == whole) & (floor % 2 == 1)))
    return rounded


def _where(there: np.ndarray, figures: np.ndarray) -> pd.Series:
    return pd.Series(figures, dtype=object).where(there, None)
