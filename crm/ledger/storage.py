"""Paths under the storage root, and writing a file so that it is there whole or not at all."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from django.conf import settings


def storage_path(relative: str) -> Path:
    """Where a stored file is; refuses a name that leads out of the storage root."""
    root = Path(settings.STORAGE_ROOT).resolve()
    path = (root / relative).resolve()
    if not path.is_relative_to(root):
        raise ValueError(f"{relative!r} is outside the storage root")
    return path


def write_atomically(relative: str, write: Callable[[Path], object]) -> tuple[int, str]:
    """Write through a temporary name, sync, rename; returns size and SHA-256. An existing file of the name stays."""
    target = storage_path(relative)
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        temporary = target.with_name(f".{target.name}.{uuid4().hex}.tmp")
        try:
            write(temporary)
            _sync(temporary)
            os.replace(temporary, target)
            _sync(target.parent)
        finally:
            temporary.unlink(missing_ok=True)
    return target.stat().st_size, sha256_of(target)


def sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
