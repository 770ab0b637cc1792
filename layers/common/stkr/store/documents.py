"""The compressed JSON documents in the bucket that one stage writes and later ones read."""

import gzip
import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError
from pydantic import TypeAdapter

from stkr.infra import aws

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import PutObjectOutputTypeDef


_Document = TypeVar("_Document")


_ADAPTERS: dict[type, TypeAdapter[Any]] = {}  # kept, because building one takes milliseconds


def _adapter(kind: type) -> TypeAdapter[Any]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def write_document(bucket: str, key: str, document: object) -> str | None:
    """Store a dataclass or model as gzipped JSON (decimals as text, so they stay exact).

    :returns: the object's version id.
    """
    return _put(bucket, key, document, {}).get("VersionId")


def _put(bucket: str, key: str, document: object, condition: dict[str, Any]) -> "PutObjectOutputTypeDef":
    body = gzip.compress(_adapter(type(document)).dump_json(document), compresslevel=6, mtime=0)
    return aws.s3().put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/gzip", **condition)


def create_document(bucket: str, key: str, document: object) -> bool:
    """Store a document like ``write_document`` where there is none yet; ``False`` where there is one."""
    try:
        # S3 checks and stores in one step, so that of two runs at a time only one writes.
        is_new = {"IfNoneMatch": "*"}
        _put(bucket, key, document, is_new)
    except ClientError as error:
        if error.response["Error"]["Code"] == "PreconditionFailed":
            return False
        raise
    return True


def read_document(bucket: str, key: str, kind: type[_Document], version_id: str | None = None) -> _Document | None:
    """Read a document back, in one version or the latest; ``None`` where there is none."""
    at_version: dict[str, Any] = {"VersionId": version_id} if version_id else {}
    try:
        answer = aws.s3().get_object(Bucket=bucket, Key=key, **at_version)
    except ClientError as error:
        if error.response["Error"]["Code"] in {"NoSuchKey", "NoSuchVersion"}:
            return None
        raise
    document: _Document = _adapter(kind).validate_json(gzip.decompress(answer["Body"].read()))
    return document


def write_rows(bucket: str, key: str, rows: Sequence[object]) -> None:
    """Store dataclasses of one kind as gzipped JSON, one per line; only one at a time is serialised in memory."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=6, mtime=0) as lines:
        for row in rows:
            lines.write(_adapter(type(row)).dump_json(row) + b"\n")
    aws.s3().put_object(Bucket=bucket, Key=key, Body=packed.getvalue(), ContentType="application/gzip")


def read_rows(bucket: str, key: str, kind: type[_Document]) -> Iterator[_Document]:
    """The rows of ``write_rows``, fetched and unpacked as they are asked for; none where there is no such object."""
    try:
        answer = aws.s3().get_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchKey":
            raise
        return
    with answer["Body"] as body, gzip.GzipFile(fileobj=body, mode="rb") as lines:
        yield from map(_adapter(kind).validate_json, lines)
