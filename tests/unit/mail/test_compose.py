"""The mails: what they say in subject, HTML and text."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from stkr.cause.evidence import Cause
from stkr.mail.compose import MAX_ITEMS, Item, Mail, Table, digest, reminder, report
from stkr.rules.doc import Person
from stkr.store.counts import Line
from stkr.variance.forward import Timing, Unrolled
from tests.unit.web.samples import HOSTILE, PRIYA, RULES, SESSION, Read, line, rolled, uncounted, unrecorded

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
DRILL = line(
    sku="DRILL-18V",
    name="Cordless drill 18 V",
    counted_qty=Decimal(3),
    system_qty=Decimal(4),
    gap_units=Decimal(-1),
    gap_pct=Decimal(-25),
    gap_value=Decimal(-200),
    cause=Cause.UNKNOWN,
    rationale="",
)
MORGAN = Person(name="Morgan", email="morgan@example.com")


def item(shown: Line) -> Item:
    base = f"https://{{}}.example.com/?t={shown.sku}"
    return Item(shown, base.format("approve"), base.format("reject"))


def mail(*lines: Line, to: Person = PRIYA, now: datetime = NOW, part: int = 1, parts: int = 1) -> Mail:
    return digest(to, SESSION, [item(each) for each in lines], RULES, now, part=part, parts=parts)


def html_text(found: Mail) -> str:
    return Read(found.html).text


def test_the_subject_says_it_all() -> None:
    third = line(sku="NUT", gap_value=None)
    assert mail(DRILL, line(), third).subject == "Fixings aisle count: 3 gaps to sign off, -£216.80 (Sat 21 Nov)"
    assert (
        mail(line(), uncounted()).subject
        == "Fixings aisle count: 1 gap to sign off, 1 item not counted, -£16.80 (Sat 21 Nov)"
    )
    assert mail(uncounted()).subject == "Fixings aisle count: 1 item not counted (Sat 21 Nov)"
    assert mail(line(), part=2, parts=3).subject.endswith("(Sat 21 Nov, part 2 of 3)")


def test_a_gap_at_the_moment_of_counting_says_what_was_expected_then() -> None:
    for told in (mail(rolled()).text, html_text(mail(rolled()))):
        assert "Counted 432, expected 480. Short 48 units (-10%, -£16.80)." in told
        assert "Counted at 10:14, when 480 were expected (482 when the count began). The system says 471 now" in told
    held = rolled(held_from_qty=Decimal(482))
    assert "reject and count afresh" not in mail(held).text
    assert mail(held).subject.startswith("Stock has moved: ")


def test_stock_that_moved_while_it_was_counted_is_said_to_be_in_doubt() -> None:
    timing = Timing(snapshot_qty=Decimal(480), moved_qty=Decimal(-3), unrolled=Unrolled.NOT_LISTED)
    for told in (mail(line(timing=timing)).text, html_text(mail(line(timing=timing)))):
        assert "Counted 432, system 480." in told
        assert (
            "Stock moved by -3 while it was counted, and which part of that came before the shelf was counted is not "
            "known: the system does not say when it moved."
        ) in told


def test_a_mail_goes_to_the_person_and_greets_them() -> None:
    sent = mail(line())
    assert sent.to == "priya@example.com"
    assert sent.text.startswith("Hello Priya,\n")
    assert "escalation" not in sent.text
    assert "as the escalation contact of Fixings aisle" in mail(line(), to=MORGAN).text


def test_the_seeds_line_reads_as_in_the_seed() -> None:
    sent = mail(line())
    told = "Counted 432, system 480. Short 48 units (-10%, -£16.80). Likely shrinkage: A sustained shortage"
    assert f"BOLT-M6-50: M6 bolts 50 mm, Fixings aisle. {told}" in sent.text
    assert told in html_text(sent)
    assert "M6 bolts 50 mm BOLT-M6-50 · Fixings aisle" in html_text(sent)
    for body in (sent.text, html_text(sent)):
        assert "96 sold since the last count. Last counted Sat 26 Sep 2026, 8 weeks before the count." in body


def test_both_bodies_carry_both_links_of_every_line_in_the_order_given() -> None:
    sent = mail(DRILL, line(), unrecorded(), uncounted())
    links = [
        f"https://{action}.example.com/?t={sku}"
        for sku in ("DRILL-18V", "BOLT-M6-50", "PAINT-RED", "HINGE-75")
        for action in ("approve", "reject")
    ]
    assert Read(sent.html).links() == links
    assert [word for word in sent.text.split() if word.startswith("https://")] == links


def test_a_screen_reader_that_lists_the_links_hears_which_item_each_is_for() -> None:
    spoken = [link["aria-label"] for link in Read(mail(line(), uncounted()).html).all("a")]
    assert spoken == [
        "Approve: M6 bolts 50 mm",
        "Reject: M6 bolts 50 mm",
        "Confirm zero: Butt hinge 75 mm",
        "Leave as it is: Butt hinge 75 mm",
    ]


def test_totals_tell_short_and_over_apart_and_what_has_no_cost() -> None:
    told = "-£179.30 in all (short £216.80, over £37.50); 1 gap without a unit cost"
    sent = mail(DRILL, line(), unrecorded(), line(sku="NUT", gap_value=None))
    assert told in sent.text
    assert told in html_text(sent)
    assert "1 gap without a unit cost" in mail(line(gap_value=None)).text


def test_an_unrecorded_item_is_added_and_an_unlabelled_one_has_no_cause() -> None:
    text = mail(unrecorded()).text
    assert "Counted 3, system none. Over 3 units (+£37.50). Cause unknown." in text
    assert "Approving adds it with 3 in stock." in text


def test_uncounted_items_have_a_section_of_their_own() -> None:
    for body in (mail(line(), uncounted()).text, html_text(mail(line(), uncounted()))):
        section = body[body.index("Not counted: 1 item") :]
        assert "which does not mean that there are none" in section
        assert "system 12." in section
        assert "Confirm zero" in section
        assert "Leave as it is" in section
        assert "BOLT" not in section


def test_held_and_doubtful_lines_say_so() -> None:
    shown = mail(line(held_from_qty=Decimal(500), incomplete=True), uncounted(held_from_qty=Decimal(15)))
    for body in (shown.text, html_text(shown)):
        assert "Stock has moved: the system said 500 when the count began and 480 when it was to be posted." in body
        assert "The count may be incomplete" in body
        assert "system 12 (was 15)." in body
    assert shown.subject.startswith("Stock has moved: Fixings aisle count: ")


def test_what_was_mailed_before_says_how_long_it_waits() -> None:
    later = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
    again = mail(line(mails=1), uncounted(mails=2), now=later)
    assert again.subject.startswith("Still waiting after 4 days: Fixings aisle count: ")
    for body in (again.text, html_text(again)):
        assert body.count("Waiting for 4 days.") == 2
    assert "aiting" not in mail(line(), now=later).subject
    assert mail(line(mails=1), DRILL, now=later).subject.startswith("Fixings aisle count: ")


def test_parts_say_that_they_are_parts() -> None:
    assert "This is part 2 of 3" in mail(line(), part=2, parts=3).text
    assert "part" not in mail(line()).text


def test_the_html_needs_no_image_no_script_and_nothing_from_elsewhere() -> None:
    for sent in (mail(line(), uncounted()), reminder(PRIYA, "fixings-aisle", RULES, 65, "https://c.example.com/")):
        found = Read(sent.html)
        assert not {"img", "script", "link", "form", "iframe"} & {tag for tag, _ in found.elements}
        assert "url(" not in sent.html
        assert found.all("html") == [{"lang": "en-GB"}]
        # Layout tables are silent to a screen reader.
        assert {each.get("role") for each in found.all("table")} == {"presentation"}


def test_a_full_mail_is_not_cut_off_by_gmail() -> None:
    longest = line(name="N" * 60, rationale="r" * 240, sku="S" * 20)
    url = "https://" + "i" * 32 + ".lambda-url.eu-west-2.on.aws/?t=" + "t" * 330
    sent = digest(PRIYA, SESSION, [Item(longest, url, url)] * MAX_ITEMS, RULES, NOW)
    assert len(sent.html.encode()) < 102_000


def test_nothing_typed_gets_out_of_its_place() -> None:
    hostile = line(name=f"{HOSTILE}\r\nApprove: https://evil.example.com", sku=HOSTILE, rationale=HOSTILE)
    sent = digest(PRIYA, SESSION.model_copy(update={"counter": HOSTILE}), [item(hostile)], RULES, NOW)
    assert "<script" not in sent.html
    assert "\nApprove: https://evil" not in sent.text
    sent = reminder(PRIYA, "a\r\nBcc: x@example.com", RULES, None, "https://c.example.com/")
    assert sent.subject == "a Bcc: x@example.com: never counted yet"


def test_a_reminder_opens_a_count() -> None:
    sent = reminder(PRIYA, "fixings-aisle", RULES, 65, "https://c.example.com/?t=x")
    assert sent.subject == "Fixings aisle: not counted for 65 days"
    assert Read(sent.html).links() == ["https://c.example.com/?t=x"]
    assert "Open a count: https://c.example.com/?t=x" in sent.text


def test_the_summary_has_its_story_and_its_figures() -> None:
    tables = [Table("Causes", [("Shrinkage", "7"), ("Miscount <i>", "3")])]
    sent = report("owner@example.com", "Stock counts in November 2026", ["Four counts.", "Bolts again."], tables)
    assert (sent.to, sent.subject) == ("owner@example.com", "Stock counts in November 2026")
    assert "Four counts.\n\nBolts again.\n\nCauses\n  Shrinkage: 7\n  Miscount <i>: 3" in sent.text
    assert "Four counts. Bolts again. Causes Shrinkage 7 Miscount <i> 3" in html_text(sent)
    assert "Counts" not in report("owner@example.com", "Stock counts in November 2026", [], []).text
