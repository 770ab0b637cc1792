"""The files that staff uploaded, as they lie in a session's folder of the bucket."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from stkr.infra import aws


@dataclass(frozen=True, slots=True)
class Upload:
    """A file in a session's folder: its key, its name within the folder, its size in bytes, content tag and time."""

    key: str
    name: str
    size: int
    etag: str
    uploaded_at: str


def list_uploads(bucket: str, prefix: str) -> Iterator[Upload]:
    """The files below ``prefix`` in their latest versions, by name; folder markers are left out."""
    for page in aws.s3().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for found in page.get("Contents", []):
            name = found["Key"].removeprefix(prefix)
            if name and not name.endswith("/"):
                yield Upload(found["Key"], name, found["Size"], found["ETag"], found["LastModified"].isoformat())


def read_upload(bucket: str, key: str) -> bytes:
    """The latest version of an uploaded file."""
    return aws.s3().get_object(Bucket=bucket, Key=key)["Body"].read()


def fingerprint(uploads: Iterable[Upload]) -> str:
    """What tells the state of a session's folder, as the session's header keeps it of the latest capture."""
    # With the time: the same file once more may be the latest count of its area again.
    told = (f"{upload.name}:{upload.etag}:{upload.uploaded_at}" for upload in uploads)
    return sha256("|".join(told).encode()).hexdigest()
