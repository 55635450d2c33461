"""Stored files in a bucket of S3 or of a service that speaks like it. Loaded only where STORAGE_URL names one.

An object is there whole or not at all: a put that breaks is never visible. What is read again and again is copied to
this machine once; large files that are not are read by DuckDB in ranges, the needed columns and row groups alone.
"""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from core.trouble import Unavailable
from crm.ledger.storage import cache
from crm.ledger.storage.failures import CODE, AnsweringS3, answering
from crm.ledger.storage.folder import Stored, scratch, sha256_of

# Up to here one whole read is about as quick as the ranges of one look-up, and every later look-up is a local one.
WHOLE_BYTES = 64_000_000
CHUNK_BYTES = 8 << 20
ASK_SECONDS = 30.0


class Bucket:
    """One bucket, or the part of one behind a prefix."""

    def __init__(self, url: str, *, endpoint: str, region: str, key: str, secret: str) -> None:
        self.bucket, _, prefix = url.removeprefix("s3://").strip("/").partition("/")
        self.prefix = f"{prefix}/" if prefix else ""
        self.place = url + (f" at {endpoint}" if endpoint else "")
        self._asked_at: float | None = None
        self._answered = False
        self.fs = AnsweringS3(
            place=self.place,
            key=key or None,
            secret=secret or None,
            endpoint_url=endpoint or None,
            client_kwargs={"region_name": region},
            config_kwargs={
                "retries": {"max_attempts": 3, "mode": "standard"},
                "connect_timeout": 5,
                "read_timeout": 60,
                # Services at an address of their own seldom have a host name for each bucket.
                "s3": {"addressing_style": "path" if endpoint else "auto"},
            },
            # DuckDB asks for exactly what it needs; reading ahead would fetch whole files.
            default_cache_type="none",
            use_listings_cache=False,
            skip_instance_cache=True,
        )

    def key(self, name: str) -> str:
        return f"{self.prefix}{name}"

    def address(self, name: str) -> str:
        return f"{self.bucket}/{self.key(name)}"

    def located(self, name: str, *, largest: int = WHOLE_BYTES) -> tuple[str, str]:
        copy = cache.copy_of(name)
        if copy is None and (found := self.stored(name)):
            copy = self._copied(name, found.size) if found.size <= largest else None
            if copy is None:
                return f"s3://{self.address(name)}", found.mark
        if copy is None:
            return f"s3://{self.address(name)}", ""
        status = copy.stat()
        return str(copy), f"{status.st_size}-{status.st_mtime_ns}"

    @contextmanager
    def local_copy(self, name: str) -> Iterator[Path]:
        copy = cache.copy_of(name)
        if copy is not None:
            yield copy
            return
        temporary = scratch() / f"{uuid4().hex}.copy"
        try:
            self._get(name, temporary)
            yield cache.keep(temporary, name) or temporary
        finally:
            temporary.unlink(missing_ok=True)

    def _copied(self, name: str, size: int) -> Path | None:
        if not cache.has_room(size):
            return None
        temporary = scratch() / f"{uuid4().hex}.copy"
        try:
            self._get(name, temporary)
            return cache.keep(temporary, name)
        finally:
            temporary.unlink(missing_ok=True)

    def _get(self, name: str, target: Path) -> None:
        with answering(self.place):
            self.fs.get_file(self.address(name), str(target))
        found = self.stored(name)
        if found is None or found.size != target.stat().st_size:
            raise Unavailable(CODE, f"The storage {self.place} sent only a part of {name}. It is tried again.")

    def write(self, name: str, write: Callable[[Path], object]) -> tuple[int, str]:
        if found := self.stored(name):
            return found.size, self.digest(name)
        temporary = scratch() / f"{uuid4().hex}.tmp"
        try:
            write(temporary)
            size, digest = temporary.stat().st_size, sha256_of(temporary)
            self.move_in(temporary, name)
        finally:
            temporary.unlink(missing_ok=True)
        return size, digest

    def move_in(self, source: Path, name: str) -> None:
        with answering(self.place):
            self.fs.put_file(str(source), self.address(name))
        self._check_arrival(source, name)
        if cache.keep(source, name) is None:
            source.unlink()

    def _check_arrival(self, source: Path, name: str) -> None:
        """Size always; the digest where the service gives MD5 as tag, as it does for what came in one piece."""
        head = self._head(name) or {}
        tag = str(head.get("ETag", "")).strip('"')
        is_md5 = len(tag) == 32 and "aws:kms" not in str(head.get("ServerSideEncryption"))
        if head.get("ContentLength") != source.stat().st_size or (is_md5 and tag != _md5(source)):
            self.delete(name)
            raise Unavailable(CODE, f"{name} arrived damaged at the storage {self.place}. It is tried again.")

    def delete(self, name: str) -> None:
        cache.drop(name)
        with answering(self.place):
            self.fs.call_s3("delete_object", Bucket=self.bucket, Key=self.key(name))

    def _head(self, name: str) -> dict[str, Any] | None:
        try:
            with answering(self.place):
                found: dict[str, Any] = self.fs.call_s3("head_object", Bucket=self.bucket, Key=self.key(name))
        except FileNotFoundError:
            return None
        return found

    def stored(self, name: str) -> Stored | None:
        head = self._head(name)
        return _stored(name, head["ContentLength"], head["LastModified"], head["ETag"]) if head else None

    def listing(self, folder: str) -> Iterator[Stored]:
        with answering(self.place):
            found = self.fs.find(self.address(folder), detail=True)
        start = len(self.address(""))
        for address, entry in sorted(found.items()):
            yield _stored(address[start:], entry["size"], entry["LastModified"], entry["ETag"])

    def digest(self, name: str) -> str:
        """Of what the service holds, whatever copies there are here."""
        digest = hashlib.sha256()
        with answering(self.place), self.fs.open(self.address(name), "rb") as stream:
            while chunk := stream.read(CHUNK_BYTES):
                digest.update(chunk)
        return digest.hexdigest()

    def probe(self) -> None:
        """Raise Unavailable unless files can be written, listed and deleted there."""
        name = f"probe-{uuid4().hex}"
        with answering(self.place):
            self.fs.call_s3("put_object", Bucket=self.bucket, Key=self.key(name), Body=b"probe")
            self.fs.call_s3("list_objects_v2", Bucket=self.bucket, Prefix=self.key(name), MaxKeys=1)
            self.fs.call_s3("delete_object", Bucket=self.bucket, Key=self.key(name))

    def answers(self) -> bool:
        """Asked at most every half minute: whoever watches us asks often, and a server that is down answers late."""
        now = time.monotonic()
        if self._asked_at is None or now - self._asked_at > ASK_SECONDS:
            try:
                with answering(self.place):
                    self.fs.call_s3("head_bucket", Bucket=self.bucket)
                self._answered = True
            except (Unavailable, FileNotFoundError):
                self._answered = False
            self._asked_at = time.monotonic()
        return self._answered

    def drop_unfinished(self, older_than: float) -> int:
        """Parts of large puts that were broken off take room without being seen; how many were dropped."""
        with answering(self.place):
            answer = self.fs.call_s3("list_multipart_uploads", Bucket=self.bucket, Prefix=self.prefix)
            old = [
                (part["Key"], part["UploadId"])
                for part in answer.get("Uploads", [])
                if part["Initiated"].timestamp() < time.time() - older_than
            ]
            for key, upload in old:
                self.fs.call_s3("abort_multipart_upload", Bucket=self.bucket, Key=key, UploadId=upload)
        return len(old)


def _stored(name: str, size: int, modified_at: datetime, tag: str) -> Stored:
    return Stored(name, size, modified_at.timestamp(), tag.strip('"'))


def _md5(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
