"""What a month brought, in figures. Pure: sessions and decisions go in.

A session belongs to the month it was opened in, a decision to the month it was made in, both by the shop's calendar.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import tzinfo
from decimal import ROUND_HALF_UP, Decimal

from stkr.domain.exact import HUNDRED, ZERO
from stkr.domain.instants import moment_of
from stkr.domain.line import Line, LineState
from stkr.domain.names import NO_INSTANT
from stkr.domain.session import Session
from stkr.summary.month import Month

_TENTH = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """What one month brought. Lines are numbers of lines, values are money.

    ``sessions`` were reconciled. Of their lines ``counted`` were expected and counted, ``uncounted`` expected and not
    counted, ``unrecorded`` counted and not expected; ``minor`` and ``material`` are variances of all three kinds.
    ``in_agreement`` of the counted lines were within tolerance; ``gap_value`` is the size of the counted lines'
    variances, and ``system_value`` what the system says those lines are worth, both without the ``unpriced`` ones,
    which have no unit cost. These four are ``None`` where a session of the month was reconciled before they were kept.

    Of what was ``approved``, ``caught_value`` is the size and ``net_value`` the sum, both without the
    ``approved_unpriced`` lines.
    """

    month: Month
    sessions: int
    counted: int
    uncounted: int
    unrecorded: int
    minor: int
    material: int
    in_agreement: int | None
    gap_value: Decimal | None
    system_value: Decimal | None
    unpriced: int | None
    approved: int
    approved_unpriced: int
    rejected: int
    caught_value: Decimal
    net_value: Decimal

    @property
    def lines_counted(self) -> int:
        """Lines somebody counted, expected or not."""
        return self.counted + self.unrecorded

    @property
    def happened(self) -> bool:
        """Whether anything was counted or decided."""
        return bool(self.sessions or self.approved or self.rejected)

    @property
    def accuracy_by_lines(self) -> Decimal | None:
        """Inventory record accuracy in percent, to one decimal: counted lines within tolerance / counted lines.

        It is the usual definition, e.g. of the APICS Dictionary: a record is accurate when the quantity on hand is
        within an allowed tolerance of the recorded balance. A line that was not counted says nothing of its record, and
        one that was not expected has none. A book quantity of zero or below is a record like any other. ``None`` where
        nothing was counted, or the figure is not known.
        """
        return None if self.in_agreement is None else percent(self.in_agreement, self.counted)

    @property
    def accuracy_by_value(self) -> Decimal | None:
        """``1 - sum(|variance|) / sum(|book value|)`` of the counted lines in percent, to one decimal, at least 0.

        Variances over and short add up, since netting them would hide both: the gross, or absolute, variance that is
        usual in cycle counting. ``None`` where the books had no value, or the figure is not known.
        """
        if self.gap_value is None or not self.system_value:
            return None
        return percent(max(ZERO, self.system_value - self.gap_value), self.system_value)


def figures_of(month: Month, sessions: Iterable[Session], decided: Iterable[Line], zone: tzinfo) -> MonthFigures:
    """What of the ``sessions`` and of the lines ``decided`` falls into ``month``, in figures."""
    outcomes = [
        session.outcome
        for session in sessions
        if session.outcome and Month.at(moment_of(session.opened_at), zone) == month
    ]
    decisions = [line for line in decided if decided_in(line, zone) == month]
    approved = [line for line in decisions if line.state is LineState.APPROVED]

    def total(key: str) -> Decimal:
        return sum((outcome[key] for outcome in outcomes), ZERO)

    def total_if_kept(key: str) -> Decimal | None:
        return total(key) if all(key in outcome for outcome in outcomes) else None

    def number_if_kept(key: str) -> int | None:
        number = total_if_kept(key)
        return None if number is None else int(number)

    return MonthFigures(
        month=month,
        sessions=len(outcomes),
        counted=int(total("counted")),
        uncounted=int(total("uncounted")),
        unrecorded=int(total("unrecorded")),
        minor=int(total("minor")),
        material=int(total("material")),
        in_agreement=number_if_kept("counted_in_agreement"),
        gap_value=total_if_kept("counted_value_abs"),
        system_value=total_if_kept("counted_system_value"),
        unpriced=number_if_kept("counted_unpriced"),
        approved=len(approved),
        approved_unpriced=sum(line.unit_cost is None for line in approved),
        rejected=len(decisions) - len(approved),
        caught_value=sum(map(posted_size, approved), ZERO),
        net_value=sum(map(_posted_value, approved), ZERO),
    )


def decided_in(line: Line, zone: tzinfo) -> Month:
    """The month a decided line was decided in."""
    return Month.at(moment_of(line.decided_at or NO_INSTANT), zone)


def posted_units(line: Line) -> Decimal:
    """What an approval changed the stock by; an uncounted line that was confirmed as zero has no other variance."""
    return line.posted_units or ZERO


def _posted_value(line: Line) -> Decimal:
    return posted_units(line) * (line.unit_cost or ZERO)


def posted_size(line: Line) -> Decimal:
    """The size of what an approval changed the stock's value by; zero without a unit cost."""
    return abs(_posted_value(line))


def percent(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """Percent to one decimal, but 100 only of all and 0 only of none: rounding must not hide what there is to look for.

    ``None`` of a whole that is nothing.
    """
    if not whole:
        return None
    rounded = (Decimal(part) * HUNDRED / whole).quantize(_TENTH, ROUND_HALF_UP)
    if 0 < part < whole:
        return min(max(rounded, _TENTH), 100 - _TENTH)
    return rounded
