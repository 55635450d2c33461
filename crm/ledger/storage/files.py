"""What the rest of Insiders does with stored files, wherever they stand."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

import duckdb

from crm.ledger.storage.folder import Folder, Stored, checked, sha256_of

__all__ = ["Stored", "sha256_of"]


class Store(Protocol):
    """A place for stored files. Each method may raise OSError where the place is out of reach."""

    def location(self, name: str) -> str: ...
    def local_copy(self, name: str) -> AbstractContextManager[Path]: ...
    def write(self, name: str, write: Callable[[Path], object]) -> tuple[int, str]: ...
    def move_in(self, source: Path, name: str) -> None: ...
    def delete(self, name: str) -> None: ...
    def stored(self, name: str) -> Stored | None: ...
    def listing(self, folder: str) -> Iterator[Stored]: ...


def _store() -> Store:
    return Folder()


def location(relative: str) -> str:
    """What DuckDB reads: a path on this machine, or an address that a connection understands after `attach`."""
    return _store().location(checked(relative))


def attach(connection: duckdb.DuckDBPyConnection) -> None:
    """Teach a connection to read the addresses that `location` gives. Local files need nothing."""


def local_copy(relative: str) -> AbstractContextManager[Path]:
    """A path on this machine to read a stored file from, while the block lasts; it must not be changed."""
    return _store().local_copy(checked(relative))


def write_atomically(relative: str, write: Callable[[Path], object]) -> tuple[int, str]:
    """Let `write` fill a local file and store it; returns size and SHA-256. An existing file of the name stays."""
    return _store().write(checked(relative), write)


def move_in(source: Path, relative: str) -> None:
    """Store a finished file of this machine; it is gone from `source` afterwards. Fastest from inside `scratch()`."""
    _store().move_in(source, checked(relative))


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
    with local_copy(relative) as path, path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
