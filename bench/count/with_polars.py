"""The job written with polars: one lazy plan from the bytes to judged rows, and two aggregations.

What the distinct quantities mean is worked out once each and joined, as the codes are.
"""

from collections.abc import Sequence

import polars as pl

from bench.count.contract import CENTS, PERCENT_PLACES, PLACES, PREFIX, PREFIX_TOLERANCE, TOLERANCE, CountResult, Judged
from stkr.capture.result import Reason, Totals
from stkr.domain.counted import LineKind
from stkr.domain.stock import Snapshot, StockRow
from stkr.domain.variance import Materiality

_ONE = 10**PLACES
_FIRST_ROW = 2
_EACH = ("", "ea", "pcs", "units")
_CASE = ("boxes", "cs", "cartons")
_MANGLED = r"^\d(?:[.,]\d+)?e\+?\d{1,3}$"
_NEGATIVE = r"^(?:-\s*[\d.,]+|\([\d.,]+\))$"
_GROUPED = r"^[1-9]\d{0,2}(?:[ .,]\d{3})+$"
_AMOUNT = r"^(?P<whole>\d{1,7})(?:[.,](?P<part>\d{1,6}))?\s*(?P<unit>\pL+)?(?:\s*\+\s*(?P<loose>\d{1,7}))?$"


def reconcile(content: bytes, snapshot: Snapshot) -> CountResult:
    """The lines, parked rows, totals and variances of a count."""
    items = [*snapshot.rows.values(), *snapshot.elsewhere.values()]
    sheet = pl.read_csv(content, infer_schema=False, empty_string_is_null=False, row_index_name="row")
    sheet = sheet.filter(~pl.all_horizontal(pl.exclude("row") == ""), pl.col("Code") != "Code")
    listed = _listed(items)
    rows = (
        sheet.lazy()
        .with_columns(_folded("Bin").alias("bin"), _key("Code").alias("key"))
        .join(_amounts(sheet["Counted qty"]).lazy(), on="Counted qty", how="left")
        .filter(~pl.col("blank"))
        .join(_codebook(listed), on="key", how="left")
        .join(_stock(items), on="item", how="left")
        .with_columns(**_converted())
        .select("row", "key", "item", "bin", "eaches", _reason().alias("reason"))
        .collect()
    )
    places = _places(rows)
    agreed = places.filter("agrees")
    lines = agreed.group_by("item").agg(pl.col("lowest").sum(), pl.col("rows").explode().sort() + _FIRST_ROW)
    parked = _parked(rows, places)
    cells = parked.select("row").join(sheet, on="row", how="left", maintain_order="left").drop("row").rows()
    return CountResult(
        {items[item].sku: (eaches, tuple(of)) for item, eaches, of in lines.iter_rows()},
        [
            (row + _FIRST_ROW, reason, raw)
            for (row, reason), raw in zip(parked.select("row", "reason").rows(), cells, strict=True)
        ],
        Totals(
            read=len(sheet),
            counted=len(agreed),
            collapsed=len(rows) - len(parked) - len(agreed),
            blank=len(sheet) - len(rows),
            parked=len(parked),
        ),
        _variances(lines, listed.join(parked.lazy(), on="key", how="semi"), items, len(snapshot.rows)),
    )


def outcome(result: CountResult) -> CountResult:
    """The same."""
    return result


def _folded(column: str) -> pl.Expr:
    return pl.col(column).str.to_lowercase().str.replace_all(" ", "", literal=True)


def _key(column: str) -> pl.Expr:
    """A code without case, space and, where it is digits, leading zeros."""
    folded = _folded(column)
    return pl.when(folded.str.contains(r"^\d+$")).then(folded.str.strip_chars_start("0")).otherwise(folded)


def _listed(items: Sequence[StockRow]) -> pl.LazyFrame:
    """Every key with the number of the item and the size of the case (0: one each)."""
    listed = [(code, item) for item, row in enumerate(items) for code in (row.sku, *row.aliases)]
    return (
        pl.LazyFrame(listed, schema={"code": pl.String, "item": pl.Int64}, orient="row")
        .with_columns(pl.col("code").str.split_exact("*", 1).struct.rename_fields(["code", "case"]))
        .unnest("code")
        .select(_key("code").alias("key"), "item", pl.col("case").fill_null("0").cast(pl.Int64))
        .unique()
        .collect()
        .lazy()
    )


