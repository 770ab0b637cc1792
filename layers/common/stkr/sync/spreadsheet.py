"""The spreadsheet in the bucket as a system of record."""

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from botocore.exceptions import ClientError

from stkr import aws
from stkr.errors import CountFileError, SourceRefused
from stkr.stock import StockRow
from stkr.stockfile import read_stock


@dataclass(frozen=True, slots=True)
class Reading:
    """All a source says at one moment, and the ``fingerprint`` that tells this content from any other."""

    rows: tuple[StockRow, ...]
    fingerprint: str


def read_spreadsheet(bucket: str, key: str, known: str | None) -> Reading | None:
    """Read the latest version of the stock file.

    :param known: fingerprint of what was mirrored last.
    :returns: ``None`` when the file is still that one; it is not transferred then.
    :raises SourceRefused: there is no file, or it cannot be read as a whole.
    """
    # The entity tag goes with the content, so a file saved again without a change is skipped as well.
    tag = (known or "").removeprefix(_fingerprint(key, ""))
    unless_known: dict[str, Any] = {"IfNoneMatch": tag} if known == _fingerprint(key, tag) else {}
    try:
        answer = aws.s3().get_object(Bucket=bucket, Key=key, **unless_known)
    except ClientError as error:
        if error.response["Error"]["Code"] == "304":
            return None
        if error.response["Error"]["Code"] == "NoSuchKey":
            raise SourceRefused(f"there is no stock file at {key} in the bucket; upload it there") from error
        raise
    try:
        rows = read_stock(PurePosixPath(key).name, answer["Body"].read())
    except CountFileError as error:
        raise SourceRefused(f"the stock file {key} cannot be read; nothing was changed. {error}") from error
    return Reading(rows, _fingerprint(key, answer["ETag"]))


def _fingerprint(key: str, tag: str) -> str:
    return f"{key} {tag}"
