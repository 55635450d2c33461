"""Objects below a prefix of S3 or of a service that speaks like it. An object is there whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import fsspec
from django.conf import settings

from crm.ledger.storage.failures import LOST, error_code
from crm.models import Inbox
from crm.sources.found import BLOCK, Found, SourceProblem
from crm.sources.places import check_location, is_unfinished


def look(inbox: Inbox, now: datetime) -> Iterator[Found]:
    place = check_location(inbox.kind, inbox.location)
    bucket, _, prefix = place.removeprefix("s3://").partition("/")
    files = _files()
    with _answering(bucket):
        entries = files.find(f"{bucket}/{prefix}".rstrip("/"), detail=True)
    for address, entry in sorted(entries.items()):
        name = address.removeprefix(f"{bucket}/")
        if entry["type"] == "file" and not name.endswith("/") and not is_unfinished(name.rpartition("/")[2]):
            yield _found(files, bucket, name, entry)


def _files() -> Any:
    """Read with the keys for sources, or with those of the storage where there are none of their own."""
    endpoint, region = settings.SOURCE_S3_ENDPOINT, settings.SOURCE_S3_REGION
    key, secret = settings.SOURCE_S3_KEY, settings.SOURCE_S3_SECRET
    if (storage := settings.STORAGE_BUCKET) and not (key or endpoint):
        endpoint, region, key, secret = storage.endpoint, storage.region, storage.key, storage.secret
    return fsspec.filesystem(
        "s3",
        key=key or None,
        secret=secret or None,
        endpoint_url=endpoint or None,
        client_kwargs={"region_name": region},
        config_kwargs={
            "retries": {"max_attempts": 3, "mode": "standard"},
            "connect_timeout": 10,
            "read_timeout": 60,
            "s3": {"addressing_style": "path" if endpoint else "auto"},
        },
        use_listings_cache=False,
        skip_instance_cache=True,
    )


def _found(files: Any, bucket: str, name: str, entry: dict[str, Any]) -> Found:
    tag, size = str(entry.get("ETag", "")), int(entry["size"])
    return Found(
        name=name,
        file_name=name.rpartition("/")[2],
        version=f"{size}:{tag}"[:120],
        size=size,
        open=lambda: _pieces(files, bucket, name, tag, size),
    )


@contextmanager
def _pieces(files: Any, bucket: str, name: str, tag: str, size: int) -> Iterator[Iterator[bytes]]:
    def read() -> Iterator[bytes]:
        count = 0
        with _answering(bucket), files.open(f"{bucket}/{name}", "rb", block_size=8 * BLOCK) as stream:
            if stream.details.get("ETag") != tag:
                raise SourceProblem(f"{name} was replaced while it was looked at; it is taken at the next look.")
            # Each range is asked for by the object's tag: one that is replaced meanwhile ends the reading.
            while block := stream.read(BLOCK):
                count += len(block)
                yield block
        if count != size:
            raise SourceProblem(f"{name} broke off after {count:,} of {size:,} bytes.")

    yield read()


@contextmanager
def _answering(bucket: str) -> Iterator[None]:
    try:
        yield
    except LOST as error:
        code = error_code(error)
        if isinstance(error, PermissionError) or code in {"403", "AccessDenied", "SignatureDoesNotMatch"}:
            sentence = f"The bucket {bucket} refused us: check SOURCE_S3_KEY and SOURCE_S3_SECRET."
        elif code == "NoSuchBucket":
            sentence = f"There is no bucket called {bucket}."
        else:
            sentence = f"The bucket {bucket} can't be read: {str(error)[:200] or type(error).__name__}"
        raise SourceProblem(sentence) from error
