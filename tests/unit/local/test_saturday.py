"""The demo's own expectation keeps the conservation law, and the offline engine agrees with it to the last figure."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from local import shop
from local.model import find_evidence, suggest
from local.saturday import FILE_NAME, Saturday, saturday
from stkr.capture.core import capture
from stkr.capture.result import Capture, UploadedFile
from stkr.cause.evidence import gather
from stkr.cause.prompt import prompt
from stkr.domain.stock import Snapshot
from stkr.domain.variance import Materiality
from stkr.rules.doc import parse_rules
from stkr.session.core import Opening, snapshot_for
from stkr.stockfile.read import read_stock
from stkr.variance.core import find_variances

pytestmark = pytest.mark.unit

TODAY = date(2026, 11, 21)
RULES = parse_rules(shop.rules(datetime(2026, 11, 21, 14, tzinfo=UTC)))


@pytest.fixture(scope="module")
def expected() -> Saturday:
    return saturday(TODAY)


@pytest.fixture(scope="module")
def snapshot() -> Snapshot:
    rows = read_stock("stock.csv", shop.spreadsheet(shop.stock(TODAY)).encode())
    return snapshot_for(Opening(shop.FIXINGS, "Sam"), rows)


@pytest.fixture(scope="module")
def captured(expected: Saturday, snapshot: Snapshot) -> Capture:
    return capture([UploadedFile(FILE_NAME, expected.file())], snapshot)


def test_the_shop_is_the_same_on_every_run_and_has_about_2000_items() -> None:
    items = shop.stock(TODAY)
    assert items == shop.stock(TODAY)
    assert 1900 < len(items) < 2100
    assert len({code for item in items for code in (item.sku, *item.aliases)}) == sum(
        1 + len(item.aliases) for item in items
    )


@pytest.mark.parametrize(
    ("body", "digit"), [("400638133393", "1"), ("501234567890", "0"), ("07350053850019"[:13], "9")]
)
def test_check_digits_are_those_of_known_barcodes(body: str, digit: str) -> None:
    assert shop.check_digit(body) == digit


def test_capture_finds_what_the_file_was_written_to_hold(expected: Saturday, captured: Capture) -> None:
    totals = captured.totals
    assert (totals.read, totals.counted, totals.collapsed, totals.blank, totals.parked) == (
        expected.read,
        expected.counted,
        expected.collapsed,
        expected.blank,
        len(expected.parked),
    )
    assert [(row.row, row.code, row.reason) for row in captured.parked] == expected.parked


def test_every_variance_has_the_expected_figures(expected: Saturday, captured: Capture, snapshot: Snapshot) -> None:
    found = {
        variance.sku: variance
        for variance in find_variances(captured, snapshot, RULES)
        if variance.materiality is not Materiality.IN_AGREEMENT
    }
    assert found.keys() == expected.variances.keys()
    for sku, want in expected.variances.items():
        variance = found[sku]
        assert (variance.kind, variance.materiality) == (want.kind, "minor" if want.state == "minor" else "material")
        assert variance.counted_qty == (None if want.counted is None else Decimal(want.counted))
        assert variance.system_qty == Decimal(want.system)
        if variance.gap is None:
            assert want.units is None
            continue
        figures = (variance.gap.units, variance.gap.percent, variance.gap.value)
        assert figures == tuple(
            None if text is None else Decimal(text) for text in (want.units, want.percent, want.value)
        )


def test_the_model_stand_in_sees_each_signature(expected: Saturday, captured: Capture, snapshot: Snapshot) -> None:
    evidence = gather(find_variances(captured, snapshot, RULES), TODAY)
    for sku, want in expected.variances.items():
        if want.cause is not None:
            given = find_evidence(f"some words {prompt(evidence[sku])}")
            assert given is not None
            assert suggest(given)[0] == want.cause
