"""What a report says in subject, HTML and text."""

import pytest

from stkr.sweep.report import ReportTable
from stkr.sweep.report_mail import report_mail
from tests.unit.web.samples import Read

pytestmark = pytest.mark.unit


def test_a_report_has_its_story_and_its_figures() -> None:
    tables = [ReportTable("Paint aisle", [("RED: Red paint", "-3"), ("Brush <i>", "+1")])]
    sent = report_mail("owner@example.com", "Not booked yet", ["Four of them.", "Book them."], tables)
    assert (sent.to, sent.subject) == ("owner@example.com", "Not booked yet")
    assert "Four of them.\n\nBook them.\n\nPaint aisle\n  RED: Red paint: -3\n  Brush <i>: +1" in sent.text
    assert "Four of them. Book them. Paint aisle RED: Red paint -3 Brush <i> +1" in Read(sent.html).text
    noted = report_mail(
        "o@example.com", "Left", [], [ReportTable("Parked rows", [("Aisle", "3 rows")], "Fix <b>them</b>.")]
    )
    assert "Parked rows\nFix <b>them</b>.\n  Aisle: 3 rows" in noted.text
    assert "Parked rows Fix <b>them</b>. Aisle 3 rows" in Read(noted.html).text
    assert "aisle" not in report_mail("owner@example.com", "Not booked yet", [], []).text
