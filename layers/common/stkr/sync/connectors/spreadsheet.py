"""The spreadsheet in the bucket as a system of record: an export of another one, or the books themselves.

Where it is the books, adjustments are booked by writing the file anew, over exactly the version that was read. What is
about to be written is noted first, under a name that the new version carries. So the versions of the file always show
whether a write happened, even below newer ones that people have uploaded.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from itertools import chain, dropwhile, islice
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError
from pydantic import BaseModel, ConfigDict, Field, model_validator

from stkr.domain import instants
from stkr.domain.adjustment import Adjustment
from stkr.domain.errors import CountFileError, SourceRefused
from stkr.infra import aws
from stkr.infra.telemetry import logger
from stkr.stockfile.edit import RowPlace, edited
from stkr.stockfile.read import read_stock
from stkr.store import keyspace
from stkr.store.documents import read_document, write_document
from stkr.sync.connector import Connector, Reading

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

_TEXT = (".csv", ".txt", ".tsv")
_NAME = "booking"
"""Entry of an object's metadata that names the attempt which wrote it."""

_REPLACED = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})
_SHOWN = 5
_REMEMBERED = 10_000
"""Ids of bookings that are kept. The next sync settles what one has booked, so far fewer are ever asked for again."""


class SpreadsheetSource(BaseModel):
    """The stock file at ``key`` in the bucket, as the secret describes it.

    ``booking`` is ``export`` where people book by hand in what the file is exported from, and ``file`` where the file
    itself is the books.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    connector: Literal["spreadsheet"]
    key: str = Field(pattern=r"^source/[^/]+$")
    booking: Literal["export", "file"] = "export"

    @model_validator(mode="after")
    def _only_text_is_written(self) -> "SpreadsheetSource":
        if self.booking == "file" and PurePosixPath(self.key).suffix.casefold() not in _TEXT:
            raise ValueError("a file that is booked into must be a CSV")
        return self


def open_spreadsheet(source: SpreadsheetSource, bucket: str) -> Connector:
    """The connector of a stock file; ``bucket`` holds it."""
    export = SpreadsheetExport(source.key, bucket)
    return SpreadsheetBooks(export) if source.booking == "file" else export


@dataclass(frozen=True, slots=True)
class SpreadsheetExport:
    """A stock file that is exported from elsewhere, where people book by hand; it keeps no movements."""

    key: str
    bucket: str

    def read(self, known: str | None, _since: datetime) -> Reading | None:
        """Read the latest version of the stock file; it is not transferred while it is the known one."""
        answer = self.get(known)
        return self.reading(answer, answer["Body"].read()) if answer else None

    def book(self, _adjustments: Sequence[Adjustment]) -> None:
        """People book by hand where the file comes from."""

    def get(self, known: str | None = None) -> "GetObjectOutputTypeDef | None":
        """The latest version of the file; ``None`` while it is the known one.

        :raises SourceRefused: there is none.
        """
        # The entity tag goes with the content, so a file saved again without a change is skipped as well.
        tag = (known or "").removeprefix(self._fingerprint(""))
        unless_known: dict[str, Any] = {"IfNoneMatch": tag} if known == self._fingerprint(tag) else {}
        try:
            return aws.s3().get_object(Bucket=self.bucket, Key=self.key, **unless_known)
        except ClientError as error:
            if error.response["Error"]["Code"] == "304":
                return None
            if error.response["Error"]["Code"] == "NoSuchKey":
                raise SourceRefused(f"there is no stock file at {self.key} in the bucket; upload it there") from error
            raise

    def reading(self, answer: "GetObjectOutputTypeDef", content: bytes) -> Reading:
        """What a version of the file says, which has this content.

        :raises SourceRefused: it cannot be read as a whole.
        """
        try:
            rows = read_stock(PurePosixPath(self.key).name, content)
        except CountFileError as error:
            raise SourceRefused(f"the stock file {self.key} cannot be read; nothing was changed. {error}") from error
        # S3 leaves out the parts of a second.
        written_by = instants.instant(answer["LastModified"] + timedelta(seconds=1))
        return Reading(rows, self._fingerprint(answer["ETag"]), written_by=written_by)

    def _fingerprint(self, tag: str) -> str:
        return f"{self.key} {tag}"


class QuantityChange(BaseModel):
    """A row's quantity before and after an attempt."""

    model_config = ConfigDict(frozen=True)

    sku: str
    location: str
    before: Decimal
    after: Decimal


