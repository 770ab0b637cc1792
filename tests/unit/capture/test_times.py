"""When a row was counted: every way clocks write it, and nothing where it could be read in two ways."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stkr.capture.codes import Codebook
from stkr.capture.core import capture
from stkr.capture.layout.find import find_layout
from stkr.capture.result import Capture, UploadedFile
from stkr.capture.times import Moment, Window, clock_of, spanned, window_of
from stkr.domain import instants
from stkr.domain.counted import ClockDoubt
from stkr.domain.names import Instant
from stkr.domain.stock import Snapshot
from stkr.headings.titles import tells_when
from tests.unit.capture.builders import count, snapshot

pytestmark = pytest.mark.unit

LONDON = ZoneInfo("Europe/London")
WRONG = ClockDoubt.WRONG


def window(opened: str = "2026-11-21 09:00", uploaded: str = "2026-11-21 14:00", zone: ZoneInfo = LONDON) -> Window:
    """Local times."""
    begin, end = (datetime.fromisoformat(text).replace(tzinfo=zone) for text in (opened, uploaded))
    return Window(begin, end, zone)


def read(*cells: str, within: Window | None = None, beside: tuple[tuple[str, ...], ...] = ()) -> object:
    """When a row was counted, in a file of this row and those beside it."""
    clock = clock_of([cells, *beside], within or window())
    return clock.moment(cells) if clock else None


def minute(text: str) -> Moment:
    """A minute in UTC."""
    begin = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return instants.instant(begin), instants.instant(begin + timedelta(seconds=59, microseconds=999_999))


def second(text: str) -> Moment:
    """A second in UTC."""
    begin = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return instants.instant(begin), instants.instant(begin + timedelta(microseconds=999_999))


@pytest.mark.parametrize(
    "cells",
    [
        ("10:14",),
        ("10:14 AM",),
        ("10:14am",),
        ("10:14", "21/11/2026"),
        ("21/11/2026", "10:14"),
        ("11/21/2026", "10:14"),
        ("21.11.26", "10:14"),
        ("21-11-2026 10:14",),
        ("2026-11-21", "10:14"),
        ("2026-11-21 10:14",),
        ("2026/11/21 10:14",),
        ("2026-11-21T10:14Z",),
        ("2026-11-21T11:14+01:00",),
        ("20261121", "10:14"),
        ("202611211014",),
        ("21 Nov 2026", "10:14"),
        ("21-Nov-26 10:14",),
        ("Nov 21, 2026, 10:14 AM",),
        ("\ufeff10:14 ", "", "n/a"),
        ("2026-11-21 10:14", "10:14"),
    ],
)
def test_a_time_to_the_minute_is_read_as_clocks_write_it(cells: tuple[str, ...]) -> None:
    assert read(*cells) == minute("2026-11-21 10:14")


@pytest.mark.parametrize(
    "cells", [("13:14:03", "21/11/2026"), ("1:14:03 PM",), ("20261121131403",), ("21/11/2026 1:14:03 p.m.",)]
)
def test_a_time_to_the_second_leaves_a_second(cells: tuple[str, ...]) -> None:
    assert read(*cells) == second("2026-11-21 13:14:03")


def test_a_time_with_a_fraction_is_exact() -> None:
    exact = "2026-11-21T10:14:03.250000Z"
    assert read("2026-11-21T10:14:03.250Z") == (exact, exact)
    assert read("2026-11-21T10:14:03.2500001Z") == (exact, exact)


@pytest.mark.parametrize(
    "cells",
    [
        ("",),
        ("21/11/2026",),
        ("soon",),
        ("10:74",),
        ("25:00",),
        ("13:14 PM",),
        ("0:14 AM",),
        ("10:14", "10:15"),
        ("2026-11-21 10:14", "2026-11-20"),
        ("1014",),
    ],
)
def test_what_is_no_time_of_day_or_contradicts_itself_is_none(cells: tuple[str, ...]) -> None:
    assert read(*cells) is None


@pytest.mark.parametrize(
    "cells", [("08:14",), ("15:00",), ("20/11/2026", "10:14"), ("21/11/2025", "10:14"), ("2026-11-21T10:14+09:00",)]
)
def test_a_time_outside_the_count_shows_that_the_clock_is_wrong(cells: tuple[str, ...]) -> None:
    assert read(*cells) is WRONG


def test_clocks_may_be_a_little_apart() -> None:
    assert read("08:58") == minute("2026-11-21 08:58")
    assert read("14:02") == minute("2026-11-21 14:02")
    assert read("08:57") is WRONG
    assert read("14:03") is WRONG


def test_day_and_month_are_told_by_the_one_order_in_which_they_are_of_this_count() -> None:
    june = window("2026-06-05 09:00", "2026-06-05 14:00", ZoneInfo("Europe/Berlin"))
    assert read("05/06/2026", "10:14", within=june) == minute("2026-06-05 08:14")
    assert read("06/05/2026", "10:14", within=june) == minute("2026-06-05 08:14")


def test_day_and_month_that_are_of_this_count_in_both_orders_are_not_told() -> None:
    long = window("2026-05-01 09:00", "2026-06-30 14:00")
    assert read("05/06/2026", "10:14", within=long) is None
    assert read("06/06/2026", "10:14", within=long) == minute("2026-06-06 09:14")


def test_another_row_of_the_file_may_tell_the_order() -> None:
    long = window("2026-05-01 09:00", "2026-06-30 14:00")
    beside = (("13/06/2026", "11:00"),)
    assert read("05/06/2026", "10:14", within=long, beside=beside) == minute("2026-06-05 09:14")


def test_a_later_row_that_is_no_day_in_the_order_shows_that_the_order_was_wrong() -> None:
    june = window("2026-06-05 09:00", "2026-06-05 14:00")
    clock = clock_of([("05/06/2026", "10:14")], june)
    assert clock is not None
    assert clock.moment(("06/25/2026", "10:14")) is WRONG


def test_a_time_without_a_day_is_of_the_one_day_on_which_it_fits() -> None:
    night = window("2026-11-20 22:00", "2026-11-21 02:00")
    assert read("23:30", within=night) == minute("2026-11-20 23:30")
    assert read("01:30", within=night) == minute("2026-11-21 01:30")
    assert read("12:00", within=night) is WRONG
    assert read("10:14", within=window("2026-11-20 09:00", "2026-11-21 14:00")) is None


@pytest.mark.parametrize("text", ["2026-10-25 01:30", "2026-03-29 01:30"])
def test_the_hour_that_a_change_of_the_clocks_repeats_or_leaves_out_is_no_time(text: str) -> None:
    day = text[:10]
    night = Window(
        datetime.fromisoformat(f"{day} 00:00").replace(tzinfo=LONDON),
        datetime.fromisoformat(f"{day} 05:00").replace(tzinfo=LONDON),
        LONDON,
    )
    assert read(text, within=night) is None
    assert read("01:30", within=night) is None
    assert read(f"{day} 03:30", within=night) is not None


def test_rows_together_say_from_when_to_when() -> None:
    first, last = minute("2026-11-21 10:14"), second("2026-11-21 10:40:03")
    assert spanned([last, first, last]) == (first[0], last[1], None)
    assert spanned([None, None]) == (None, None, None)
    assert spanned([first, None]) == (None, None, ClockDoubt.MIXED)
    assert spanned([first, None, WRONG]) == (None, None, WRONG)


def test_without_the_opening_or_the_upload_there_is_no_window() -> None:
    shot = Snapshot("Main", {}, taken_at=Instant("2026-11-21T09:00:00.000000Z"), zone="Europe/London")
    assert window_of(shot, "2026-11-21T14:00:00+00:00") == window()
    assert window_of(shot, "") is None
    assert window_of(Snapshot("Main", {}), "2026-11-21T14:00:00+00:00") is None


FORMS = (
    "%d/%m/%Y|%H:%M:%S",
    "%m-%d-%Y|%I:%M:%S %p",
    "%Y-%m-%dT%H:%M:%S",
    "%Y%m%d%H%M%S",
    "%d.%m.%y %H:%M:%S",
    "%d %b %Y|%H:%M:%S",
)


YEAR = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 30))  # noqa: DTZ001 - as a clock on the wall shows it


@given(YEAR, st.sampled_from(FORMS), st.integers(0, 600))
def test_a_time_of_this_count_comes_back_whatever_form_it_was_written_in_or_is_none(
    local: datetime, form: str, minutes: int
) -> None:
    moment = local.replace(microsecond=0, tzinfo=LONDON)
    within = Window(moment - timedelta(minutes=minutes), moment + timedelta(minutes=600 - minutes), LONDON)
    moment_read = read(*moment.strftime(form).split("|"), within=within)
    if moment_read is not None:
        assert isinstance(moment_read, tuple)
        assert moment_read[0] == instants.instant(moment)
    elif moment.utcoffset() == moment.replace(fold=1).utcoffset():
        # Only where day and month can change places within the count, which ten hours hardly allow.
        assert moment.day <= 12


@given(st.lists(st.text(max_size=20), max_size=4))
def test_whatever_the_cells_hold_a_time_is_one_within_the_count(cells: list[str]) -> None:
    moment_read = read(*cells)
    assert moment_read is None or moment_read is WRONG or window().holds(moment_read)  # type: ignore[arg-type]  # a moment


@pytest.mark.parametrize(
    "title",
    ["Date", "time", "Timestamp", "Scan Time", "scan_date", "scanned_at", "Counted on", "Date/Time", "DateTime",
     "Date counted", "Uhrzeit", "Datum", "Fecha y hora"],
)  # fmt: skip
def test_a_title_of_the_time_of_the_count_is_known(title: str) -> None:
    assert tells_when(title)


@pytest.mark.parametrize(
    "title",
    ["Expiry date", "Best before", "Last counted", "Received date", "Date received", "Lead time", "Counted", "Count",
     "Date of birth", "Last count date", "Lot date", "", "x" * 200],
)  # fmt: skip
def test_a_title_of_another_time_is_not(title: str) -> None:
    assert not tells_when(title)


@pytest.mark.parametrize(
    ("rows", "times"),
    [
        (
            "barcode,qty,serial,time,date|5012345678900,12,00001,14:41,21/11/2026|4006381333931,3,00002,14:43,21/11/2026",
            (3, 4),
        ),
        ("5012345678900,12,14:41,21/11/2026|4006381333931,3,14:43,21/11/2026", (2, 3)),
        ("sku,counted_qty,expiry date,scanned_at|BOLT,4,2027-01-01,2026-11-21T10:14:00Z", (3,)),
        ("sku,counted_qty,time|BOLT,4,morning", ()),
        ("sku,counted_qty|BOLT,4", ()),
    ],
)
def test_the_columns_of_times_are_told_by_title_and_content(rows: str, times: tuple[int, ...]) -> None:
    sample = [(number, text.split(",")) for number, text in enumerate(rows.split("|"), 1)]
    assert find_layout(sample, Codebook(snapshot()), "Main").times == times


def timed(*texts: str, uploaded: str = "2026-11-21T14:00:00Z") -> Capture:
    """A count that was opened at nine, of files uploaded later."""
    opened = replace(snapshot(), taken_at=Instant("2026-11-21T09:00:00.000000Z"), zone="Europe/London")
    files = [UploadedFile(f"{number}.csv", text.encode(), uploaded) for number, text in enumerate(texts, 1)]
    return capture(files, opened)


def when(captured: Capture, sku: str) -> tuple[str | None, str | None, ClockDoubt | None]:
    """From when to when a line was counted."""
    line = next(line for line in captured.lines if line.sku == sku)
    return line.counted_from, line.counted_to, line.clock


def test_a_line_was_counted_while_the_rows_were_that_went_into_it() -> None:
    captured = timed("Time,sku,count,bin\n10:14:00,BOLT,5,A1\n10:40:00,BOLT,7,B2\n,NUT,1,A1\n")
    assert when(captured, "BOLT") == (second("2026-11-21 10:14:00")[0], second("2026-11-21 10:40:00")[1], None)
    assert when(captured, "NUT") == (None, None, None)


def test_a_parked_row_says_nothing_about_when_a_line_was_counted() -> None:
    captured = timed("sku,count,bin,date,time\nBOLT,5,A1,21/11/2026,10:14:00\nBOLT,many,B2,21/11/2026,11:00:00\n")
    assert when(captured, "BOLT") == (*second("2026-11-21 10:14:00"), None)


def test_files_with_and_without_times_leave_it_open_when_their_common_lines_were_counted() -> None:
    captured = timed("sku,count,bin,time\nBOLT,5,A1,10:14:00\nNUT,2,A1,10:15:00\n", "sku,count,bin\nBOLT,7,B2\n")
    assert when(captured, "BOLT") == (None, None, ClockDoubt.MIXED)
    assert when(captured, "NUT") == (*second("2026-11-21 10:15:00"), None)


def test_a_clock_that_cannot_be_right_is_told_from_the_rows() -> None:
    assert when(timed("sku,count,time\nBOLT,5,2019-01-01 10:14:00\n"), "BOLT") == (None, None, WRONG)


def test_scans_are_timed_one_by_one_and_headers_between_them_are_no_times() -> None:
    captured = timed("Barcode,Time\n5012345678900,10:14:00\nBarcode,Time\n5012345678900,10:20:00\n")
    assert when(captured, "BOLT") == (second("2026-11-21 10:14:00")[0], second("2026-11-21 10:20:00")[1], None)


def test_what_was_understood_names_the_times_where_they_are_used() -> None:
    assert "time counted from date, time" in timed("sku,count,date,time\nBOLT,5,21/11/2026,10:14\n").tables[0].sentence
    assert "not used: date, time" in count("sku,count,date,time\nBOLT,5,21/11/2026,10:14\n").tables[0].sentence
