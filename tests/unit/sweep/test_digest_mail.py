"""What a digest says in subject, HTML and text."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from stkr.domain.variance import Timing, Unrolled
from stkr.mail.message import Mail
from stkr.rules.doc import Person
from stkr.sweep.digest import MAX_ITEMS, MAX_WAITING
from stkr.sweep.digest_mail import CountInDigest, DigestItem, digest_mail
from tests.unit.sweep.digest_mails import DRILL, NOW, item, mail
from tests.unit.web.samples import HOSTILE, PRIYA, RULES, SESSION, Read, line, rolled, uncounted, unrecorded

pytestmark = pytest.mark.unit

MORGAN = Person(name="Morgan", email="morgan@example.com")


def html_text(sent: Mail) -> str:
    return Read(sent.html).text


def test_the_subject_says_it_all() -> None:
    third = line(sku="NUT", gap_value=None)
    assert mail(DRILL, line(), third).subject == "Fixings aisle count: 3 variances to sign off, -£216.80 (Sat 21 Nov)"
    assert (
        mail(line(), uncounted()).subject
        == "Fixings aisle count: 1 variance to sign off, 1 item not counted, -£16.80 (Sat 21 Nov)"
    )
    assert mail(uncounted()).subject == "Fixings aisle count: 1 item not counted (Sat 21 Nov)"
    assert mail(line(), part=2, parts=3).subject.endswith("(Sat 21 Nov, part 2 of 3)")


def test_a_variance_at_the_moment_of_counting_says_what_was_expected_then() -> None:
    for body in (mail(rolled()).text, html_text(mail(rolled()))):
        assert "Counted 432, expected 480. Short 48 units (-10%, -£16.80)." in body
        assert "Counted at 10:14, when 480 were expected (482 when the count began). The system says 471 now" in body
    held = rolled(held_from_qty=Decimal(482))
    assert "reject and count afresh" not in mail(held).text
    assert mail(held).subject.startswith("Stock has moved: ")


def test_stock_that_moved_while_it_was_counted_is_said_to_be_in_doubt() -> None:
    timing = Timing(snapshot_qty=Decimal(480), moved_qty=Decimal(-3), unrolled=Unrolled.NOT_LISTED)
    for body in (mail(line(timing=timing)).text, html_text(mail(line(timing=timing)))):
        assert "Counted 432, system 480." in body
        assert (
            "Stock moved by -3 while it was counted, and which part of that came before the shelf was counted is not "
            "known: the system does not say when it moved."
        ) in body


def test_what_was_found_late_in_the_evening_has_waited_a_day_in_the_morning() -> None:
    late = line(mails=1, queued_at="2026-11-21T23:30:00.000000Z")
    assert mail(late, now=datetime(2026, 11, 22, 7, 0, tzinfo=UTC)).subject.startswith("Still waiting after 1 day: ")


def test_a_mail_goes_to_the_person_and_greets_them() -> None:
    sent = mail(line())
    assert sent.to == "priya@example.com"
    assert sent.text.startswith("Hello Priya,\n")
    assert "escalation" not in sent.text
    assert "as the escalation contact of Fixings aisle" in mail(line(), to=MORGAN).text


def test_a_line_says_count_system_variance_and_likely_cause() -> None:
    sent = mail(line())
    expected = "Counted 432, system 480. Short 48 units (-10%, -£16.80). Likely shrinkage: A sustained shortage"
    assert f"BOLT-M6-50: M6 bolts 50 mm, Fixings aisle. {expected}" in sent.text
    assert expected in html_text(sent)
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
    expected = "-£179.30 in all (short £216.80, over £37.50); 1 variance without a unit cost"
    sent = mail(DRILL, line(), unrecorded(), line(sku="NUT", gap_value=None))
    assert expected in sent.text
    assert expected in html_text(sent)
    assert "1 variance without a unit cost" in mail(line(gap_value=None)).text


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
        assert "Stock has moved: the system said 500 when the count began and 480 when it was to be adjusted." in body
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


def test_what_waits_from_several_counts_names_each_with_its_place_and_day() -> None:
    other = SESSION.model_copy(
        update={"session_id": "2026-11-20-paint-aisle-1", "location": "paint-aisle", "counter": "Ann"}
    )
    waiting = {"mails": 2, "location": "paint-aisle", "session_id": other.session_id}
    counts = [
        CountInDigest(SESSION, [item(line(mails=1))]),
        CountInDigest(other, [item(DRILL.model_copy(update=waiting))]),
    ]
    later = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
    sent = digest_mail(MORGAN, [*counts, CountInDigest(other, [item(uncounted(**waiting))])], RULES, later)
    assert sent.subject == (
        "Still waiting after 4 days: Fixings aisle and Paint aisle: "
        "2 variances to sign off, 1 item not counted, -£216.80"
    )
    for body in (sent.text, html_text(sent)):
        assert "These are waiting for you from 3 counts." in body
        assert "as the escalation contact of Fixings aisle and Paint aisle" in body
        assert body.index("(2026-11-21-fixings-aisle-7f3a9c01)") < body.index("BOLT-M6-50")
        assert body.index("BOLT-M6-50") < body.index("(2026-11-20-paint-aisle-1)") < body.index("DRILL-18V")
        assert body.count("Waiting for 4 days.") == 3
    assert "Paint aisle, counted by Ann, Sat 21 Nov 2026 (2026-11-20-paint-aisle-1)" in sent.text
    assert "Cordless drill 18 V DRILL-18V · Paint aisle" in html_text(sent)
    assert digest_mail(PRIYA, counts, RULES, later, part=2, parts=2).subject.endswith("(part 2 of 2)")
    third = CountInDigest(
        other.model_copy(update={"session_id": "2026-11-20-yard-1", "location": "yard"}), counts[1].items
    )
    assert "3 locations: 3 variances to sign off" in digest_mail(PRIYA, [*counts, third], RULES, later).subject


def test_parts_say_that_they_are_parts() -> None:
    assert "This is part 2 of 3" in mail(line(), part=2, parts=3).text
    assert "part" not in mail(line()).text


def test_a_full_mail_is_not_cut_off_by_gmail() -> None:
    longest = line(name="N" * 60, rationale="r" * 240, sku="S" * 20)
    url = "https://" + "i" * 32 + ".lambda-url.eu-west-2.on.aws/?t=" + "t" * 330
    sent = digest_mail(PRIYA, [CountInDigest(SESSION, [DigestItem(longest, url, url)] * MAX_ITEMS)], RULES, NOW)
    assert len(sent.html.encode()) < 102_000
    place = {"session_id": "2026-11-21-" + "l" * 40, "location": "l" * 40, "counter": "c" * 40}
    waiting = longest.model_copy(update={"mails": 1})
    counts = [CountInDigest(SESSION.model_copy(update=place), [DigestItem(waiting, url, url)])] * MAX_WAITING
    assert len(digest_mail(PRIYA, counts, RULES, NOW + timedelta(days=100)).html.encode()) < 102_000


def test_nothing_typed_gets_out_of_its_place() -> None:
    hostile = line(name=f"{HOSTILE}\r\nApprove: https://evil.example.com", sku=HOSTILE, rationale=HOSTILE)
    count = CountInDigest(SESSION.model_copy(update={"counter": HOSTILE}), [item(hostile)])
    for counts in ([count], [count, count]):
        sent = digest_mail(PRIYA, counts, RULES, NOW)
        assert "<script" not in sent.html
        assert "\nApprove: https://evil" not in sent.text
