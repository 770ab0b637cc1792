"""The rules doc in the bucket: the latest valid version is in force, whatever was uploaded since."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from botocore.exceptions import ClientError

from stkr.domain.errors import RulesError
from stkr.infra import aws
from stkr.infra.telemetry import Metric, count, logger
from stkr.rules.doc import MAX_DOC_BYTES, Rules, default_rules, read_rules
from stkr.store import keyspace

_VERSIONS_BACK = 20
"""Versions that are tried before the built-in defaults apply."""

_RECENT = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class VersionedRules:
    """A rules doc and the object version it came from; ``None`` stands for the built-in defaults."""

    rules: Rules
    version_id: str | None


@dataclass(frozen=True, slots=True)
class StoredDoc:
    """A version of the rules doc as it is stored; one that is too large is cut off behind the limit."""

    content: bytes
    version_id: str


_read = lru_cache(maxsize=32)(read_rules)  # the same content is validated once per process


def current_rules(bucket: str) -> VersionedRules:
    """The rules in force now.

    An invalid doc never stops the system: its problems are logged, the alarm is raised, and the last valid one holds.
    """
    try:
        latest = rules_at(bucket, None)
    except RulesError as error:
        # Only the lines: the problems quote the doc, and so perhaps an address.
        lines = [problem.line for problem in error.problems]
        logger.error("the rules doc is invalid; the last valid version stays in force", lines=lines)
        count(Metric.RULES_INVALID)
        return _last_valid(bucket)
    return latest


_recent: dict[str, tuple[datetime, VersionedRules]] = {}


def recent_rules(bucket: str, now: datetime) -> VersionedRules:
    """The rules in force now or at some time in the last minute: for pages, which have to be fast.

    :param now: aware.
    """
    read_at, rules = _recent.get(bucket, (None, None))
    if read_at is None or rules is None or not timedelta(0) <= now - read_at < _RECENT:
        rules = current_rules(bucket)
        _recent[bucket] = now, rules
    return rules


def forget_recent() -> None:
    """Drop the cache: the next call reads the doc again."""
    _recent.clear()


def rules_at(bucket: str, version_id: str | None) -> VersionedRules:
    """The doc in one version (``None``: the latest); the defaults where the bucket holds none.

    :raises RulesError: when that version is not valid.
    """
    stored = read_doc(bucket, version_id)
    return VersionedRules(_read(stored.content), stored.version_id) if stored else VersionedRules(default_rules(), None)


def read_doc(bucket: str, version_id: str | None) -> StoredDoc | None:
    """The doc as it is stored, valid or not, in one version (``None``: the latest); ``None`` where there is none."""
    at_version: dict[str, Any] = {"VersionId": version_id} if version_id else {}
    try:
        answer = aws.s3().get_object(Bucket=bucket, Key=keyspace.RULES_KEY, **at_version)
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchKey":
            return None
        raise
    # One byte beyond the limit is enough to see that it is too large.
    return StoredDoc(answer["Body"].read(MAX_DOC_BYTES + 1), answer["VersionId"])


def pinned_rules(bucket: str, version_id: str | None) -> Rules:
    """The rules a session was opened under; ``None`` stands for the built-in defaults.

    :raises RulesError: never for a version that was in force once.
    """
    return default_rules() if version_id is None else rules_at(bucket, version_id).rules


def _last_valid(bucket: str) -> VersionedRules:
    listing = aws.s3().list_object_versions(Bucket=bucket, Prefix=keyspace.RULES_KEY, MaxKeys=_VERSIONS_BACK)
    for version in listing.get("Versions", []):
        if version["Key"] == keyspace.RULES_KEY and not version["IsLatest"]:
            try:
                return rules_at(bucket, version["VersionId"])
            except RulesError:
                continue  # Invalid as well: try the one before.
    return VersionedRules(default_rules(), None)
