"""Booking into a stock file that is the books themselves, on the template's bucket and table, with every mishap."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import boto3
import pytest
from aws_lambda_powertools.utilities import parameters
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from stkr.domain.names import Instant
from stkr.infra import aws
from stkr.infra.settings import SyncSettings
from stkr.store import keyspace
from stkr.store.dynamodb import pause, transact
from stkr.store.inventory import post_unrecorded, read_row
from stkr.sync.shell import SyncOutcome, sync
from tests.adapters.test_sync import approve
from tests.handlers.faults import Killed, killed_at
from tests.unit.sync.fakes import Inline

pytestmark = [pytest.mark.adapters, pytest.mark.usefixtures("deployment")]

BUCKET = "shop-counts-bucket-123456789012"
TABLE = "shop-inventory"
KEY = "source/stock.csv"
SETTINGS = SyncSettings(bucket=BUCKET, inventory_table=TABLE, sync_secret="shop/sync-credential")
LIFETIME = timedelta(seconds=120)
FILE = "sku,location,system_qty,remark\r\nBOLT,shop,480,\r\nNUT,shop,200,count me\r\nTIN,yard,5,\r\n"


class Books:
    """A shop whose stock file is its books."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 12, tzinfo=UTC)
        described = {"connector": "spreadsheet", "key": KEY, "booking": "file"}
        boto3.client("secretsmanager").put_secret_value(
            SecretId="shop/sync-credential", SecretString=json.dumps(described)
        )
        self.upload(FILE)
        self.sync()

    def upload(self, text: str) -> None:
        """Somebody saves the file."""
        boto3.client("s3").put_object(Bucket=BUCKET, Key=KEY, Body=text.encode(), ContentType="text/csv")

    def text(self) -> str:
        """The file as it is."""
        return boto3.client("s3").get_object(Bucket=BUCKET, Key=KEY)["Body"].read().decode()

    def sync(self) -> SyncOutcome:
        """The next sync."""
        self.now += timedelta(minutes=15)
        return sync(SETTINGS, self.now, LIFETIME)

    def approve(self, gap: int, sku: str = "BOLT") -> None:
        """A manager approves a gap at the shop."""
        approve(gap, sku, self.now)


@pytest.fixture
def books() -> Books:
    return Books()


def figures(sku: str = "BOLT", location: str = "shop") -> tuple[int, int, int]:
    """Source, unbooked and system quantity."""
    row = read_row(TABLE, location, sku)
    assert row is not None
    return int(row.source_qty), int(row.unbooked_qty), int(row.system_qty)


def test_what_was_approved_is_in_the_file_after_the_next_sync_and_nothing_else_changed(books: Books) -> None:
    books.approve(-48)
    books.approve(3, "NUT")
    version = read_row(TABLE, "shop", "BOLT")

    outcome = books.sync()

    assert (outcome.booked, outcome.changed) == (2, 2)
    assert books.text() == FILE.replace(",480,", ",432,").replace(",200,", ",203,")
    assert (figures(), figures("NUT")) == ((432, 0, 432), (203, 0, 203))
    after = read_row(TABLE, "shop", "BOLT")
    assert version
    assert after
    assert after.snapshot_version == version.snapshot_version
    head = aws.s3().head_object(Bucket=BUCKET, Key=KEY)
    assert head["ContentType"] == "text/csv"
    assert books.sync().skipped == "the source has not changed"


def test_a_sale_of_the_same_amount_is_a_sale_although_an_adjustment_waits(books: Books) -> None:
    books.approve(-48)
    books.upload(FILE.replace(",480,", ",432,"))

    books.sync()

    assert figures() == (384, 0, 384)
    assert ",384," in books.text()


def test_an_unrecorded_item_that_the_file_lists_elsewhere_gets_a_row(books: Books) -> None:
    found = post_unrecorded(
        TABLE, location="shop", sku="TIN", name="Tin", adjustment="c.TIN.r1", counted_qty=Decimal(7), at=Instant("2026")
    )
    assert transact([found], pause) == ["done"]

    books.sync()

    assert books.text() == FILE + "TIN,shop,7,\r\n"
    assert figures("TIN") == (7, 0, 7)


@pytest.mark.parametrize("gap", [-48, 3])
def test_what_is_approved_of_a_row_that_the_file_lists_no_more_waits_until_it_does(books: Books, gap: int) -> None:
    rest = "".join(f"SKU-{n},yard,1,\r\n" for n in range(40)) + "BOLT,yard,9,\r\n"
    books.upload(FILE + rest)
    books.sync()
    gone = FILE.replace("BOLT,shop,480,\r\n", "") + rest
    books.upload(gone)
    books.sync()
    books.approve(gap)

    assert books.sync().booked == 0

    # A row of the gap alone would say that the shop has so many.
    assert books.text() == gone
    assert figures() == (480, gap, 480 + gap)

    books.upload(FILE + rest)
    assert books.sync().booked == 1
    assert figures() == (480 + gap, 0, 480 + gap)


