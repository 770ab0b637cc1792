"""The spreadsheet in the bucket as a system of record: an export of another one, or the books themselves.

Where it is the books, adjustments are booked by writing the file anew, over exactly the version that was read. What is
about to be written is noted first, under a name that the new version carries. So whatever became of a write, the
versions of the file tell whether it happened, also from below what people have uploaded since.
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
"""Ids of bookings; the next sync settles what one has booked, so that many fewer can ever be asked for again."""


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


class Changed(BaseModel):
    """A quantity that an attempt changes."""

    model_config = ConfigDict(frozen=True)

    sku: str
    location: str
    before: Decimal
    after: Decimal


class Attempt(BaseModel):
    """A version of the file that was about to be written: its name, the ``version`` it was made from, the ids of the
    adjustments it books, and what it changes.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    version: str
    ids: tuple[str, ...]
    changed: tuple[Changed, ...]


class FileBookings(BaseModel):
    """The ids of what was last booked into the file, as far as it is known, and the attempts that may matter yet."""

    model_config = ConfigDict(frozen=True)

    booked: tuple[str, ...] = ()
    attempts: tuple[Attempt, ...] = ()


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
        # The file first: a write that comes to pass later than this is told by the versions, or refuses ours.
        current = self.file.get()
        known = self._bookings()
        asked = {one.id for one in adjustments}
        if current is None or asked <= set(known.booked):
            return asked & set(known.booked)
        content = current["Body"].read()
        # Booked into, a stale copy would pass for the file that we wrote before it.
        self._refuse_stale(current, self.file.reading(current, content))
        todo = [one for one in adjustments if one.id not in known.booked]
        attempt, booked = self._attempt(current, content, todo)
        if attempt.ids:
            # Others came true by now or never will, and the one that wrote this version tells stale copies of it.
            live = {current["VersionId"], current["Metadata"].get(_NAME)}
            kept = (one for one in known.attempts if live & {one.version, one.name} and one.name != attempt.name)
            noted = FileBookings(booked=known.booked, attempts=(*kept, attempt))
            write_document(self.file.bucket, keyspace.FILE_BOOKINGS, noted)
            self._put(current, attempt, booked)
            known = self._bookings()
        return asked & set(known.booked)

    def _attempt(
        self, current: "GetObjectOutputTypeDef", content: bytes, todo: Sequence[Adjustment]
    ) -> tuple[Attempt, bytes]:
        amounts: dict[RowPlace, Decimal] = defaultdict(Decimal)
        for one in todo:
            amounts[one.sku, one.location] += one.units
        stocked = {(one.sku, one.location) for one in todo if one.source_qty}
        try:
            result = edited(PurePosixPath(self.file.key).name, content, amounts, stocked)
        except CountFileError as error:
            raise SourceRefused(f"nothing can be booked into the stock file {self.file.key}: {error}") from error
        for (sku, location), reason in result.left_out.items():
            logger.warning("an adjustment cannot be booked into the file", sku=sku, location=location, reason=reason)
        ids = sorted(one.id for one in todo if (one.sku, one.location) in result.after)
        version = current["VersionId"]
        changed = tuple(
            Changed(sku=sku, location=location, before=before, after=result.after[sku, location])
            for (sku, location), before in result.before.items()
        )
        # The same adjustments on the same version are the same attempt, however often it is made.
        name = sha256("\n".join([version, *ids]).encode()).hexdigest()[:32]
        return Attempt(name=name, version=version, ids=tuple(ids), changed=changed), result.content

    def _put(self, current: "GetObjectOutputTypeDef", attempt: Attempt, content: bytes) -> None:
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
            # Also the second try of the SDK is refused when the first one's answer was lost: the versions will tell.
            if error.response["Error"]["Code"] not in _REPLACED:
                raise
            logger.info("the stock file was replaced meanwhile; what is not booked will be by the next sync")

    def _bookings(self) -> FileBookings:
        """What was noted, with every attempt that came true among what was booked."""
        noted = read_document(self.file.bucket, keyspace.FILE_BOOKINGS, FileBookings) or FileBookings()
        open_ones = {one.name: one for one in noted.attempts if not set(noted.booked).issuperset(one.ids)}
        if not open_ones:
            return noted
        done = [
            open_ones[name]
            for name in self._names(until={one.version for one in open_ones.values()})
            if name in open_ones
        ]
        ids = dict.fromkeys([*noted.booked, *chain.from_iterable(one.ids for one in reversed(done))])
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
            yield from (found["VersionId"] for found in page.get("Versions", []) if found["Key"] == self.file.key)

    def _refuse_stale(self, answer: "GetObjectOutputTypeDef", reading: Reading) -> None:
        """Refuse a file that somebody uploaded over our bookings from a copy made before them."""
        known = read_document(self.file.bucket, keyspace.FILE_BOOKINGS, FileBookings)
        attempts = {one.name: one for one in known.attempts} if known else {}
        if not attempts or answer["Metadata"].get(_NAME) in attempts:
            return
        below = dropwhile(lambda version: version != answer["VersionId"], self._versions())
        under = next(islice(below, 1, 2), None)
        attempt = attempts.get(self._name(under)) if under else None
        if attempt is None:
            return
        quantities = {(row.sku, row.location): row.system_qty for row in reading.rows}
        stale = _those(attempt, quantities, "before")
        if len(stale) > len(_those(attempt, quantities, "after")):
            raise SourceRefused(
                f"the stock file {self.file.key} has the quantities from before the last bookings "
                f"({', '.join(stale[:_SHOWN])}), so it was made from an older copy; nothing was changed. Make the "
                "change in the file as it was booked, or upload the same file once more if it is right"
            )


def _those(attempt: Attempt, quantities: Mapping[RowPlace, Decimal], when: Literal["before", "after"]) -> list[str]:
    """The places that stand as they did before or after the attempt."""
    return [
        f"{one.sku} at {one.location}"
        for one in attempt.changed
        if one.before != one.after and quantities.get((one.sku, one.location), Decimal(0)) == getattr(one, when)
    ]