def _codebook(listed: pl.LazyFrame) -> pl.LazyFrame:
    """The same by key, with whether it names another, too."""
    return listed.group_by("key").agg(pl.first("item"), pl.first("case"), ambiguous=pl.len() > 1)


def _stock(items: Sequence[StockRow]) -> pl.LazyFrame:
    return pl.LazyFrame(
        {
            "item": range(len(items)),
            "pack": [int((row.pack_size or 0) * _ONE) for row in items],
            "by_measure": [row.by_measure for row in items],
        },
        schema_overrides={"item": pl.Int64, "pack": pl.Int64},
    )


def _amounts(cells: pl.Series) -> pl.DataFrame:
    """Of each distinct cell eaches and cases in millionths, whether it is blank, and what is wrong with it."""
    text = pl.col("Counted qty").str.strip_chars().str.to_lowercase()
    parts = pl.when(~text.str.contains(_GROUPED)).then(text).str.extract_groups(_AMOUNT)
    part = pl.col("part").fill_null("").str.pad_end(PLACES, "0").cast(pl.Int64)
    loose = pl.col("loose").fill_null("0").cast(pl.Int64) * _ONE
    in_cases = pl.col("unit").is_in(_CASE)
    return (
        pl.LazyFrame({"Counted qty": cells.unique()})
        .with_columns(parts.alias("parts"), blank=text == "", negative=text.str.contains(_NEGATIVE))
        .unnest("parts")
        .with_columns(pl.col("unit").fill_null(""), number=pl.col("whole").cast(pl.Int64) * _ONE + part, loose=loose)
        .select(
            "Counted qty",
            "blank",
            eaches=pl.when(in_cases).then("loose").otherwise(pl.col("number") + pl.col("loose")),
            cases=pl.when(in_cases).then("number"),
            bare=pl.col("unit") == "",
            amount_reason=pl.when("negative")
            .then(pl.lit(Reason.NEGATIVE_QUANTITY))
            .when(pl.col("whole").is_null())
            .then(pl.lit(Reason.UNREADABLE_QUANTITY))
            .when(~pl.col("unit").is_in(_EACH + _CASE))
            .then(pl.lit(Reason.UNKNOWN_UNIT)),
        )
        .collect()
    )


