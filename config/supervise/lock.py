"""One supervisor a home: an flock that the kernel drops with the last process that holds it."""

import errno
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
    """Hold the home; the file says who does, for the sentence that a second start prints."""
    path = home / "supervisor.lock"
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _acquire(fd, home)
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()} {address}\n".encode(), 0)
        yield fd
    finally:
        os.close(fd)


def _acquire(fd: int, home: Path) -> None:
    """Refuse at once while another supervisor lives; wait for the guard of one that was killed."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not _try_lock(fd):
        pid, address = _holder(fd)
        if pid and _is_alive(pid):
            raise SuperviseError(
                f"Insiders is already running on {home} at {address} (process {pid}). Use that one, stop it "
                "with Ctrl-C, or start this one on another folder: make run INSIDERS_HOME=other PORT=8001"
            )
        if time.monotonic() > deadline:
            raise SuperviseError(
                f"Processes of an earlier start still hold {home} after {WAIT_SECONDS:.0f} seconds. Wait a "
                "moment and try again."
            )
        time.sleep(0.1)


def _try_lock(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
            return False
        raise
    return True


def _holder(fd: int) -> tuple[int, str]:
    words = os.pread(fd, 200, 0).decode(errors="replace").split()
    return (int(words[0]), words[1]) if len(words) == 2 and words[0].isdigit() else (0, "")


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
