"""A watched folder: files directly in it, never through links, never half-written ones."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from crm.models import Inbox
from crm.sources.found import BLOCK, Found, SourceProblem
from crm.sources.places import MARK, allowed_folder, is_unfinished

DONE = "done"


def look(inbox: Inbox, now: datetime) -> Iterator[Found]:
    folder = allowed_folder(inbox.location)
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise SourceProblem(f"The folder can't be read: {error.strerror}.") from error
    names = {entry.name for entry in entries}
    for entry in entries:
        if is_unfinished(entry.name):
            continue
        status = entry.stat(follow_symlinks=False)
        if stat.S_ISREG(status.st_mode):
            yield _found(inbox, folder, entry.name, status, is_marked=f"{entry.name}{MARK}" in names)


def _found(inbox: Inbox, folder: Path, name: str, status: os.stat_result, *, is_marked: bool) -> Found:
    version = _version(status)
    return Found(
        name=name,
        file_name=name,
        version=version,
        size=status.st_size,
        is_whole=is_marked,
        open=lambda: _pieces(folder, name, version),
        on_taken=lambda: _put_away(folder, name) if inbox.is_moved else None,
    )


def _version(status: os.stat_result) -> str:
    return f"{status.st_size}:{status.st_mtime_ns}"


@contextmanager
def _pieces(folder: Path, name: str, version: str) -> Iterator[Iterator[bytes]]:
    """The bytes of exactly the file that was seen: opened without following a link, unchanged to its end."""
    try:
        handle = _open(folder, name)
    except OSError as error:
        raise SourceProblem(f"{name} can't be read: {error.strerror}.") from error
    with os.fdopen(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode) or _version(os.fstat(handle)) != version:
            raise SourceProblem(f"{name} is still being written; it is taken when it rests.")

        def read() -> Iterator[bytes]:
            while block := stream.read(BLOCK):
                yield block
            if _version(os.fstat(handle)) != version:
                raise SourceProblem(f"{name} was written to while it was read; it is taken when it rests.")

        yield read()


def _open(folder: Path, name: str) -> int:
    """Through the folder's own handle: nobody can put a link in the place of any part of the path meanwhile."""
    inside = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if not os.path.samestat(os.fstat(inside), os.stat(allowed_folder(str(folder)))):
            raise SourceProblem("The folder was exchanged while it was looked at.")
        # O_NONBLOCK: a pipe that took the file's place must not hold us up.
        return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=inside)
    finally:
        os.close(inside)


def _put_away(folder: Path, name: str) -> None:
    """Into done/, under another name where that one is taken."""
    done = folder / DONE
    try:
        done.mkdir(exist_ok=True)
        if done.is_symlink():
            raise SourceProblem(f"{DONE} is a link; files are moved into a folder only.")
        target, number = done / name, 1
        while target.exists() or target.is_symlink():
            number += 1
            target = done / f"{Path(name).stem}-{number}{Path(name).suffix}"
        (folder / name).rename(target)
        (folder / f"{name}{MARK}").unlink(missing_ok=True)
    except OSError as error:
        raise SourceProblem(f"{name} was taken, but can't be moved to {DONE}: {error.strerror}.") from error
