"""What staff see: opening a count, and how it stands."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stkr.capture.result import (
    Capture,
    ColumnReport,
    Correction,
    ParkedRow,
    ReadTable,
    Reason,
    Replaced,
    RowTrouble,
    Totals,
)
from stkr.domain.alias import Alias, RowRef
from stkr.domain.counted import CountedLine, FileProblem, LineKind
from stkr.domain.line import LineState
from stkr.domain.question import Candidate, Question, QuestionKind
from stkr.domain.session import Session, SessionStatus
from stkr.links.tokens import CountLink
from stkr.session import pages
from stkr.session.core import SessionProgress
from stkr.session.pages import (
    MAX_LISTED_SKUS,
    MAX_PRINTED,
    SHOWN,
    SPARE_LINES,
    FormProblem,
    OpenForm,
    SessionLinks,
    UploadForm,
    card_page,
    open_page,
    parse_open_form,
    session_page,
    sheet_page,
)
from stkr.session.qr import inline_svg
from stkr.session.sheet import SheetRow
from stkr.web.page import Page
from tests.unit.web.samples import HOSTILE, RULES, SESSION, Read, line

pytestmark = pytest.mark.unit

HOME = "https://s.example.com/"
LOCATION_LINK = CountLink(home=HOME, location="fixings-aisle", expires_at=1)
FORM = OpenForm("the-token")
LINKS = SessionLinks("/", "x")
NOW = datetime(2026, 11, 21, 14, 6, tzinfo=UTC)
UPLOAD = UploadForm(
    "https://bucket.s3.eu-west-2.amazonaws.com/",
    {"key": "sessions/x/${filename}", "policy": "signed"},
    NOW + timedelta(hours=1),
)
PARKED = ParkedRow(
    file="scan.csv",
    row=14,
    code="5012345678901",
    quantity="6",
    reason=Reason.UNKNOWN_CODE,
    detail="No item has this code: check it for a typing error.",
    cells=("5012345678901", "6", "14:02"),
)
CAPTURE = Capture(
    lines=(
        CountedLine("BOLT-M6-50", LineKind.COUNTED, Decimal(432)),
        CountedLine("PAINT-RED", LineKind.UNRECORDED, Decimal(3)),
    ),
    parked=(PARKED,),
    problems=(FileProblem("notes.docx", "this is not a count file"),),
    totals=Totals(read=6, counted=2, collapsed=1, blank=2, parked=1),
    parked_reasons={Reason.UNKNOWN_CODE: 1},
)
OPEN = SESSION.model_copy(update={"status": SessionStatus.OPEN})


def read(page: Page) -> Read:
    found = Read(page.html)
    found.check()
    return found


def stands(session: Session, capture: Capture | None) -> Read:
    return read(session_page(standing(session, capture), RULES, UPLOAD, LINKS, NOW))


def standing(session: Session, capture: Capture | None) -> SessionProgress:
    return SessionProgress(session, capture, capture.parked[:SHOWN] if capture else ())


def test_a_locations_link_asks_only_who_counts_and_optionally_what() -> None:
    shown = read(open_page(LOCATION_LINK, RULES, FORM))
    assert "Open a count: Fixings aisle" in shown.text
    assert shown.fields() == {"t": "the-token", "counter": "", "zone": ""}
    assert not shown.all("select")
    assert "Paint aisle" not in shown.text


def test_an_aisle_card_shows_the_place_the_code_and_until_when_it_works() -> None:
    link = LOCATION_LINK.model_copy(update={"expires_at": 1_795_305_600})  # midnight of 22 November in London
    page = card_page(link, RULES, "the-token")
    shown = read(page)
    assert shown.text.startswith("Stock count Fixings aisle Scan to count here")
    assert "Works until Sat 21 Nov 2026." in shown.text
    assert inline_svg(f"{HOME}?t=the-token") in page.html
    assert shown.links() == [f"{HOME}qr.svg?t=the-token", f"{HOME}qr.png?t=the-token"]
    assert "Stock count Scan to count stock" in read(card_page(CountLink(home=HOME, expires_at=1), RULES, "t")).text


def test_the_page_to_open_a_count_leads_to_its_aisle_card_unless_it_is_of_some_items() -> None:
    assert read(open_page(LOCATION_LINK, RULES, FORM)).links() == [f"{HOME}card?t=the-token"]
    assert not read(open_page(LOCATION_LINK.model_copy(update={"skus": ("BOLT",)}), RULES, FORM)).links()


def test_without_a_location_one_is_chosen_from_the_rules_doc() -> None:
    shown = read(open_page(CountLink(home=HOME, expires_at=1), RULES, replace(FORM, location="paint-aisle")))
    assert [each["value"] for each in shown.all("option")] == ["", "fixings-aisle", "paint-aisle"]
    assert [each["value"] for each in shown.all("option") if "selected" in each] == ["paint-aisle"]


def test_a_recount_is_of_its_items_only() -> None:
    link = LOCATION_LINK.model_copy(update={"skus": ("BOLT-M6-50",), "recount_of": "x.BOLT-M6-50.r1"})
    shown = read(open_page(link, RULES, FORM))
    asked = "Count again: Fixings aisle {} did not agree with what was counted, and asks for a fresh count of: {}"
    assert asked.format("A manager", "BOLT-M6-50") in shown.text
    assert shown.fields() == {"t": "the-token", "counter": ""}
    rejected = line(state=LineState.REJECTED, decided_by="Priya")
    told = read(open_page(link, RULES, FORM, rejected)).text
    assert asked.format("Priya", "M6 bolts 50 mm BOLT-M6-50") in told
    assert not re.search(r"432|480|48\b|16\.80|Sam", told)


def test_a_list_of_items_is_named_before_it_is_counted() -> None:
    link = LOCATION_LINK.model_copy(update={"skus": ("BOLT-M6-50", "NUT")})
    assert "This count is of 2 items only: BOLT-M6-50 NUT" in read(open_page(link, RULES, FORM)).text


def test_a_form_with_a_problem_comes_back_as_it_was_filled_in() -> None:
    page = open_page(LOCATION_LINK, RULES, parse_open_form("t=the-token&skus=A%0d%0aB"))
    assert page.status == 422
    shown = read(page)
    assert "The count was not opened yet. Enter who is counting." in shown.text
    assert "A B" in shown.text
    assert "open" in shown.all("details")[0]


@pytest.mark.parametrize("field", ["counter", "location", "zone", "skus"])
def test_an_error_stands_at_its_field_and_in_a_summary_that_leads_there(field: str) -> None:
    form = OpenForm("x", "Sam", "", "bolts", None, FormProblem(field, "This is wrong."))
    shown = read(open_page(CountLink(home=HOME, expires_at=1), RULES, form))
    controls = {each["id"]: each for tag in ("input", "select", "textarea") for each in shown.all(tag) if "id" in each}
    assert [name for name, each in controls.items() if each.get("aria-invalid")] == [field]
    assert f"{field}-error" in controls[field]["aria-describedby"].split()
    assert shown.text.count("This is wrong.") == 2
    assert shown.links()[0] == f"#{field}"
    assert [each["tabindex"] for each in shown.all("div") if each.get("role") == "alert"] == ["-1"]


def test_an_error_in_what_the_link_settles_leads_to_no_field() -> None:
    shown = read(open_page(LOCATION_LINK, RULES, replace(FORM, problem=FormProblem("location", "It has no stock."))))
    assert "The count was not opened yet. It has no stock." in shown.text
    assert not [link for link in shown.links() if link.startswith("#")]


def test_an_open_form_is_read() -> None:
    body = urlencode({"t": "token", "counter": " Sam ", "location": "fixings-aisle", "skus": "A-1, A-2\r\n\r\nA-1"})
    assert parse_open_form(body) == OpenForm("token", "Sam", "fixings-aisle", skus=("A-1", "A-2"))
    assert parse_open_form("t=token&counter=Sam&zone=bolts&skus=").zone == "bolts"


@pytest.mark.parametrize(
    ("fields", "field", "problem"),
    [
        ({"counter": "\t"}, "counter", "Enter who is counting."),
        ({"counter": "x" * 81}, "counter", "Enter a name of at most 80 characters."),
        ({"counter": "Sam", "zone": "z", "skus": "A"}, "zone", "Name either a zone or a list of SKUs, not both."),
        ({"counter": "Sam", "skus": "\n".join(map(str, range(MAX_LISTED_SKUS + 1)))}, "skus", "List at most 200 SKUs"),
        ({"counter": "Sam", "skus": "x" * 129}, "skus", "List one SKU a line; none has more than 128 characters."),
    ],
)
def test_what_is_wrong_with_a_form_is_said_and_the_token_kept(fields: dict[str, str], field: str, problem: str) -> None:
    form = parse_open_form(urlencode({"t": "token"} | fields))
    assert form.token == "token"
    assert form.problem
    assert form.problem.text.startswith(problem)
    assert form.problem.about == field


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=300))
def test_no_form_gets_anything_unbounded_in(counter: str, zone: str, skus: str) -> None:
    body = urlencode({"counter": counter, "location": zone, "zone": zone, "skus": skus}, errors="replace")
    form = parse_open_form(body)
    assert max(len(form.counter), len(form.location), len(form.zone or ""), len(form.skus or ())) <= 200


def test_a_fresh_count_has_its_sheet_and_its_upload() -> None:
    shown = stands(OPEN, None)
    assert "The whole location · 120 items expected" in shown.text
    assert "Opened by Sam on Sat 21 Nov 2026, 09:00" in shown.text
    assert "Nothing has been read yet." in shown.text
    assert shown.links() == ["/sheet.xlsx?t=x", "/sheet?t=x", "/sheet.csv?t=x"]


def test_the_printed_sheet_has_a_box_for_each_item_and_says_what_it_is_sold_by() -> None:
    rows = (
        SheetRow("BOLT-M6-50", "M6 bolts 50 mm", "A2", "24", ""),
        SheetRow("HOSE", "Garden hose", "", "", "m"),
    )
    page = sheet_page(OPEN, rows, RULES, LINKS)
    shown = read(page)
    assert "Bin Item Count A2 M6 bolts 50 mm BOLT-M6-50 · pack of 24 Garden hose HOSE m" in shown.text
    assert shown.text.count(OPEN.session_id) == 2  # at the top, and over the columns of every printed page
    assert shown.links() == ["/sheet.xlsx?t=x", "/?t=x"]
    assert [each["scope"] for each in shown.all("th")] == ["col", "col", "col", "row", "row"]
    assert page.html.count("<tr><td></td><td></td><td></td></tr>") == SPARE_LINES
    assert not shown.all("form")


def test_a_sheet_that_is_too_long_to_print_is_refused_and_not_cut() -> None:
    rows = [SheetRow(f"SKU-{n}", HOSTILE * 8, "A" * 100, "", "kg") for n in range(MAX_PRINTED)]
    page = sheet_page(OPEN, rows, RULES, LINKS)
    assert page.html.count('scope="row"') == MAX_PRINTED
    assert len(page.html.encode()) < 5_000_000  # a function may answer with 6 MB
    more = sheet_page(OPEN, [*rows, rows[0]], RULES, LINKS)
    assert more.status == 422
    assert "The count is of 5,001 items, and a page holds 5,000." in read(more).text


def test_the_upload_goes_straight_to_the_bucket_and_the_page_may_post_nowhere_else() -> None:
    page = session_page(SessionProgress(OPEN), RULES, UPLOAD, LINKS, NOW)
    assert page.form_origin == "https://bucket.s3.eu-west-2.amazonaws.com"
    shown = read(page)
    form, inputs = shown.all("form")[0], shown.all("input")
    assert (form["action"], form["enctype"]) == (UPLOAD.url, "multipart/form-data")
    # What follows the file, S3 ignores; the last two are those of the form that asks for an area.
    assert [each["name"] for each in inputs] == ["key", "policy", "file", "t", "area"]


def test_an_upload_for_an_area_says_so_and_leads_back() -> None:
    shown = read(session_page(SessionProgress(OPEN), RULES, replace(UPLOAD, area="Back store"), LINKS, NOW))
    assert "Upload a count of Back store" in shown.text
    assert "If Back store was uploaded before, this file replaces it. Not only Back store?" in shown.text
    assert len(shown.all("form")) == 1


def test_what_was_understood_adds_up_on_the_page() -> None:
    shown = stands(SESSION, CAPTURE)
    assert "rows read 6 counted 2 repeat scans 1 blank, not counted 2 rows to mend 1" in shown.text
    assert "2 items counted: see the quantities BOLT-M6-50 432 PAINT-RED 3" in shown.text
    assert "6 rows were read: 2 counted, 1 repeat scan, 2 blank, 1 to mend." in shown.text
    assert shown.text.index("6 rows were read") < shown.text.index("Next: mend the 1 row below")


def test_a_parked_row_is_shown_with_its_place_its_cells_and_how_to_mend_it() -> None:
    shown = stands(OPEN, CAPTURE)
    assert "1 row to mend" in shown.text
    assert (
        "scan.csv, row 14: unknown code No item has this code: check it for a typing error. "
        "The row as it came: 5012345678901 | 6 | 14:02" in shown.text
    )
    no_cells = replace(CAPTURE, parked=(replace(PARKED, cells=()),))
    assert "5012345678901 | 6" in stands(OPEN, no_cells).text


def test_after_the_upload_of_an_area_the_correction_is_for_that_area_too() -> None:
    on_its_way = SessionProgress(OPEN, unread_since="2026-11-21T14:05:30+00:00")
    links = replace(LINKS, area="Back & side")
    page = session_page(on_its_way, RULES, replace(UPLOAD, area="Back & side"), links, NOW)
    assert "/?t=x&area=Back+%26+side&uploaded=1" in read(page).links()


def test_everything_that_is_wrong_with_a_row_is_said_at_once_each_with_its_cell() -> None:
    also = (
        RowTrouble(Reason.UNREADABLE_QUANTITY, "Type a number.", "B14"),
        RowTrouble(Reason.UNKNOWN_CODE, "And this.", "C14"),
    )
    shown = stands(OPEN, replace(CAPTURE, parked=(replace(PARKED, cell="A14", also=also),)))
    assert (
        "row 14: unknown code, unreadable quantity A14: No item has this code: check it for a typing error. "
        "B14: Type a number. C14: And this." in shown.text
    )


def test_parked_rows_can_be_downloaded_to_be_fixed_unless_all_are_decided() -> None:
    decided = replace(CAPTURE, parked_reasons={Reason.ALREADY_DECIDED: 1})
    assert {"/fixes.xlsx?t=x", "/fixes.csv?t=x"} <= set(stands(OPEN, CAPTURE).links())
    assert not [link for link in stands(OPEN, decided).links() if "fixes" in link]


def test_what_fix_sheets_and_later_files_did_is_told() -> None:
    by = RowRef("fixes.xlsx", 2)
    capture = replace(
        CAPTURE,
        tables=(ReadTable("scan.csv", "XLSX", ColumnReport(4, ("EAN",), "Qty", None, "Shelf", None, ("Name",))),),
        replaced=(Replaced("Front/sam.csv", "Front/ann.csv"),),
        corrections=(Correction(RowRef("scan.csv", 3), by, "BOLT", ""),),
        aliases=(Alias("B-OLD", "BOLT", by, Decimal(24)),),
        problems=(FileProblem("fixes.xlsx", "it is about another row", 7),),
    )
    shown = stands(OPEN, capture)
    assert "scan.csv: XLSX, header in row 4; code from EAN, count from Qty, bin from Shelf; not used" in shown.text
    assert "Front/sam.csv does not count any more: Front/ann.csv is a later count of the same area." in shown.text
    assert "1 row of these counts as a fix sheet says." in shown.text
    assert "B-OLD is a case of 24 of BOLT (fixes.xlsx, row 2)" in shown.text
    assert "fixes.xlsx, row 7 was not used: it is about another row" in shown.text


def test_a_refused_file_shows_the_columns_that_are_asked_about_with_some_of_their_cells() -> None:
    question = Question(
        QuestionKind.COUNT_COLUMN,
        (Candidate("Recuento", 3, ("46", "29", "12")), Candidate("", 4), Candidate("x", 5, ("1",))),
    )
    problems = (FileProblem("scan.csv", "cannot tell which column is the count", question=question),)
    shown = stands(OPEN, replace(CAPTURE, problems=problems))
    assert "scan.csv was not taken: cannot tell which column is the count Which of these was counted" in shown.text
    assert "Recuento, with 46, 29, 12 column 4 x, with 1" in shown.text


@pytest.mark.parametrize("kind", QuestionKind)
def test_every_question_is_asked_in_words(kind: QuestionKind) -> None:
    problems = (FileProblem("scan.csv", "it is not certain", question=Question(kind, (Candidate("Lot", 2),))),)
    assert "?" in stands(OPEN, replace(CAPTURE, problems=problems)).text.partition("it is not certain")[2][:100]


def test_numbers_that_were_not_used_are_a_warning_of_their_own() -> None:
    columns = ColumnReport(
        1,
        ("sku",),
        "counted_qty",
        None,
        None,
        None,
        ("Kontrolle",),
        left_aside=(Candidate("Kontrolle", 3, ("46", "29")),),
    )
    shown = stands(OPEN, replace(CAPTURE, tables=(ReadTable("scan.csv", "XLSX", columns),)))
    assert "Not used in scan.csv: 'Kontrolle' (46, 29). These numbers may be counts, too." in shown.text


READ = replace(CAPTURE, parked=(), parked_reasons={}, problems=(), totals=Totals(read=5, counted=5))


@pytest.mark.parametrize(
    ("session", "capture", "next_is"),
    [
        (OPEN, None, "Nothing has been read yet. Next: count with the sheet below"),
        (OPEN, CAPTURE, "Next: mend the 1 row below and upload it again."),
        (
            OPEN,
            replace(CAPTURE, parked_reasons={Reason.ALREADY_DECIDED: 1}),
            "Next: open a fresh count for the 1 row below, because a manager has decided about this item already.",
        ),
        (OPEN, replace(READ, problems=CAPTURE.problems), "Next: see below what was not taken, mend it, and upload"),
        (OPEN, replace(READ, lines=()), "Nothing was counted. Next: fill in the quantities"),
        (OPEN.model_copy(update={"captured_seq": 2, "reconciled_seq": 1}), READ, "is being compared with the stock"),
        (OPEN.model_copy(update={"captured_seq": 2, "reconciled_seq": 2}), READ, "the manager decides about what diff"),
        (SESSION.model_copy(update={"status": SessionStatus.CLOSED}), CAPTURE, "This count is closed."),
    ],
)
def test_one_sentence_says_what_is_to_be_done_next(session: Session, capture: Capture | None, next_is: str) -> None:
    shown = stands(session, capture).text
    assert next_is in shown
    assert len(re.findall(r"Next: |nothing more to do|is closed\.", shown)) == 1


@pytest.mark.parametrize(
    ("since", "told"),
    [
        ("2026-11-21T14:05:30+00:00", "A file has arrived and is being read."),
        ("2026-11-21T13:50:00+00:00", "A file has arrived, but reading it takes longer than it should. It is safe"),
    ],
)
def test_a_file_on_its_way_is_said_to_be_whatever_was_read_before(since: str, told: str) -> None:
    for capture in (None, CAPTURE):
        standing = SessionProgress(OPEN, capture, unread_since=since)
        shown = read(session_page(standing, RULES, UPLOAD, LINKS, NOW)).text
        assert told in shown
        assert ("What was understood before" in shown) == (capture is not None)


def test_between_the_header_and_the_outcome_the_file_is_still_being_read() -> None:
    session = OPEN.model_copy(update={"captured_seq": 1})
    assert "is being read" in stands(session, None).text


def test_what_the_upload_takes_is_said_before_it_is_refused() -> None:
    shown = stands(OPEN, None)
    assert "At most 40 MB. This page can upload until 15:06" in shown.text
    assert "EntityTooLarge or AccessDenied, the file was not taken" in shown.text
    (file,) = [each for each in shown.all("input") if each.get("type") == "file"]
    assert file["aria-describedby"] == "file-hint limit-hint"


def test_a_recount_says_what_it_is_until_it_is_counted() -> None:
    session = OPEN.model_copy(update={"skus": ("BOLT-M6-50",), "recount_of": "x.BOLT-M6-50.r1"})
    assert "Recount of Fixings aisle 1 item on a list Opened by Sam" in stands(session, None).text
    assert "as if nobody had counted before" in stands(session, None).text
    assert "as if nobody had counted before" not in stands(session, CAPTURE).text


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_words(reason: Reason) -> None:
    shown = stands(OPEN, replace(CAPTURE, parked=(replace(PARKED, reason=reason),)))
    assert f"row 14: {pages._REASONS[reason]}" in shown.text


def test_files_that_were_not_taken_are_named_with_the_reason() -> None:
    refused = (FileProblem("late.csv", "the count is closed"),)
    shown = read(session_page(SessionProgress(OPEN, CAPTURE, (), refused), RULES, UPLOAD, LINKS, NOW))
    assert "notes.docx was not taken: this is not a count file" in shown.text
    assert "late.csv was not taken: the count is closed" in shown.text


def test_a_page_of_thousands_of_rows_stays_small_and_says_what_it_leaves_out() -> None:
    many = replace(
        CAPTURE,
        lines=tuple(CountedLine(f"S{n}", LineKind.COUNTED, Decimal(n)) for n in range(5000)),
        parked=tuple(replace(PARKED, row=n) for n in range(5000)),
        totals=Totals(read=10_000, counted=5_000, parked=5_000),
        # An answer filled down to the end of a fix sheet.
        problems=tuple(FileProblem("fixes.xlsx", "there is nothing to remember", n) for n in range(20_000)),
        aliases=tuple(Alias(f"C{n}", "BOLT-M6-50", RowRef("fixes.xlsx", n)) for n in range(5000)),
    )
    page = session_page(standing(OPEN, many), RULES, UPLOAD, LINKS, NOW)
    assert len(page.html) < 1_000_000
    assert f"and {5000 - SHOWN:,} more rows" in read(page).text
    assert f"and {5000 - SHOWN:,} more items" in read(page).text
    assert f"and {20_000 - SHOWN:,} more like these" in read(page).text
    assert f"and {5000 - SHOWN:,} more codes" in read(page).text


def test_a_closed_count_takes_nothing_more() -> None:
    closed = SESSION.model_copy(update={"status": SessionStatus.CLOSED})
    shown = read(session_page(standing(closed, CAPTURE), RULES, None, LINKS, NOW))
    assert "This count is closed." in shown.text
    assert not shown.all("form")


@pytest.mark.parametrize(
    ("scope", "told"), [({"zone": "bolts"}, "Zone bolts ·"), ({"skus": ("A", "B")}, "2 items on a list Opened")]
)
def test_a_part_count_says_what_it_covers(scope: dict[str, object], told: str) -> None:
    assert told in stands(OPEN.model_copy(update=scope), None).text


def test_no_page_of_a_count_shows_what_the_system_says() -> None:
    outcome = {"outcome": {"gap_value": Decimal("-416.80")}}
    assert "416.80" not in stands(SESSION.model_copy(update=outcome), CAPTURE).html


@pytest.mark.parametrize(
    ("page", "status"),
    [
        (pages.unknown_page, 404),
        (pages.no_card_page, 404),
    ],
)
def test_every_refusal_has_its_own_page(page: Callable[[], Page], status: int) -> None:
    assert page().status == status
    assert not read(page()).all("form")


def test_whatever_was_typed_anywhere_is_escaped() -> None:
    asked = Candidate(HOSTILE, 3, (HOSTILE,))
    row = replace(PARKED, file=HOSTILE, code=HOSTILE, detail=HOSTILE, cells=(HOSTILE, HOSTILE))
    capture = replace(
        CAPTURE,
        lines=(CountedLine(HOSTILE, LineKind.COUNTED, Decimal(1)),),
        parked=(row,),
        problems=(FileProblem(HOSTILE, HOSTILE, question=Question(QuestionKind.UNIT, (asked,))),),
        tables=(ReadTable(HOSTILE, "XLSX", ColumnReport(1, ("sku",), "x", None, None, None, (), (), (asked,))),),
    )
    session = SESSION.model_copy(update={"counter": HOSTILE, "zone": HOSTILE, "location": HOSTILE})
    form = OpenForm(HOSTILE, HOSTILE, HOSTILE, HOSTILE, None, FormProblem("zone", HOSTILE))
    for page in (
        session_page(standing(session, capture), RULES, UPLOAD, LINKS, NOW),
        open_page(CountLink(home=HOME, location=HOSTILE, expires_at=1), RULES, form),
        card_page(CountLink(home=HOME, location=HOSTILE, expires_at=1), RULES, "x"),
        sheet_page(session, [SheetRow(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE)], RULES, LINKS),
    ):
        assert HOSTILE in read(page).text
        assert "<script" not in page.html
