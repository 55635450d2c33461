"""Copies of stored files on this machine, for as long as there is room: stored files never change."""

import os
import shutil
import time
from pathlib import Path

from django.conf import settings

from crm.ledger.storage.folder import storage_path

FOLDER = "cache"
# A copy that was asked for within this time may still be read by a job: longer than one may last.
IN_USE_SECONDS = 3 * 3600.0


def copy_of(name: str) -> Path | None:
    """The copy, noted as used just now; None when there is none."""
    path = storage_path(f"{FOLDER}/{name}")
    try:
        status = path.stat()
        os.utime(path, ns=(time.time_ns(), status.st_mtime_ns))
    except FileNotFoundError:
        return None
    return path


def limit() -> int:
    return int(settings.STORAGE_CACHE_MB) * 1_000_000


def has_room(size: int) -> bool:
    """Whether a copy of so many bytes may be kept, after copies that nobody has used for long have made room.

    No single file takes more than a quarter, so that one large upload does not drive out a year of daily ones.
    """
    if size > limit() // 4:
        return False
    copies = sorted(_copies())
    total = sum(length for _, length, _ in copies)
    unused_since = time.time() - IN_USE_SECONDS
    for used_at, length, path in copies:
        if total + size <= limit():
            break
        if used_at < unused_since:
            path.unlink(missing_ok=True)
            total -= length
    return total + size <= limit()


def keep(source: Path, name: str) -> Path | None:
    """Take a finished local file in as the copy of a stored one; None (and the file left alone) without room."""
    if not has_room(source.stat().st_size):
        return None
    target = storage_path(f"{FOLDER}/{name}")
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(source, target)
    return target


def drop(name: str) -> None:
    storage_path(f"{FOLDER}/{name}").unlink(missing_ok=True)


def clear() -> None:
    shutil.rmtree(storage_path(FOLDER), ignore_errors=True)


def _copies() -> list[tuple[float, int, Path]]:
    """When each copy was last used, its size and path."""
    found = []
    for path in storage_path(FOLDER).rglob("*"):
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        if path.is_file():
            found.append((status.st_atime, status.st_size, path))
    return found
