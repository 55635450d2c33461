"""SHA-256 of a file while it arrives.

The state of a SHA-256 can neither be saved nor handed to another process. So each web process keeps one for each file
that it has seen bytes of, and catches up from the disk with what others wrote. A process that was started anew has
none and begins with the first byte. Acknowledged bytes never change, so every way leads to the same hash.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

BLOCK = 4 * 1024 * 1024
# More files than are on their way to one process at a time; who falls out is hashed from the disk once more.
MOST = 64

_states: "OrderedDict[UUID, tuple[Any, int]]" = OrderedDict()
_lock = threading.Lock()


def keep_up(key: UUID, path: Path, size: int, on_block: Callable[[], object] = lambda: None) -> str:
    """Hash what is new in the first `size` bytes of the file; returns the hash of them all."""
    with _lock:  # whoever works on a state has taken it away: nobody else can feed it at the same time
        digest, position = _states.pop(key, (hashlib.sha256(), 0))
    if position > size:
        digest, position = hashlib.sha256(), 0
    with path.open("rb") as stream:
        stream.seek(position)
        while position < size:
            block = stream.read(min(BLOCK, size - position))
            if not block:
                raise OSError(f"{path.name} has {position} of {size} bytes")
            digest.update(block)
            position += len(block)
            on_block()
    with _lock:
        _states[key] = (digest, position)
        while len(_states) > MOST:
            _states.popitem(last=False)
    return str(digest.hexdigest())


def forget(key: UUID) -> None:
    with _lock:
        _states.pop(key, None)
