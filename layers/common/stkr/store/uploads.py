"""The files that staff upload into a session's folder of the bucket, and the form that lets them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

from stkr.domain.names import Instant
from stkr.infra import aws


@dataclass(frozen=True, slots=True)
class Upload:
    """A file in a session's folder: its key, its name within the folder, its size in bytes, content tag and time."""

    key: str
    name: str
    size: int
    etag: str
    uploaded_at: Instant


def list_uploads(bucket: str, prefix: str) -> Iterator[Upload]:
    """The files below ``prefix`` in their latest versions, by name; folder markers are left out."""
    for page in aws.s3().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for stored in page.get("Contents", []):
            name = stored["Key"].removeprefix(prefix)
            if name and not name.endswith("/"):
                yield Upload(
                    key=stored["Key"],
                    name=name,
                    size=stored["Size"],
                    etag=stored["ETag"],
                    uploaded_at=Instant(stored["LastModified"].isoformat()),
                )


def read_upload(bucket: str, key: str) -> bytes:
    """The latest version of an uploaded file."""
    return aws.s3().get_object(Bucket=bucket, Key=key)["Body"].read()


def fingerprint(uploads: Iterable[Upload]) -> str:
    """Identifies the state of a session's folder; the session's header keeps that of the latest capture."""
    # With the time: a file that is uploaded once more may be the latest count of its area again.
    versions = (f"{upload.name}:{upload.etag}:{upload.uploaded_at}" for upload in uploads)
    return sha256("|".join(versions).encode()).hexdigest()


def presigned_form(bucket: str, folder: str, *, leads_to: str, most_bytes: int, lasts: timedelta) -> dict[str, Any]:
    """A presigned POST (``url`` and ``fields``) that takes one file into a folder.

    :param folder: ends in a slash.
    :param leads_to: address the browser is led to once the file has arrived.
    :param most_bytes: of the file.
    """
    # The browser names the file. Without this condition it could name another session's folder, or the rules doc.
    stays_in_folder = ["starts-with", "$key", folder]
    # An empty file is a mistake in choosing it; one beyond the limit is refused before it is stored.
    has_bounded_size = ["content-length-range", 1, most_bytes]
    return aws.s3().generate_presigned_post(
        Bucket=bucket,
        Key=folder + "${filename}",
        Fields={"success_action_redirect": leads_to},
        Conditions=[{"success_action_redirect": leads_to}, stays_in_folder, has_bounded_size],
        ExpiresIn=int(lasts.total_seconds()),
    )
