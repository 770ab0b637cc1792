"""A summary's figures as the mail, the page and the file show them."""

import csv
import io
import re
from dataclasses import replace
from decimal import Decimal

import pytest

from stkr.domain.cause import Cause
from stkr.domain.session import LastCount
from stkr.mail.message import Mail
from stkr.summary.facts import RepeatedShortage
from stkr.summary.mail import summary_mail
from stkr.summary.page import summary_page
from stkr.summary.sections import PERCENT, Measure, Section, csv_of, said, sections
from tests.unit.summary.counts import as_first_stored, decision, facts, november, session, summary
from tests.unit.web.samples import HOSTILE, Read

pytestmark = pytest.mark.unit

HOME = "https://s.example.com/"
SUMMARY = summary(november())
NOTHING = summary(facts(last_counts={name: LastCount(counted_at="2026-11-30T08:00:00.000000Z") for name in (
    "fixings-aisle", "paint-aisle")}))  # fmt: skip


def shown(of: object = SUMMARY) -> dict[str, dict[str, str]]:
    return {section.title: {row.label: row.text for row in section.rows} for section in sections(of)}  # type: ignore[arg-type]  # a summary in every test


def mail(of: tuple[Section, ...] = sections(SUMMARY)) -> Mail:
    return summary_mail("jo@example.com", "Stock counts in November 2026", SUMMARY.paragraphs, of, f"{HOME}summary?t=x")


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_every_figure_of_the_month_is_in_its_section() -> None:
    assert shown() == {
        "Counted": {
            "Counts": "1",
            "Lines counted": "2,142",
            "Accuracy by lines": "93.4%",
            "Accuracy by value": "98%",
            "Agreed with the system": "1,998",
            "Minor variances": "110",
            "Sent to a manager": "37",
            "Expected but not counted": "3",
            "Found but not on the books": "2",
            "Counted without a unit cost, so in no value": "4",
        },
        "Month by month": {
            "November 2026": "93.4% by lines, 98% by value, 2,142 lines, \u00a31,216.81 caught",
            "October 2026": "90% by lines, 97% by value, 1,000 lines, \u00a37.00 caught",
        },
        "Decided": {
            "Approved": "2",
            "Rejected": "1",
            "Value caught": "\u00a31,216.81",
            "Net change of the stock's value": "+\u00a31,183.21",
            "Suggested causes that a manager judged": "1",
            "of which confirmed": "1",
            "Suggestions that were right": "100%",
        },
        "Causes of what was approved": {
            "Miscount": "1 variance, \u00a31,200.01",
            "Shrinkage": "1 variance, \u00a316.80",
        },
        "Short again within 3 months": {"BOLT-M6-50, Fixings aisle": "2 times, 68 units short, \u00a323.80"},
        "Waiting for a decision": {"Fixings aisle": "2 variances, \u00a33.50, 1 without a value, oldest 10 days"},
        "Not booked yet": {"All locations": "2 adjustments, oldest 8 days"},
        "Locations not counted as a whole in time": {
            "Paint aisle": "never counted as a whole, to be counted every 90 days"
        },
        "By location": {"Fixings aisle": "93.4% by lines, 2,142 lines, \u00a31,216.81 caught"},
    }


def test_a_month_in_which_nothing_happened_has_only_what_is_nought() -> None:
    assert shown(NOTHING).keys() == {"Counted", "Decided"}
    assert shown(NOTHING)["Counted"] == {
        "Counts": "0",
        "Lines counted": "0",
        "Minor variances": "0",
        "Sent to a manager": "0",
    }


def test_a_month_with_decisions_and_no_count_has_no_accuracy_to_show() -> None:
    counted = session("a", "2026-10-07T09:00:00.000000Z", counted=10, counted_in_agreement=9)
    only_decided = summary(facts([counted], [decision("a", "BOLT", "2026-11-22T10:00:00.000000Z", -10)]))

    assert shown(only_decided)["Month by month"]["November 2026"] == "0 lines, \u00a33.50 caught"


def test_what_is_not_known_says_so_and_is_empty_in_the_file() -> None:
    old = as_first_stored(session("a", "2026-11-07T09:00:00.000000Z", counted=10))
    unknown = summary(facts([old]))

    assert shown(unknown)["Counted"]["Accuracy by lines"] == "not known"
    values = {row["item"]: row["value"] for row in rows_of(csv_of(unknown)) if row["section"] == "Counted"}
    assert (values["Accuracy by lines"], values["Lines counted"]) == ("", "10")


def test_a_bar_is_as_long_as_its_figure() -> None:
    bars = {section.title: [row.bar for row in section.rows] for section in sections(SUMMARY)}

    assert bars["Month by month"] == [Decimal("93.4"), Decimal("90.0")]
    assert sum(bar for bar in bars["Causes of what was approved"] if bar is not None) == 100
    assert set(bars["Decided"]) == {None}


