"""Stored files in a local folder, and the scratch folder that every installation has."""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from uuid import uuid4

from django.conf import settings


@dataclass(frozen=True)
class Stored:
    """One stored file; `mark` changes when its bytes may have."""

    name: str
    size: int
    modified_at: float
    mark: str


def checked(relative: str) -> str:
    """The name itself; refuses one that leads out of the storage."""
    if not relative or relative.startswith("/") or ".." in PurePosixPath(relative).parts or "\0" in relative:
        raise ValueError(f"{relative!r} is outside the storage root")
    return relative


def storage_path(relative: str) -> Path:
    """A path under the local storage root. Of stored files only where they are stored in a folder."""
    return Path(settings.STORAGE_ROOT).absolute() / checked(relative)


def scratch() -> Path:
    """The local folder for what a run needs while it works; always on this machine, cleared by the sweep."""
    folder = storage_path("tmp")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _mark(status: os.stat_result) -> str:
    return f"{status.st_size}-{status.st_mtime_ns}"


class Folder:
    """Files under the storage root: read in place, written in the scratch folder and renamed."""

    def located(self, name: str) -> tuple[str, str]:
        path = storage_path(name)
        try:
            status = path.stat()
        except FileNotFoundError:
            return str(path), ""
        return str(path), _mark(status)

    @contextmanager
    def local_copy(self, name: str) -> Iterator[Path]:
        yield storage_path(name)

    def write(self, name: str, write: Callable[[Path], object]) -> tuple[int, str]:
        target = storage_path(name)
        if not target.exists():
            temporary = scratch() / f"{uuid4().hex}.tmp"
            try:
                write(temporary)
                self.move_in(temporary, name)
            finally:
                temporary.unlink(missing_ok=True)
        return target.stat().st_size, sha256_of(target)

    def move_in(self, source: Path, name: str) -> None:
        target = storage_path(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        sync(source)
        os.replace(source, target)
        sync(target.parent)

    def delete(self, name: str) -> None:
        storage_path(name).unlink(missing_ok=True)

    def stored(self, name: str) -> Stored | None:
        path = storage_path(name)
        if not path.is_file():
            return None
        status = path.stat()
        return Stored(name, status.st_size, status.st_mtime, _mark(status))

    def listing(self, folder: str) -> Iterator[Stored]:
        root = storage_path(folder)
        for path in sorted(root.rglob("*")) if root.is_dir() else []:
            if found := self.stored(f"{folder}/{path.relative_to(root).as_posix()}"):
                yield found

    def digest(self, name: str) -> str:
        return sha256_of(storage_path(name))

    def answers(self) -> bool:
        """The folder is made with the first file: until then its parent has to let us."""
        root = storage_path("tmp").parent
        return os.access(root if root.exists() else root.parent, os.W_OK)
