"""The spreadsheet in the bucket as a system of record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any, Literal

from botocore.exceptions import ClientError
from pydantic import BaseModel, ConfigDict, Field

from stkr import aws
from stkr.errors import CountFileError, SourceRefused
from stkr.stockfile import read_stock
from stkr.sync.connector import Adjustment, Reading


class SpreadsheetSource(BaseModel):
    """The stock file at ``key`` in the bucket, as the secret describes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    connector: Literal["spreadsheet"]
    key: str = Field(pattern=r"^source/[^/]+$")


@dataclass(frozen=True, slots=True)
class Spreadsheet:
    """A stock file that is exported from elsewhere, where people book by hand; it keeps no movements."""

    source: SpreadsheetSource
    bucket: str

    def read(self, known: str | None, _since: datetime) -> Reading | None:
        """Read the latest version of the stock file; it is not transferred while it is the known one."""
        key = self.source.key
        # The entity tag goes with the content, so a file saved again without a change is skipped as well.
        tag = (known or "").removeprefix(_fingerprint(key, ""))
        unless_known: dict[str, Any] = {"IfNoneMatch": tag} if known == _fingerprint(key, tag) else {}
        try:
            answer = aws.s3().get_object(Bucket=self.bucket, Key=key, **unless_known)
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

    def book(self, _adjustments: Sequence[Adjustment]) -> None:
        """People book by hand where the file comes from."""


def _fingerprint(key: str, tag: str) -> str:
    return f"{key} {tag}"