def test_causes_that_were_worth_nothing_have_no_bar() -> None:
    free = decision("a", "BAG", "2026-11-22T10:00:00.000000Z", -10, unit_cost=Decimal(0))

    (causes,) = (one for one in sections(summary(facts(decided=[free]))) if one.title.startswith("Causes"))
    assert [(row.text, row.bar) for row in causes.rows] == [("1 variance, \u00a30.00", None)]


def test_mail_page_and_file_say_the_same() -> None:
    page = Read(summary_page(SUMMARY, HOME, "x").html).text
    sent = mail()
    written = rows_of(csv_of(SUMMARY))

    assert len(written) == sum(len(row.measures) for section in sections(SUMMARY) for row in section.rows)
    in_mail, in_text = Read(sent.html).text, " ".join(sent.text.split())
    for section in sections(SUMMARY):
        for row in section.rows:
            for where in (page, in_mail):
                assert f"{row.label} {row.text}" in where
            assert f"{row.label}: {row.text}" in in_text
            values = [one for one in written if (one["section"], one["item"]) == (section.title, row.label)]
            figures = re.findall(r"\d[\d,]*(?:\.\d+)?", row.text)
            # "never counted" is the one figure without a digit.
            assert [Decimal(figure.replace(",", "")) for figure in figures] == [
                abs(Decimal(one["value"])) for one in values if one["value"] != "0" or "never" not in row.text
            ]
    for paragraph in SUMMARY.paragraphs:
        assert paragraph in page
        assert paragraph in in_mail
        assert paragraph in in_text


def test_the_file_has_one_figure_a_line_with_its_unit() -> None:
    written = rows_of(csv_of(SUMMARY))

    assert {row["month"] for row in written} == {"2026-11"}
    assert {"section": "Causes of what was approved", "item": "Miscount", "measure": "value"}.items() <= written[
        26
    ].items()
    by_measure = {(row["section"], row["measure"]): (row["value"], row["unit"]) for row in written}
    assert by_measure["Decided", "net value"] == ("1183.21", "GBP")
    assert by_measure["Counted", "accuracy by lines"] == ("93.4", "percent")
    assert by_measure["Short again within 3 months", "units short"] == ("68", "units")


def test_what_somebody_typed_is_no_formula_in_the_file_and_no_mark_up_elsewhere() -> None:
    sneaky = replace(SUMMARY.facts, repeats=(RepeatedShortage(f"=1+1{HOSTILE}", "yard", 2, Decimal(3), Decimal(4)),))
    hostile = replace(SUMMARY, facts=sneaky, paragraphs=(HOSTILE,))

    (item,) = {row["item"] for row in rows_of(csv_of(hostile)) if row["section"].startswith("Short")}
    assert item.startswith("'=1+1")
    sent = summary_mail("jo@example.com", "x", hostile.paragraphs, sections(hostile), HOME)
    for html in (summary_page(hostile, HOME, "x").html, sent.html):
        assert "<script" not in html


def test_the_mail_shows_the_first_rows_of_a_long_section_and_says_how_many_more_there_are() -> None:
    many = [RepeatedShortage(f"SKU-{number:03}", "yard", 2, Decimal(3), Decimal(4)) for number in range(500)]
    long = replace(SUMMARY, facts=replace(SUMMARY.facts, repeats=tuple(many)))
    sent = mail(sections(long))

    for body in (sent.text, Read(sent.html).text):
        assert "SKU-014" in body
        assert "SKU-015" not in body
        assert "and 485 more rows on the page" in body
    assert len(sent.html) < 102_000  # beyond, Gmail hides the rest
    assert "SKU-499" in summary_page(long, HOME, "x").html


def test_the_mail_leads_to_the_page_and_the_page_to_the_file() -> None:
    assert Read(mail().html).links() == [f"{HOME}summary?t=x"]
    assert f"{HOME}summary?t=x" in mail().text
    assert Read(summary_page(SUMMARY, HOME, "x").html).links() == [f"{HOME}summary.csv?t=x"]


def test_bars_need_no_image_no_script_and_no_style_that_the_page_forbids() -> None:
    page = summary_page(SUMMARY, HOME, "x").html

    assert '<rect width="93.4%"' in page
    assert " style=" not in page
    assert '<td width="93%"' in mail().html
    for html in (page, mail().html):
        assert "<img" not in html


@pytest.mark.parametrize(
    ("measure", "text"),
    [
        (Measure("x", Decimal("93.40"), PERCENT), "93.4%"),
        (Measure("x", 1, "variance"), "1 variance"),
        (Measure("x", 1_200, "variance"), "1,200 variances"),
        (Measure("x", None, "variance"), "not known"),
        (Measure("x", 12), "12"),
    ],
)
def test_a_figure_reads_as_people_write_it(measure: Measure, text: str) -> None:
    assert said(measure, "\u00a3") == text


def test_what_nobody_labelled_is_told_as_unknown() -> None:
    nobody = decision("a", "BAG", "2026-11-22T10:00:00.000000Z", -10, cause=None)

    assert shown(summary(facts(decided=[nobody])))["Causes of what was approved"] == {
        Cause.UNKNOWN.label.capitalize(): "1 variance, \u00a33.50"
    }
