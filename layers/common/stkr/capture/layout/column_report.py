"""What a table's columns were taken for, and which were left aside, as people are told."""

from stkr.capture.layout import Layout
from stkr.capture.layout.captions import caption_or_number
from stkr.capture.result import ColumnReport


def column_report(layout: Layout, *, times_used: bool) -> ColumnReport:
    """Every column by name; ``times_used`` where the cells of ``layout.times`` could be relied on."""

    def named(index: int | None) -> str | None:
        return None if index is None else caption_or_number(layout.captions, index)

    times = layout.times if times_used else ()
    used = {*layout.codes, layout.quantity, layout.unit, layout.bin, layout.location, *times}
    return ColumnReport(
        header=layout.header,
        codes=tuple(caption_or_number(layout.captions, index) for index in layout.codes),
        count=named(layout.quantity),
        unit=named(layout.unit),
        bin=named(layout.bin),
        location=named(layout.location),
        times=tuple(caption_or_number(layout.captions, index) for index in times),
        ignored=tuple(
            caption_or_number(layout.captions, index) for index in range(len(layout.captions)) if index not in used
        ),
        left_aside=layout.left_aside,
    )
