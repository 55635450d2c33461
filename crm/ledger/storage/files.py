"""What the rest of Insiders does with stored files, wherever they stand."""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from uuid import uuid4

import duckdb
from django.conf import settings

from core.trouble import Unavailable
from crm.ledger.storage import cache
from crm.ledger.storage.folder import Folder, Stored, checked, scratch, sha256_of, storage_path

if TYPE_CHECKING:
    from crm.ledger.storage.s3 import Bucket

__all__ = ["Stored", "sha256_of"]

FETCHES_AT_ONCE = 8


class Store(Protocol):
    """A place for stored files. Each method may raise Unavailable where the place is out of reach."""

    def located(self, name: str) -> tuple[str, str]: ...
    def local_copy(self, name: str) -> AbstractContextManager[Path]: ...
    def write(self, name: str, write: Callable[[Path], object]) -> tuple[int, str]: ...
    def move_in(self, source: Path, name: str) -> None: ...
    def delete(self, name: str) -> None: ...
    def stored(self, name: str) -> Stored | None: ...
    def listing(self, folder: str) -> Iterator[Stored]: ...
    def digest(self, name: str) -> str: ...
    def answers(self) -> bool: ...


def _store() -> Store:
    return bucket() or Folder()


def bucket() -> "Bucket | None":
    """The bucket that holds the stored files; None when a folder does."""
    return _bucket(settings.STORAGE_BUCKET, os.getpid()) if settings.STORAGE_BUCKET else None


@lru_cache(maxsize=4)
def _bucket(chosen: Any, process: int) -> "Bucket":
    """One client for each process: its connections do not survive a fork. Loading it takes a second."""
    from crm.ledger.storage.s3 import Bucket

    return Bucket(chosen.url, endpoint=chosen.endpoint, region=chosen.region, key=chosen.key, secret=chosen.secret)


def location(relative: str) -> str:
    """What DuckDB reads: a path on this machine, or an address that a connection understands after `attach`."""
    return located(relative)[0]


def located(relative: str) -> tuple[str, str]:
    """What DuckDB reads, and a mark that changes when its bytes may have; the mark is empty when it is missing."""
    return _store().located(checked(relative))


def address(relative: str) -> str:
    """Where other machines read a stored file themselves: file://… on a shared folder, s3a://… in a bucket."""
    if away := bucket():
        return f"s3a://{away.address(checked(relative))}"
    return f"file://{storage_path(relative)}"


def bring_near(names: Iterable[str], *, is_whole: bool = False) -> None:
    """Copy stored files to this machine, several at once, before many of them are read.

    With `is_whole` large ones too, as far as there is room: worth it for somebody who reads all of their lines.
    """
    if (away := bucket()) is None:
        return
    from crm.ledger.storage.s3 import WHOLE_BYTES

    largest = 2**63 if is_whole else WHOLE_BYTES
    with ThreadPoolExecutor(FETCHES_AT_ONCE) as pool:
        list(pool.map(lambda name: away.located(checked(name), largest=largest), names))


def attach(connection: duckdb.DuckDBPyConnection) -> None:
    """Teach a connection to read the addresses that `location` gives. Local files need nothing."""
    if away := bucket():
        connection.register_filesystem(away.fs)


@contextmanager
def explained() -> Iterator[None]:
    """Turn DuckDB's report of a storage that does not answer into Unavailable with its sentence."""
    try:
        yield
    except duckdb.Error as error:
        if found := re.search(r"Unavailable: (.+)", str(error)):
            raise Unavailable("storage_unavailable", found[1]) from error
        if (away := bucket()) and re.search(r"botocore|aiohttp|s3fs", str(error)):
            raise Unavailable("storage_unavailable", f"Reading from the storage {away.place} broke off.") from error
        raise


def local_copy(relative: str) -> AbstractContextManager[Path]:
    """A path on this machine to read a stored file from, while the block lasts; it must not be changed."""
    return _store().local_copy(checked(relative))


def write_atomically(relative: str, write: Callable[[Path], object]) -> tuple[int, str]:
    """Let `write` fill a local file and store it; returns size and SHA-256. An existing file of the name stays."""
    return _store().write(checked(relative), write)


def move_in(source: Path, relative: str) -> None:
    """Store a finished file of this machine; it is gone from `source` afterwards. Fastest from inside `scratch()`."""
    _store().move_in(source, checked(relative))


def write_under_digest(prefix: str, suffix: str, write: Callable[[Path], object]) -> str:
    """Store a file under a name that carries its SHA-256, where no row notes one; returns the name."""
    temporary = scratch() / f"{uuid4().hex}.tmp"
    try:
        write(temporary)
        name = f"{prefix}-{sha256_of(temporary)}-{uuid4().hex[:12]}{suffix}"
        move_in(temporary, name)
    finally:
        temporary.unlink(missing_ok=True)
    return name


def digest_in_name(relative: str) -> str:
    """The SHA-256 that a name carries; empty when it carries none."""
    found = re.search(r"[-/]([0-9a-f]{64})-", relative)
    return found[1] if found else ""


def drop_damaged_copy(relative: str, sha256: str) -> bool:
    """Remove this machine's copy of a file in a bucket when it is not what was stored; whether it was so."""
    copy = cache.copy_of(checked(relative)) if bucket() else None
    if copy is None or sha256_of(copy) == sha256:
        return False
    cache.drop(relative)
    return True


def delete(relative: str) -> None:
    """Remove a stored file; one that is not there is fine."""
    _store().delete(checked(relative))


def stored(relative: str) -> Stored | None:
    """Size, time and mark of a stored file; None when it is missing."""
    return _store().stored(checked(relative))


def exists(relative: str) -> bool:
    return stored(relative) is not None


def listing(folder: str) -> Iterator[Stored]:
    """Every stored file of a folder, those in its folders included, by name."""
    return _store().listing(checked(folder))


def digest(relative: str) -> str:
    """SHA-256 of the bytes as they stand in the storage now."""
    return _store().digest(checked(relative))


def answers() -> bool:
    """Whether the place where files are stored can be reached now."""
    return _store().answers()
