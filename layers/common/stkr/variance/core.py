"""The reconciliation itself: a pure function of the capture, the snapshot and the rules."""

from collections.abc import Iterator
from decimal import Decimal

from stkr.capture.result import CaptureOutcome
from stkr.domain.counted import CountedLine, LineKind
from stkr.domain.exact import HUNDRED, ZERO
from stkr.domain.stock import Snapshot
from stkr.domain.variance import Gap, Materiality, Variance, gap_between
from stkr.gc_pause import gc_paused
from stkr.rules.doc import AppliedTolerance, Rules, tolerance_for
from stkr.variance.at_count_time import RollBack, mistrusted, timing


def judge(gap: Gap, system_qty: Decimal, tolerance: AppliedTolerance) -> Materiality:
    """Compare a variance with the tolerance; every test is strict.

    Material if it exceeds units *and* percent, or value; minor if it exceeds exactly one of units and percent.
    Where there is no percentage, the percent test counts as exceeded. No difference is agreement.
    """
    size = abs(gap.units)
    if size == 0:
        return Materiality.IN_AGREEMENT
    exceeds_units = size > tolerance.units
    exceeds_percent = system_qty <= 0 or size * HUNDRED > tolerance.percent * system_qty
    exceeds_value = gap.value is not None and abs(gap.value) > tolerance.value
    if (exceeds_units and exceeds_percent) or exceeds_value:
        return Materiality.MATERIAL
    return Materiality.MINOR if exceeds_units or exceeds_percent else Materiality.IN_AGREEMENT


@gc_paused()
def find_variances(
    capture: CaptureOutcome, snapshot: Snapshot, rules: Rules, roll_back: RollBack | None = None
) -> tuple[Variance, ...]:
    """Compare the counted lines with the snapshot and judge each, sorted by SKU.

    A SKU in scope that is in no line and in no parked row comes out as *uncounted*.

    :param roll_back: made from the movements of the location, where they are known.
    """
    wrong_clocks = mistrusted(capture.lines)
    counted = (_counted(line, snapshot, rules, roll_back, wrong_clocks) for line in capture.lines)
    return tuple(sorted([*counted, *_uncounted(capture, snapshot)], key=lambda variance: variance.sku))


def _counted(
    line: CountedLine, snapshot: Snapshot, rules: Rules, roll_back: RollBack | None, wrong_clocks: frozenset[str]
) -> Variance:
    stock = snapshot.rows.get(line.sku) or snapshot.elsewhere[line.sku]
    tolerance = tolerance_for(rules, line.sku, stock.category, stock.location)
    if line.kind is LineKind.UNRECORDED:
        gap = gap_between(line.counted_qty, ZERO, stock.unit_cost)
        # Always material: there is no system quantity that a tolerance could be relative to.
        materiality = Materiality.MATERIAL if gap.units else Materiality.IN_AGREEMENT
        return Variance(
            sku=line.sku,
            name=stock.name,
            kind=line.kind,
            materiality=materiality,
            counted_qty=line.counted_qty,
            system_qty=ZERO,
            gap=gap,
            rule="unrecorded item",
            stock=stock,
            incomplete=line.incomplete,
        )
    in_time, stock = timing(line, stock, roll_back, wrong_clocks)
    rolled = in_time.expected_qty if in_time else None
    expected_qty = stock.system_qty if rolled is None else rolled
    gap = gap_between(line.counted_qty, expected_qty, stock.unit_cost)
    return Variance(
        sku=line.sku,
        name=stock.name,
        kind=line.kind,
        materiality=judge(gap, expected_qty, tolerance),
        counted_qty=line.counted_qty,
        system_qty=stock.system_qty,
        gap=gap,
        rule=tolerance.rule,
        stock=stock,
        incomplete=line.incomplete,
        timing=in_time,
    )


def _uncounted(capture: CaptureOutcome, snapshot: Snapshot) -> Iterator[Variance]:
    named = {line.sku for line in capture.lines} | set(capture.parked_skus)
    for sku, stock in snapshot.rows.items():
        if sku not in named:
            # Never assumed zero: a person confirms it. Where the system expects none there is nothing to confirm.
            materiality = Materiality.MATERIAL if stock.system_qty else Materiality.IN_AGREEMENT
            yield Variance(
                sku=sku,
                name=stock.name,
                kind=LineKind.UNCOUNTED,
                materiality=materiality,
                counted_qty=None,
                system_qty=stock.system_qty,
                gap=None,
                rule="uncounted",
                stock=stock,
            )