def _converted() -> dict[str, pl.Expr]:
    """Eaches and cases as the item's case barcode and pack size make them."""
    is_case = (pl.col("case") > 0) & pl.col("bare")
    cases = pl.when(is_case).then("eaches").otherwise("cases")
    pack = pl.when(pl.col("case") > 0).then(pl.col("case") * _ONE).otherwise("pack")
    eaches = pl.when(is_case).then(0).otherwise("eaches")
    return {"eaches": eaches + (cases // _ONE * pack).fill_null(0), "cases": cases, "pack": pack}


def _reason() -> pl.Expr:
    """Why a row is parked, the first that applies; null where it is not."""
    return (
        pl.when(pl.col("key") == "")
        .then(pl.lit(Reason.MISSING_CODE))
        .when("ambiguous")
        .then(pl.lit(Reason.AMBIGUOUS_CODE))
        .when(pl.col("item").is_null() & pl.col("key").str.contains(_MANGLED))
        .then(pl.lit(Reason.MANGLED_BARCODE))
        .when(pl.col("item").is_null())
        .then(pl.lit(Reason.UNKNOWN_CODE))
        .when(pl.col("amount_reason").is_not_null())
        .then("amount_reason")
        .when(pl.col("cases") % _ONE != 0)
        .then(pl.lit(Reason.FRACTIONAL_QUANTITY))
        .when(pl.col("cases").is_not_null() & (pl.col("pack") == 0))
        .then(pl.lit(Reason.MISSING_PACK_SIZE))
        .when((pl.col("eaches") % _ONE != 0) & ~pl.col("by_measure"))
        .then(pl.lit(Reason.FRACTIONAL_QUANTITY))
    )


def _places(rows: pl.DataFrame) -> pl.DataFrame:
    """The places (item and bin) that are counted, and whether all rows agree; those of the others are parked."""
    unplaced = (pl.col("bin") == "").any().over("item") & (pl.len().over("item") > 1)
    return (
        rows.lazy()
        .filter(pl.col("reason").is_null())
        .group_by("item", "bin")
        .agg(pl.col("row").alias("rows"), lowest=pl.col("eaches").min(), highest=pl.col("eaches").max())
        .with_columns(agrees=(pl.col("lowest") == pl.col("highest")) & ~unplaced)
        .collect()
    )


def _parked(rows: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    conflicts = (
        rows.filter(pl.col("reason").is_null())
        .join(places.filter(~pl.col("agrees")), on=["item", "bin"], how="semi")
        .with_columns(reason=pl.lit(Reason.CONFLICTING_COUNTS))
    )
    parked = pl.concat([rows.filter(pl.col("reason").is_not_null()), conflicts])
    return parked.select("row", "key", "reason").sort("row")


def _variances(lines: pl.DataFrame, named: pl.LazyFrame, items: Sequence[StockRow], here: int) -> dict[str, Judged]:
    """Judge what was counted, and what was not although it is expected among the first ``here`` items.

    ``named`` are the items that parked rows name.
    """
    stock = pl.LazyFrame(
        {
            "item": range(len(items)),
            "sku": [row.sku for row in items],
            "system": [int(row.system_qty * _ONE) for row in items],
            "cost": [int((row.unit_cost or 0) * 10**CENTS) for row in items],
        },
        schema_overrides={"item": pl.Int64, "system": pl.Int64, "cost": pl.Int64},
    )
    there, expected = pl.col("counted").is_not_null(), pl.col("item") < here
    judged = (
        stock.join(lines.lazy().select("item", counted="lowest"), on="item", how="left")
        .join(named.select("item", named=pl.lit(value=True)).unique(), on="item", how="left")
        .filter(there | (expected & pl.col("named").is_null()))
        .with_columns(system=pl.when(expected).then("system").otherwise(0))
        .with_columns(units=pl.col("counted") - pl.col("system"))
        .with_columns(value=pl.col("units") * pl.col("cost"))
        .select(
            "sku",
            pl.when(~there)
            .then(pl.lit(LineKind.UNCOUNTED))
            .when(expected)
            .then(pl.lit(LineKind.COUNTED))
            .otherwise(pl.lit(LineKind.UNRECORDED)),
            pl.when(there & expected)
            .then(_materiality())
            .otherwise(_any(pl.coalesce("units", "system") != 0))
            .alias("m"),
            "counted",
            "system",
            "units",
            _percent().alias("percent"),
            "value",
        )
        .collect()
    )
    return {sku: tuple(rest) for sku, *rest in judged.iter_rows()}


def _any(there_is: pl.Expr) -> pl.Expr:
    """What is material whatever its size."""
    return pl.when(there_is).then(pl.lit(Materiality.MATERIAL)).otherwise(pl.lit(Materiality.IN_AGREEMENT))


def _materiality() -> pl.Expr:
    units, percent, value = (
        pl.when(pl.col("sku").str.starts_with(PREFIX)).then(other).otherwise(default)
        for default, other in zip(TOLERANCE, PREFIX_TOLERANCE, strict=True)
    )
    size, system = pl.col("units").abs(), pl.col("system")
    over_units = size > units * _ONE
    over_percent = (system <= 0) | (size * 100 > percent * system)
    over_value = pl.col("value").abs() > value.cast(pl.Int64) * (_ONE * 10**CENTS)
    return (
        pl.when(size == 0)
        .then(pl.lit(Materiality.IN_AGREEMENT))
        .when(over_units & over_percent | over_value)
        .then(pl.lit(Materiality.MATERIAL))
        .when(over_units | over_percent)
        .then(pl.lit(Materiality.MINOR))
        .otherwise(pl.lit(Materiality.IN_AGREEMENT))
    )


def _percent() -> pl.Expr:
    """Rounded half to even, where there is a system quantity."""
    whole = pl.when(pl.col("system") > 0).then("system")
    scaled = pl.col("units") * (100 * 10**PERCENT_PLACES)
    floor = scaled // whole
    rest = 2 * (scaled - floor * whole)
    rounded: pl.Expr = floor + ((rest > whole) | ((rest == whole) & (floor % 2 == 1))).cast(pl.Int64)
    return rounded
