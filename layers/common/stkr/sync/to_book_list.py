"""The list of adjustments that people have to book by hand, kept in the bucket."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from botocore.exceptions import ClientError

from stkr.domain.inventory import InventoryRow
from stkr.infra import aws
from stkr.store import keyspace
from stkr.sync.core import waiting
from stkr.tabular.csv_out import CSV_TYPE, csv_file

TO_BOOK_COLUMNS: Final = ("id", "sku", "location", "name", "units", "approved_at")


def write_to_book_list(bucket: str, rows: Iterable[InventoryRow]) -> None:
    """List every adjustment of these rows that waits to be booked, the oldest first.

    ``units`` are eaches to add to the stock, negative to take off. The object is rewritten only when its content
    changes.
    """
    content = _listed(rows)
    stored = _stored(bucket)
    # There is no list as long as nothing was ever approved.
    if content != (stored if stored is not None else _listed(())):
        aws.s3().put_object(Bucket=bucket, Key=keyspace.TO_BOOK, Body=content, ContentType=CSV_TYPE)


def _listed(rows: Iterable[InventoryRow]) -> bytes:
    lines: list[Sequence[str | Decimal]] = [
        (adjustment.id, row.sku, row.location, row.name, adjustment.units, adjustment.at)
        for row in rows
        for adjustment in waiting(row)
    ]
    return csv_file(TO_BOOK_COLUMNS, sorted(lines, key=lambda line: (line[-1], line[0])))


def _stored(bucket: str) -> bytes | None:
    try:
        return aws.s3().get_object(Bucket=bucket, Key=keyspace.TO_BOOK)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchKey":
            raise
        return None
