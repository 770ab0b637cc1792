"""The sync against the tables, the bucket and the secret of the template, with mishaps between any two writes."""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import boto3
import pytest
from botocore.exceptions import ClientError

from stkr.domain import instants
from stkr.domain.adjustment import Adjustment
from stkr.domain.errors import SourceUnavailable
from stkr.domain.inventory import InventoryRow
from stkr.domain.movement import Observed, OnHand
from stkr.domain.stock import StockRow
from stkr.infra import aws
from stkr.infra.settings import SyncSettings
from stkr.store.dynamodb import pause, transact
from stkr.store.inventory import post_adjustment, post_unrecorded, read_location, read_row
from stkr.store.movements import read_ledger
from stkr.store.sync_state import begin_run, read_state
from stkr.sync.connector import Reading
from stkr.sync.shell import SyncOutcome, sync
from tests.adapters.wire import Crash, Wire

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

pytestmark = [pytest.mark.adapters, pytest.mark.usefixtures("deployment")]

BUCKET = "shop-counts-bucket-123456789012"
TABLE = "shop-inventory"
SETTINGS = SyncSettings(bucket=BUCKET, inventory_table=TABLE, sync_secret="shop/sync-credential")
LIFETIME = timedelta(seconds=120)
EVERY = timedelta(minutes=15)
HEADER = "sku,name,location,system_qty,unit_cost"

Sheet = dict[tuple[str, str], int]


