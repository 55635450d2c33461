"""One supervisor a home: locks that the kernel drops with the last process that holds them.

Two, because a killed supervisor leaves its guard behind for some seconds. The first is the supervisor's alone: who
finds it taken is told so at once. The second is shared with the guard: who finds it taken waits.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.supervise.errors import SuperviseError

WAIT_SECONDS = 20.0


@contextmanager
def home_lock(home: Path, address: str) -> Iterator[int]:
    """Hold the home; gives the descriptor of the lock that the guard is to share."""
    with _opened(home / "supervisor.lock") as own, _opened(home / "crew.lock") as shared:
        if not _try_lock(own):
            raise SuperviseError(
                f"Insiders is already running on {home}: {_holder(own)}. Use that one, stop it with Ctrl-C, or "
                "start this one on another folder: make run INSIDERS_HOME=other PORT=8001"
            )
        os.ftruncate(own, 0)
        os.pwrite(own, f"process {os.getpid()}, {address}".encode(), 0)
        _wait_for_the_guard(shared, home)
        yield shared


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield fd
    finally:
        os.close(fd)


def _wait_for_the_guard(fd: int, home: Path) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not _try_lock(fd):
        if time.monotonic() > deadline:
            raise SuperviseError(
                f"Processes of an earlier start still hold {home} after {WAIT_SECONDS:.0f} seconds. Wait a "
                "moment and try again."
            )
        time.sleep(0.1)


def _try_lock(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(fd: int) -> str:
    return os.pread(fd, 200, 0).decode(errors="replace") or "it is just starting"