class WriteAttempt(BaseModel):
    """A version of the file that was about to be written: its name, the ``version`` it was made from, the ids of the
    adjustments it books, and what it changes.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    version: str
    ids: tuple[str, ...]
    changed: tuple[QuantityChange, ...]


class FileBookings(BaseModel):
    """The ids that are known to be booked into the file, the latest of them, and the attempts that may still matter."""

    model_config = ConfigDict(frozen=True)

    booked: tuple[str, ...] = ()
    attempts: tuple[WriteAttempt, ...] = ()


@dataclass(frozen=True, slots=True)
class SpreadsheetBooks:
    """A stock file that is the books themselves; it keeps no movements."""

    file: SpreadsheetExport

    def read(self, known: str | None, _since: datetime) -> Reading | None:
        """Read the latest version of the stock file, unless it was made from one that is older than our bookings."""
        answer = self.file.get(known)
        if answer is None:
            return None
        reading = self.file.reading(answer, answer["Body"].read())
        self._refuse_stale(answer, reading)
        return reading

    def book(self, adjustments: Sequence[Adjustment]) -> Collection[str]:
        """Write the file with the quantities that the adjustments lead to, each adjustment once."""
        if not adjustments:
            return frozenset()
        # The file first: an earlier write that arrives after this shows in the versions, or makes S3 refuse ours.
        current = self.file.get()
        bookings = self._bookings()
        asked_ids = {adjustment.id for adjustment in adjustments}
        if current is None or asked_ids <= set(bookings.booked):
            return asked_ids & set(bookings.booked)
        content = current["Body"].read()
        # Before anything is booked: after that, a stale copy would pass for the file that we wrote before it.
        self._refuse_stale(current, self.file.reading(current, content))
        todo = [adjustment for adjustment in adjustments if adjustment.id not in bookings.booked]
        attempt, booked = self._attempt(current, content, todo)
        if attempt.ids:
            # All others were written by now or never will be. The one that wrote this version exposes stale copies.
            live = {current["VersionId"], current["Metadata"].get(_NAME)}
            kept = (old for old in bookings.attempts if live & {old.version, old.name} and old.name != attempt.name)
            noted = FileBookings(booked=bookings.booked, attempts=(*kept, attempt))
            write_document(self.file.bucket, keyspace.FILE_BOOKINGS, noted)
            self._put(current, attempt, booked)
            bookings = self._bookings()
        return asked_ids & set(bookings.booked)

    def _attempt(
        self, current: "GetObjectOutputTypeDef", content: bytes, todo: Sequence[Adjustment]
    ) -> tuple[WriteAttempt, bytes]:
        amounts: dict[RowPlace, Decimal] = defaultdict(Decimal)
        for adjustment in todo:
            amounts[adjustment.sku, adjustment.location] += adjustment.units
        stocked = {(adjustment.sku, adjustment.location) for adjustment in todo if adjustment.source_qty}
        try:
            result = edited(PurePosixPath(self.file.key).name, content, amounts, stocked)
        except CountFileError as error:
            raise SourceRefused(f"nothing can be booked into the stock file {self.file.key}: {error}") from error
        for (sku, location), reason in result.left_out.items():
            logger.warning("an adjustment cannot be booked into the file", sku=sku, location=location, reason=reason)
        ids = sorted(adjustment.id for adjustment in todo if (adjustment.sku, adjustment.location) in result.after)
        version = current["VersionId"]
        changed = tuple(
            QuantityChange(sku=sku, location=location, before=before, after=result.after[sku, location])
            for (sku, location), before in result.before.items()
        )
        # The same adjustments on the same version are the same attempt, however often it is repeated.
        name = sha256("\n".join([version, *ids]).encode()).hexdigest()[:32]
        return WriteAttempt(name=name, version=version, ids=tuple(ids), changed=changed), result.content

    def _put(self, current: "GetObjectOutputTypeDef", attempt: WriteAttempt, content: bytes) -> None:
        try:
            aws.s3().put_object(
                Bucket=self.file.bucket,
                Key=self.file.key,
                Body=content,
                ContentType=current["ContentType"],
                Metadata={_NAME: attempt.name},
                IfMatch=current["ETag"],  # what somebody has uploaded meanwhile must not be written over
            )
        except ClientError as error:
            # If the answer to the SDK's first try was lost, its second is refused, too; the versions tell.
            if error.response["Error"]["Code"] not in _REPLACED:
                raise
            logger.info("the stock file was replaced meanwhile; what is not booked will be by the next sync")

    def _bookings(self) -> FileBookings:
        """What was noted; the ids of every attempt that was written are among those booked."""
        noted = read_document(self.file.bucket, keyspace.FILE_BOOKINGS, FileBookings) or FileBookings()
        open_ones = {
            attempt.name: attempt for attempt in noted.attempts if not set(noted.booked).issuperset(attempt.ids)
        }
        if not open_ones:
            return noted
        done = [
            open_ones[name]
            for name in self._names(until={attempt.version for attempt in open_ones.values()})
            if name in open_ones
        ]
        ids = dict.fromkeys([*noted.booked, *chain.from_iterable(attempt.ids for attempt in reversed(done))])
        return FileBookings(booked=tuple(ids)[-_REMEMBERED:], attempts=noted.attempts)

    def _names(self, until: Collection[str]) -> Iterator[str]:
        """Which attempts wrote the versions of the file, the latest first, down to the oldest of ``until``."""
        remaining = set(until)
        for version in self._versions():
            if version in remaining:
                remaining.remove(version)
                if not remaining:
                    return
            yield self._name(version)

    def _name(self, version: str) -> str:
        """Which attempt wrote a version; empty for one that somebody uploaded."""
        head = aws.s3().head_object(Bucket=self.file.bucket, Key=self.file.key, VersionId=version)
        return head["Metadata"].get(_NAME, "")

    def _versions(self) -> Iterator[str]:
        """The versions of the file, the latest first."""
        pages = aws.s3().get_paginator("list_object_versions").paginate(Bucket=self.file.bucket, Prefix=self.file.key)
        for page in pages:
            yield from (version["VersionId"] for version in page.get("Versions", []) if version["Key"] == self.file.key)

    def _refuse_stale(self, answer: "GetObjectOutputTypeDef", reading: Reading) -> None:
        """Refuse a file that somebody uploaded over our bookings from a copy made before them."""
        bookings = read_document(self.file.bucket, keyspace.FILE_BOOKINGS, FileBookings)
        attempts = {attempt.name: attempt for attempt in bookings.attempts} if bookings else {}
        if not attempts or answer["Metadata"].get(_NAME) in attempts:
            return
        below = dropwhile(lambda version: version != answer["VersionId"], self._versions())
        under = next(islice(below, 1, 2), None)
        attempt = attempts.get(self._name(under)) if under else None
        if attempt is None:
            return
        quantities = {(row.sku, row.location): row.system_qty for row in reading.rows}
        stale = _places_as(attempt, quantities, "before")
        if len(stale) > len(_places_as(attempt, quantities, "after")):
            raise SourceRefused(
                f"the stock file {self.file.key} has the quantities from before the last bookings "
                f"({', '.join(stale[:_SHOWN])}), so it was made from an older copy; nothing was changed. Make the "
                "change in the file as it was booked, or upload the same file once more if it is right"
            )


def _places_as(
    attempt: WriteAttempt, quantities: Mapping[RowPlace, Decimal], when: Literal["before", "after"]
) -> list[str]:
    """The rows whose quantity is the one from before or after the attempt."""
    return [
        f"{change.sku} at {change.location}"
        for change in attempt.changed
        if change.before != change.after
        and quantities.get((change.sku, change.location), Decimal(0)) == getattr(change, when)
    ]