class StockFile:
    """A shop's stock file and the clock of its syncs."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 12, tzinfo=UTC)

    def upload(self, sheet: Sheet) -> None:
        """Put the stock file into the bucket."""
        rows = [f"{sku},Item {sku},{location},{qty},0.35" for (location, sku), qty in sheet.items()]
        self.upload_text("\n".join([HEADER, *rows]))

    def upload_text(self, text: str) -> None:
        """Put anything at all where the stock file belongs."""
        aws.s3().put_object(Bucket=BUCKET, Key="source/stock.csv", Body=text.encode())

    def sync(self) -> SyncOutcome:
        """The next sync, a quarter of an hour after the last one."""
        self.now += EVERY
        return sync(SETTINGS, self.now, LIFETIME)


@pytest.fixture
def shop() -> StockFile:
    return StockFile()


SHEET: Sheet = {
    ("shop", "BOLT"): 480,
    ("shop", "NUT"): 200,
    ("shop", "PAINT"): 12,
    ("yard", "SAND"): 7,
    ("yard", "GRAVEL"): 30,
}


def figures(location: str = "shop", sku: str = "BOLT") -> tuple[int, int, int, int]:
    """Source, unbooked and system quantity, and the version."""
    row = read_row(TABLE, location, sku)
    assert row is not None
    return int(row.source_qty), int(row.unbooked_qty), int(row.system_qty), row.snapshot_version


def everything() -> dict[tuple[str, str], InventoryRow]:
    return {(row.location, row.sku): row for place in ("shop", "yard") for row in read_location(TABLE, place)}


def approve(gap: int, sku: str = "BOLT", at: datetime | None = None) -> None:
    """A manager approves a gap at the shop, now or then."""
    row = read_row(TABLE, "shop", sku)
    assert row is not None
    action = post_adjustment(
        TABLE,
        location="shop",
        sku=sku,
        adjustment=f"count.{sku}.r{row.snapshot_version}",
        gap_units=Decimal(gap),
        expected_qty=row.system_qty,
        expected_version=row.snapshot_version,
        at=instants.instant(at or datetime.now(UTC)),
    )
    assert transact([action], pause) == ["done"]


def tin_found(shop: StockFile) -> "TransactWriteItemTypeDef":
    return post_unrecorded(
        TABLE,
        location="shop",
        sku="TIN",
        name="Tin",
        adjustment="count.TIN.r1",
        counted_qty=Decimal(7),
        at=instants.instant(shop.now),
    )


def test_the_first_sync_mirrors_every_row(shop: StockFile) -> None:
    shop.upload(SHEET)

    assert shop.sync() == SyncOutcome(read=5, changed=5)

    assert {place: int(row.system_qty) for place, row in everything().items()} == SHEET
    state = read_state(TABLE)
    assert (state.locations, state.rows, state.running_until) == (("shop", "yard"), 5, None)
    assert state.synced_at == instants.instant(shop.now)


def test_an_unchanged_source_costs_one_read_and_no_write(shop: StockFile) -> None:
    shop.upload(SHEET)
    shop.sync()
    wire = Wire()

    outcome = shop.sync()

    assert outcome == SyncOutcome(skipped="the source has not changed")
    assert wire.requests == ["GetItem", "Query"]


def test_a_file_saved_again_without_a_change_is_not_read_again(shop: StockFile) -> None:
    shop.upload(SHEET)
    shop.sync()
    shop.upload(SHEET)

    assert shop.sync().skipped == "the source has not changed"


def test_only_the_changed_rows_are_written(shop: StockFile) -> None:
    shop.upload(SHEET)
    shop.sync()
    untouched = everything()
    shop.upload(SHEET | {("shop", "NUT"): 190})
    wire = Wire()

    outcome = shop.sync()

    assert outcome == SyncOutcome(read=5, changed=1, unchanged=4)
    # The state and what waits; and after the announcement a query for each location, the one row, and the conclusion.
    assert wire.requests == ["GetItem", "Query", "UpdateItem", "Query", "Query", "UpdateItem", "UpdateItem"]
    assert figures("shop", "NUT") == (190, 0, 190, 2)
    assert {place for place, row in everything().items() if row != untouched[place]} == {("shop", "NUT")}


def test_an_approval_survives_the_syncs_until_the_source_has_booked_it(shop: StockFile) -> None:
    shop.upload(SHEET)
    shop.sync()
    approve(-48)

    shop.upload(SHEET | {("shop", "NUT"): 190})
    shop.sync()
    assert figures() == (480, -48, 432, 2)

    shop.upload(SHEET | {("shop", "NUT"): 190, ("shop", "BOLT"): 432})
    shop.sync()
    assert figures() == (432, 0, 432, 2)


def test_rows_and_whole_locations_that_vanish_are_marked_inactive(shop: StockFile) -> None:
    sheet: Sheet = {("shop", f"SKU-{number:02}"): 1 for number in range(10)} | {("yard", "SAND"): 7}
    shop.upload(sheet)
    shop.sync()
    del sheet["yard", "SAND"]
    shop.upload(sheet)

    outcome = shop.sync()

    assert outcome == SyncOutcome(read=10, changed=1, unchanged=10, vanished=1)
    sand = everything()["yard", "SAND"]
    assert (sand.active, int(sand.system_qty), sand.snapshot_version) == (False, 7, 1)
    assert read_state(TABLE).locations == ("shop",)


def test_an_unrecorded_item_is_left_alone_until_the_source_lists_it(shop: StockFile) -> None:
    shop.upload(SHEET)
    shop.sync()
    found = tin_found(shop)
    assert transact([found], pause) == ["done"]

    shop.upload(SHEET | {("shop", "NUT"): 1})
    assert shop.sync().vanished == 0
    assert figures("shop", "TIN") == (0, 7, 7, 1)

    shop.upload(SHEET | {("shop", "TIN"): 7})
    shop.sync()
    assert figures("shop", "TIN") == (7, 0, 7, 1)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "cannot be read"),
        (HEADER, "cannot be read"),
        (f"{HEADER}\nBOLT,Bolts,shop,many,0.35\nNUT,Nuts,shop,few,0.1", "'few'"),
        (f"{HEADER}\nBOLT,Bolts,shop,1,0.35\nBOLT,Bolts,shop,2,0.35", "BOLT"),
        ("sku,name,system_qty\nBOLT,Bolts,480", "location"),
        (f"{HEADER}\nBOLT,Bolts,shop,480,0.35", "4 of 5 rows are gone"),
    ],
)
def test_a_source_that_is_not_to_be_trusted_changes_nothing_and_says_what_is_wrong(
    shop: StockFile, text: str, says: str, caplog: pytest.LogCaptureFixture
) -> None:
    shop.upload(SHEET)
    shop.sync()
    before, state = everything(), read_state(TABLE)
    shop.upload_text(text)

    outcome = shop.sync()

    assert outcome.refused is not None
    assert says in outcome.refused
    assert [(record.levelname, record.__dict__["problem"]) for record in caplog.records] == [("ERROR", outcome.refused)]
    assert everything() == before
    # But for the number of the run; and the next one need not wait for its time to be over.
    assert read_state(TABLE).model_copy(update={"run": state.run}) == state
    shop.upload(SHEET | {("shop", "NUT"): 1})
    assert shop.sync().changed == 1


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (f"BOLT,{'far away ' * 300},480,,,", "row 2, location"),
        (f"BOLT,shop,480,{'🔩' * 110_000},,", "row 2, aliases"),
    ],
)
def test_a_row_that_no_item_of_a_table_can_hold_is_refused_with_its_place(
    shop: StockFile, row: str, problem: str
) -> None:
    shop.upload_text(f"sku,location,system_qty,aliases,category,bin\n{row}")

    assert problem in str(shop.sync().refused)


def test_a_category_and_a_bin_are_cut_where_nobody_would_read_on(shop: StockFile) -> None:
    shop.upload_text(f"sku,location,system_qty,aliases,category,bin\nBOLT,shop,480,,{'c' * 120_000},{'b' * 120_000}")

    assert shop.sync().changed == 1

    row = read_row(TABLE, "shop", "BOLT")
    assert row is not None
    assert (row.category, row.bin) == ("c" * 200, "b" * 200)


def test_a_missing_stock_file_is_refused_and_says_where_it_belongs(shop: StockFile) -> None:
    assert shop.sync().refused == "there is no stock file at source/stock.csv in the bucket; upload it there"


@pytest.mark.parametrize(
    "value",
    [
        "open sesame",
        '{"connector": "abacus", "key": "source/stock.csv"}',
        '{"connector": "spreadsheet"}',
        '{"connector": "spreadsheet", "key": "config/rules.yaml"}',
    ],
)
def test_a_secret_that_describes_no_source_is_refused_without_being_quoted(
    shop: StockFile, value: str, caplog: pytest.LogCaptureFixture
) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId="shop/sync-credential", SecretString=value)

    outcome = shop.sync()

    assert outcome.refused is not None
    assert outcome.refused.startswith("the secret shop/sync-credential does not describe a source")
    told = str([record.__dict__ for record in caplog.records])
    assert "not describe a source" in told
    assert "abacus" not in told
    assert "sesame" not in told


def test_the_secret_says_which_file_is_the_source(shop: StockFile) -> None:
    described = json.dumps({"connector": "spreadsheet", "key": "source/export.tsv"})
    boto3.client("secretsmanager").put_secret_value(SecretId="shop/sync-credential", SecretString=described)
    content = b"sku\tlocation\tsystem_qty\nBOLT\tshop\t480"
    aws.s3().put_object(Bucket=BUCKET, Key="source/export.tsv", Body=content)

    assert shop.sync().changed == 1
    assert figures() == (480, 0, 480, 1)


CHANGED: Sheet = {
    ("shop", "BOLT"): 432,  # booked
    ("shop", "NUT"): 190,  # sold
    ("shop", "PAINT"): 12,
    ("yard", "GRAVEL"): 31,  # received
    ("depot", "CEMENT"): 5,  # new, at a new location
}  # and SAND has vanished


def prepare(shop: StockFile) -> None:
    """A shop with a change of every kind waiting for the next sync."""
    shop.upload(SHEET)
    shop.sync()
    approve(-48)
    shop.upload(CHANGED)


def end_state() -> tuple[dict[tuple[str, str], InventoryRow], object]:
    """All that is stored, but for the number of runs and the time it took."""
    rows = everything() | {(row.location, row.sku): row for row in read_location(TABLE, "depot")}
    undated = {
        place: row.model_copy(update={"unbooked_since": row.unbooked_since and "then"}) for place, row in rows.items()
    }
    state = read_state(TABLE)
    return undated, (state.fingerprint, state.locations, state.rows, state.running_until)


@pytest.mark.parametrize("writes", range(9))
def test_a_sync_that_dies_between_any_two_writes_is_made_good_by_the_next_one(shop: StockFile, writes: int) -> None:
    prepare(shop)
    wire = Wire()
    wire.crash_after(writes)
    if writes < 8:  # the announcements of the run and of its new location, five rows, the conclusion
        with pytest.raises(Crash):
            shop.sync()
    else:
        shop.sync()
    wire.crash_after(None)

    shop.sync()

    rows, state = end_state()
    assert {place: (int(row.source_qty), int(row.system_qty), row.snapshot_version) for place, row in rows.items()} == {
        ("shop", "BOLT"): (432, 432, 2),
        ("shop", "NUT"): (190, 190, 2),
        ("shop", "PAINT"): (12, 12, 1),
        ("yard", "SAND"): (7, 7, 1),
        ("yard", "GRAVEL"): (31, 31, 2),
        ("depot", "CEMENT"): (5, 5, 1),
    }
    assert [place for place, row in rows.items() if not row.active] == [("yard", "SAND")]
    assert state == (read_state(TABLE).fingerprint, ("depot", "shop", "yard"), 5, None)


def test_a_sync_that_died_does_not_leave_rows_where_the_next_one_does_not_look(shop: StockFile) -> None:
    prepare(shop)
    wire = Wire()
    wire.crash_after(7)
    with pytest.raises(Crash):
        shop.sync()
    wire.crash_after(None)
    # The new location was a mistake and is gone from the next file.
    shop.upload({place: qty for place, qty in CHANGED.items() if place[0] != "depot"})

    shop.sync()

    assert [row.active for row in read_location(TABLE, "depot")] == [False]


def test_an_approval_in_the_middle_of_a_sync_is_kept(shop: StockFile) -> None:
    shop.upload(SHEET)
    shop.sync()
    shop.upload(SHEET | {("shop", "BOLT"): 470})
    Wire().before_next_row(lambda: approve(-48))

    assert shop.sync().changed == 1

    assert figures() == (470, -48, 422, 3)


def test_an_item_found_in_the_middle_of_the_sync_that_creates_it_is_booked_by_it(shop: StockFile) -> None:
    shop.upload(SHEET)
    shop.sync()
    shop.upload(SHEET | {("shop", "TIN"): 7})
    found = tin_found(shop)
    posted: list[str] = []
    Wire().before_next_row(lambda: posted.extend(transact([found], pause)))

    shop.sync()

    assert posted == ["done"]
    assert figures("shop", "TIN") == (7, 0, 7, 1)


def test_a_row_that_an_approval_made_right_meanwhile_needs_no_write(shop: StockFile) -> None:
    shop.upload(SHEET)
    shop.sync()
    shop.upload(SHEET | {("shop", "BOLT"): 470})

    def somebody_else_does_it() -> None:
        aws.dynamodb().update_item(
            TableName=TABLE,
            Key={"PK": {"S": "LOC#shop"}, "SK": {"S": "SKU#BOLT"}},
            UpdateExpression="SET source_qty = :q, system_qty = :q, snapshot_version = :v",
            ExpressionAttributeValues={":q": {"N": "470"}, ":v": {"N": "2"}},
        )

    Wire().before_next_row(somebody_else_does_it)
    shop.sync()

    assert figures() == (470, 0, 470, 2)


def test_a_row_that_keeps_changing_fails_the_run_so_that_the_next_one_does_it_all_again(
    shop: StockFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.upload(SHEET)
    shop.sync()
    shop.upload(SHEET | {("shop", "BOLT"): 470})
    monkeypatch.setattr("stkr.sync.shell.pause", lambda _attempt: None)
    wire = Wire()

    def approve_again() -> None:
        approve(-1)
        wire.before_next_row(approve_again)

    wire.before_next_row(approve_again)
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        shop.sync()
    wire.before_next_row(lambda: None)
    shop.sync()

    assert figures() == (470, -5, 465, 7)


def test_a_second_sync_does_not_write_while_the_first_one_does(shop: StockFile) -> None:
    shop.upload(SHEET)
    shop.sync()
    shop.upload(SHEET | {("shop", "BOLT"): 470})
    outcomes: list[SyncOutcome] = []

    def second_sync() -> None:
        shop.upload(SHEET | {("shop", "BOLT"): 460})
        outcomes.append(sync(SETTINGS, shop.now, LIFETIME))

    Wire().before_next_row(second_sync)

    assert shop.sync().changed == 1
    assert outcomes == [SyncOutcome(skipped="another sync is at work")]
    assert figures() == (470, 0, 470, 2)
    shop.sync()
    assert figures() == (460, 0, 460, 3)


def test_a_sync_that_was_overtaken_since_it_read_the_source_writes_nothing(shop: StockFile) -> None:
    shop.upload(SHEET)
    shop.sync()
    shop.upload(SHEET | {("shop", "BOLT"): 470})
    with_a_delay = pytest.MonkeyPatch()

    def a_whole_sync_later(*seen: Any, **times: Any) -> Any:
        with_a_delay.undo()
        shop.upload(SHEET | {("shop", "BOLT"): 460})
        shop.sync()
        return begin_run(*seen, **times)

    with_a_delay.setattr("stkr.sync.shell.begin_run", a_whole_sync_later)

    assert shop.sync().skipped == "another sync is at work"
    assert figures() == (460, 0, 460, 2)


def test_a_sync_writes_the_changed_rows_and_two_more_items_however_many_rows_there_are(shop: StockFile) -> None:
    sheet: Sheet = {(f"aisle-{number % 5}", f"SKU-{number:03}"): number for number in range(500)}
    shop.upload(sheet)
    shop.sync()
    shop.upload(sheet | {place: qty + 1 for index, (place, qty) in enumerate(sheet.items()) if index % 100 == 0})
    wire = Wire()

    outcome = shop.sync()

    assert outcome == SyncOutcome(read=500, changed=5, unchanged=495)
    assert wire.writes == 5 + 2
    assert wire.requests.count("Query") == 5 + 1  # the locations, and what waits to be booked


def to_book() -> list[list[str]]:
    """The list of what is to be booked by hand, without its header."""
    content = aws.s3().get_object(Bucket=BUCKET, Key="bookings/to-book.csv")["Body"].read().decode("utf-8-sig")
    return list(csv.reader(content.splitlines()))[1:]


def test_what_is_to_be_booked_by_hand_is_listed_until_the_source_shows_it(shop: StockFile) -> None:
    shop.upload(SHEET)
    shop.sync()
    approve(-48)
    approve(3, "NUT")

    assert shop.sync().skipped == "the source has not changed"
    assert sorted(line[:-1] for line in to_book()) == [
        ["count.BOLT.r1", "BOLT", "shop", "Item BOLT", "-48"],
        ["count.NUT.r1", "NUT", "shop", "Item NUT", "3"],
    ]

    shop.upload(SHEET | {("shop", "BOLT"): 432})
    shop.sync()
    assert [line[0] for line in to_book()] == ["count.NUT.r1"]

    shop.upload(SHEET | {("shop", "BOLT"): 432, ("shop", "NUT"): 203})
    shop.sync()
    assert to_book() == []


def test_a_sale_before_the_file_was_exported_does_not_pass_for_the_booking_of_a_later_approval(
    shop: StockFile,
) -> None:
    shop.upload(SHEET)
    shop.sync()
    # The file already has a sale of 48 when a manager, who still sees the old stock, approves a gap of 48.
    shop.upload(SHEET | {("shop", "BOLT"): 432})
    approve(-48, at=datetime.now(UTC) + timedelta(minutes=5))

    shop.sync()

    assert figures() == (432, -48, 384, 3)
    assert [line[0] for line in to_book()] == ["count.BOLT.r1"]


def test_the_list_is_written_only_where_it_changes_and_not_at_all_while_nothing_was_ever_approved(
    shop: StockFile,
) -> None:
    shop.upload(SHEET)
    shop.sync()
    versions = boto3.client("s3").list_object_versions
    assert "Versions" not in versions(Bucket=BUCKET, Prefix="bookings/")

    approve(-48)
    for _ in range(3):
        shop.sync()
    assert len(versions(Bucket=BUCKET, Prefix="bookings/")["Versions"]) == 1


def test_what_moved_between_two_readings_is_kept_by_location_and_is_not_what_was_approved(
    shop: StockFile,
) -> None:
    shop.upload(SHEET)
    shop.sync()
    begin = instants.instant(shop.now)
    approve(-48)
    shop.upload(SHEET | {("shop", "BOLT"): 477})
    shop.sync()

    ledger = read_ledger(BUCKET, "shop")
    assert ledger is not None
    assert ledger.observed == (Observed("BOLT", Decimal(-3), begin, instants.instant(shop.now)),)
    assert ledger.stock["BOLT"] == OnHand(Decimal(429), Decimal(477), 3)
    assert ledger.listed is None
    yard = read_ledger(BUCKET, "yard")
    assert yard is not None
    assert (yard.observed, set(yard.stock)) == ((), {"SAND", "GRAVEL"})


def test_what_was_booked_by_hand_is_no_movement(shop: StockFile) -> None:
    shop.upload(SHEET)
    shop.sync()
    approve(-48)
    shop.upload(SHEET | {("shop", "BOLT"): 432})
    shop.sync()

    ledger = read_ledger(BUCKET, "shop")
    assert ledger is not None
    assert (ledger.observed, ledger.stock["BOLT"]) == ((), OnHand(Decimal(432), Decimal(432), 2))


def test_an_approval_in_the_middle_of_a_sync_is_no_movement_and_is_in_what_is_kept(shop: StockFile) -> None:
    shop.upload(SHEET)
    shop.sync()
    shop.upload(SHEET | {("shop", "BOLT"): 477})
    Wire().before_next_row(lambda: approve(-48))
    shop.sync()

    ledger = read_ledger(BUCKET, "shop")
    assert ledger is not None
    assert [(one.sku, one.units) for one in ledger.observed] == [("BOLT", Decimal(-3))]
    assert ledger.stock["BOLT"] == OnHand(Decimal(429), Decimal(477), 3)


def test_after_a_run_that_died_before_it_kept_what_moved_nothing_is_said_of_that_time(shop: StockFile) -> None:
    shop.upload(SHEET)
    shop.sync()
    shop.upload(SHEET | {("shop", "BOLT"): 580})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("stkr.sync.shell.write_ledger", Mock(side_effect=Crash))
        with pytest.raises(Crash):
            shop.sync()
    shop.sync()

    ledger, yard = read_ledger(BUCKET, "shop"), read_ledger(BUCKET, "yard")
    assert ledger is not None
    assert yard is not None
    assert (ledger.first_read, ledger.stock["BOLT"].system_qty) == (instants.instant(shop.now), Decimal(580))
    assert yard.first_read < ledger.first_read


@dataclass
class Dated:
    """A source that says when it is of, books nothing, and may not answer."""

    rows: dict[str, int]
    as_of: datetime
    answers: bool = True

    def read(self, _known: str | None, _since: datetime) -> Reading:
        """All of it."""
        listed = [
            StockRow(sku=sku, name=sku, location="shop", system_qty=Decimal(qty)) for sku, qty in self.rows.items()
        ]
        return Reading(tuple(listed), str(self.rows), as_of=instants.instant(self.as_of))

    def book(self, _adjustments: Sequence[Adjustment]) -> list[str]:
        """Nothing, or nobody knows what."""
        if not self.answers:
            raise SourceUnavailable("the answer was lost")
        return []


@pytest.fixture
def dated(monkeypatch: pytest.MonkeyPatch) -> Dated:
    source = Dated({"BOLT": 480}, datetime(2026, 11, 21, 12, tzinfo=UTC))
    monkeypatch.setattr("stkr.sync.shell.connector_of", lambda *_: source)
    return source


def test_a_source_that_is_older_than_what_was_mirrored_last_is_refused(shop: StockFile, dated: Dated) -> None:
    shop.sync()
    dated.rows, dated.as_of = {"BOLT": 470}, dated.as_of - timedelta(seconds=1)

    refused = shop.sync().refused

    assert refused is not None
    assert refused.startswith(
        "the source is of 2026-11-21T11:59:59.000000Z, which is older than what was mirrored last"
    )
    assert figures() == (480, 0, 480, 1)
    dated.as_of += timedelta(seconds=1)
    assert shop.sync().changed == 1


def test_a_source_of_the_future_is_refused_and_does_not_hold_up_the_next_ones(shop: StockFile, dated: Dated) -> None:
    dated.as_of = shop.now + timedelta(days=365)

    refused = shop.sync().refused

    assert refused is not None
    assert refused.startswith("the source is of 2027-11-21T12:00:00.000000Z, which is yet to come")
    dated.as_of = shop.now
    assert shop.sync().changed == 1


def test_a_source_that_does_not_answer_fails_the_run_and_what_waits_goes_on_waiting(
    shop: StockFile, dated: Dated
) -> None:
    shop.sync()
    approve(-48)
    dated.answers = False

    with pytest.raises(SourceUnavailable):
        shop.sync()

    assert figures() == (480, -48, 432, 2)
    dated.answers = True
    assert shop.sync().booked == 0
