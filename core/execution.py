"""Doing a run: take the lease, start a fresh interpreter for the job, keep the lease alive beside it.

A fresh interpreter because sklearn, numba and OpenMP do not survive a fork, because its memory is given back,
and because a file that makes a reader blow up takes only the child with it.
"""

import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.db import OperationalError, close_old_connections

from core.kinds import KINDS
from core.models import Run
from core.runs import Lease, LeaseLost, acquire

logger = logging.getLogger(__name__)

# How a child ends that used up its processor time; one that used up its time by the clock is treated alike.
OVER_TIME = -signal.SIGXCPU


def owner_name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def execute(run_id: UUID, *, on_progress: Callable[[Run], None] | None = None) -> Run:
    """Do the run unless it is done or somebody else's; returns its row as it stands afterwards."""
    lease = acquire(run_id, owner=owner_name())
    if lease is not None:
        _work(lease, on_progress)
    return Run.objects.get(pk=run_id)


def execute_or_wait(run_id: UUID, *, on_progress: Callable[[Run], None] | None = None) -> Run:
    """For commands: do the run, or wait for whoever does it, until it has ended."""
    while True:
        run = execute(run_id, on_progress=on_progress)
        if not run.is_active:
            return run
        if on_progress:
            on_progress(run)
        time.sleep(0.5)


def _work(lease: Lease, on_progress: Callable[[Run], None] | None) -> None:
    command = [sys.executable, "-m", "core.child", str(lease.run.pk), str(lease.token)]
    # Standard output belongs to the command's one JSON object: what a library prints goes to standard error.
    # The pipe is the child's sign that we still live: it ends itself when the other end closes.
    child = subprocess.Popen(command, cwd=settings.BASE_DIR, stdin=subprocess.PIPE, stdout=2)  # noqa: S603
    try:
        code = _accompany(child, lease, on_progress)
    except BaseException:
        # We are told to stop (Ctrl-C, a shutdown); the work is not at fault.
        _end(child)
        lease.hand_back()
        raise
    finally:
        _end(child)
    if code != 0:
        _note_failure(lease, code)


def _end(child: "subprocess.Popen[bytes]") -> None:
    if child.poll() is None:
        child.kill()
        child.wait()
    if child.stdin:
        child.stdin.close()


def _accompany(child: "subprocess.Popen[bytes]", lease: Lease, on_progress: Callable[[Run], None] | None) -> int:
    beat_every = settings.RUN_LEASE_SECONDS / 4
    beat_at = time.monotonic() + beat_every
    deadline = time.monotonic() + (KINDS[lease.run.kind].wall_seconds or float("inf"))
    while True:
        try:
            return child.wait(timeout=0.25)
        except subprocess.TimeoutExpired:
            pass
        if on_progress:
            on_progress(Run.objects.get(pk=lease.run.pk))
        if time.monotonic() > deadline:
            _end(child)
            return OVER_TIME
        if time.monotonic() < beat_at:
            continue
        beat_at = time.monotonic() + beat_every
        close_old_connections()
        if not _is_still_ours(lease):
            child.kill()
            return child.wait()


def _is_still_ours(lease: Lease) -> bool:
    """Keep the lease. While a long write, perhaps the child's own, holds the database, nobody else can take it."""
    try:
        return lease.heartbeat()
    except OperationalError:
        return True


def _note_failure(lease: Lease, code: int) -> None:
    """The child ended badly; if it could not say why itself, say what is known."""
    lease.run.refresh_from_db()
    if lease.run.state != Run.State.RUNNING or lease.run.fencing_token != lease.token:
        return
    if code == OVER_TIME:
        _refuse_over_time(lease)
        return
    logger.error("run %s of kind %s: child ended with %s", lease.run.pk, lease.run.kind, code)
    reason = "was stopped by the system (perhaps out of memory)" if code < 0 else "broke off"
    try:
        lease.fail("child_lost", f"The work {reason}. Nothing was changed by it; it is tried up to three times.")
    except LeaseLost:
        return


def _refuse_over_time(lease: Lease) -> None:
    """Final: the same work would take as long again."""
    logger.warning("run %s of kind %s: over its time", lease.run.pk, lease.run.kind)
    try:
        lease.refuse(
            "too_long",
            "This needs more time than one job may use. Split the file, or ask your administrator.",
        )
    except LeaseLost:
        return
