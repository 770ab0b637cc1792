"""The list of what is to be booked by hand, kept in the bucket beside the stock file."""

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


def hand_out(bucket: str, rows: Iterable[InventoryRow]) -> None:
    """List every adjustment that waits on these rows, one a line, the oldest first; a list that is right stays.

    ``units`` are eaches to add to the stock, negative to take off.
    """
    content = _listed(rows)
    known = _known(bucket)
    # While nothing was ever approved there is no list.
    if content != (known if known is not None else _listed(())):
        aws.s3().put_object(Bucket=bucket, Key=keyspace.TO_BOOK, Body=content, ContentType=CSV_TYPE)


def _listed(rows: Iterable[InventoryRow]) -> bytes:
    lines: list[Sequence[str | Decimal]] = [
        (one.id, row.sku, row.location, row.name, one.units, one.at) for row in rows for one in waiting(row)
    ]
    return csv_file(TO_BOOK_COLUMNS, sorted(lines, key=lambda line: (line[-1], line[0])))


def _known(bucket: str) -> bytes | None:
    try:
        return aws.s3().get_object(Bucket=bucket, Key=keyspace.TO_BOOK)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchKey":
            raise
        return None