def test_an_unrecorded_item_that_the_file_does_not_know_waits_for_people(
    books: Books, caplog: pytest.LogCaptureFixture
) -> None:
    found = post_unrecorded(
        TABLE, location="shop", sku="NEW", name="New", adjustment="c.NEW.r1", counted_qty=Decimal(7), at=Instant("2026")
    )
    assert transact([found], pause) == ["done"]

    assert books.sync().skipped == "the source has not changed"

    assert figures("NEW") == (0, 7, 7)
    (left_out,) = (record.__dict__ for record in caplog.records)
    assert (left_out["sku"], left_out["reason"][:31]) == ("NEW", "the file does not list the item")
    assert b"c.NEW.r1,NEW,shop,New,7" in aws.s3().get_object(Bucket=BUCKET, Key=keyspace.TO_BOOK)["Body"].read()


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("write", range(1, 9))
@pytest.mark.parametrize("between", ["nothing", "a sale", "an approval"])
def test_a_sync_that_dies_before_or_after_any_of_its_writes_books_everything_once(
    books: Books, write: int, done: bool, between: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A thread that outlives the others' death would go on writing.
    monkeypatch.setattr("stkr.sync.shell.ThreadPoolExecutor", Inline)
    books.approve(-48)
    books.approve(3, "NUT")

    try:
        with killed_at(write, done=done) as begun:
            books.sync()
        assert len(begun) < write
    except Killed:
        pass
    if between == "a sale":
        # Upon the file as it is, whether or not it was booked into.
        books.upload(books.text().replace("5,", "4,"))
    if between == "an approval":
        # Asked for together with those that may be booked already.
        books.approve(-5, "NUT")
    for _ in range(2):
        books.sync()

    sold = FILE.replace("5,", "4,") if between == "a sale" else FILE
    nuts = 198 if between == "an approval" else 203
    assert books.text() == sold.replace(",480,", ",432,").replace(",200,", f",{nuts},")
    assert (figures(), figures("NUT")) == ((432, 0, 432), (nuts, 0, nuts))


def at_the_next(operation: str, key: str, happens: Callable[[], None], *, before: bool) -> pytest.MonkeyPatch:
    """Let something happen right before or after the next request of a kind on a key."""
    mishap = pytest.MonkeyPatch()
    real = BaseClient.__dict__["_make_api_call"]

    def call(self: BaseClient, called: str, parameters: dict[str, Any]) -> Any:
        if (called, parameters.get("Key")) != (operation, key):
            return real(self, called, parameters)
        mishap.undo()
        if before:
            happens()
        answer = real(self, called, parameters)
        if not before:
            happens()
        return answer

    mishap.setattr(BaseClient, "_make_api_call", call)
    return mishap


def test_a_file_that_is_uploaded_while_it_is_booked_into_is_not_written_over(books: Books) -> None:
    books.approve(-48)
    at_the_next("PutObject", KEY, lambda: books.upload(FILE.replace(",200,", ",190,")), before=True)

    books.sync()

    assert books.text() == FILE.replace(",200,", ",190,")
    assert (figures(), figures("NUT")) == ((480, -48, 432), (190, 0, 190))
    books.sync()
    assert books.text() == FILE.replace(",200,", ",190,").replace(",480,", ",432,")
    assert figures() == (432, 0, 432)


def test_a_write_whose_answer_is_lost_and_whose_repetition_is_refused_counts_as_booked(books: Books) -> None:
    books.approve(-48)

    def lost() -> None:
        raise ClientError({"Error": {"Code": "PreconditionFailed", "Message": "the first try was done"}}, "PutObject")

    at_the_next("PutObject", KEY, lost, before=False)

    assert books.sync().booked == 1
    assert figures() == (432, 0, 432)
    assert books.text() == FILE.replace(",480,", ",432,")


def test_a_booking_that_lies_below_a_newer_file_by_the_time_it_is_looked_for_is_found(books: Books) -> None:
    books.approve(-48)
    with pytest.raises(Killed), killed_at(3, done=True) as begun:  # the lease, the note, the file
        books.sync()
    assert begun[-1] == "PutObject"
    booked = books.text()
    assert booked == FILE.replace(",480,", ",432,")
    for sold in ("190", "180"):
        books.upload(booked.replace(",200,", f",{sold},"))

    books.sync()

    assert (figures(), figures("NUT")) == ((432, 0, 432), (180, 0, 180))
    assert ",432," in books.text()


def test_a_file_made_from_a_copy_older_than_our_bookings_is_refused_until_it_is_uploaded_again(books: Books) -> None:
    books.approve(-48)
    books.approve(3, "NUT")
    books.sync()
    older = FILE.replace("count me", "counted")
    books.upload(older)

    refused = books.sync().refused

    assert refused is not None
    assert "quantities from before the last bookings (BOLT at shop, NUT at shop)" in refused
    assert (figures(), books.text()) == ((432, 0, 432), older)

    books.upload(older)
    assert books.sync().changed == 2
    assert figures() == (480, 0, 480)


def test_nothing_is_booked_into_a_file_made_from_a_copy_older_than_our_bookings(books: Books) -> None:
    books.approve(-48)
    books.sync()
    books.upload(FILE)
    books.approve(3, "NUT")

    refused = books.sync().refused

    assert refused is not None
    assert "quantities from before the last bookings (BOLT at shop)" in refused
    assert (figures(), figures("NUT"), books.text()) == ((432, 0, 432), (200, 3, 203), FILE)

    books.upload(FILE)
    assert books.sync().booked == 1
    assert (figures(), figures("NUT")) == ((480, 0, 480), (203, 0, 203))


def test_a_file_made_from_the_booked_one_is_taken_although_one_item_is_back_where_it_was(books: Books) -> None:
    books.approve(-48)
    books.approve(3, "NUT")
    books.sync()
    books.upload(books.text().replace(",203,", ",200,"))

    assert books.sync().changed == 1
    assert (figures(), figures("NUT")) == ((432, 0, 432), (200, 0, 200))


def test_only_text_is_booked_into(books: Books) -> None:
    described = {"connector": "spreadsheet", "key": "source/stock.xlsx", "booking": "file"}
    boto3.client("secretsmanager").put_secret_value(SecretId="shop/sync-credential", SecretString=json.dumps(described))

    parameters.clear_caches()  # type: ignore[no-untyped-call]  # of Powertools

    refused = books.sync().refused
    assert refused is not None
    assert refused.startswith("the secret shop/sync-credential does not describe a source")
