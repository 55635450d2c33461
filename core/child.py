"""`python -m core.child RUN TOKEN`: one job in an interpreter of its own."""

import logging
import os
import resource
import sys
import threading
from typing import Any
from uuid import UUID

# What does not answer now is asked again after twice as long, then after four times as long.
UNAVAILABLE_SECONDS = 15


def main(run_id: str, token: str) -> int:
    _die_with_parent()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    # Two cores shared by everyone: libraries that start a thread per core only get in each other's way.
    os.environ.setdefault("OMP_NUM_THREADS", "2")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # A thread that waits for another one sleeps: spinning took four times the processor time where cores are shared.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    import django

    django.setup()
    from core.kinds import KINDS
    from core.models import Run
    from core.runs import Lease

    run = Run.objects.filter(pk=UUID(run_id), fencing_token=int(token), state=Run.State.RUNNING).first()
    if run is None:
        return 0
    _limit(KINDS[run.kind])
    return perform(Lease(run))


def perform(lease: Any) -> int:
    """Call the job of the run's kind and write down how it ended, unless the run is somebody else's by now."""
    from core.runs import LeaseLost

    try:
        return _perform(lease)
    except LeaseLost:
        return 0


def _perform(lease: Any) -> int:
    from django.utils.module_loading import import_string

    from core.kinds import KINDS
    from core.models import Run
    from core.runs import JobCancelled, JobRefused, LeaseLost
    from core.trouble import Unavailable

    kind = KINDS[lease.run.kind]
    try:
        result = import_string(kind.job)(lease)
        if lease.run.state == Run.State.RUNNING:
            lease.complete(result)
    except LeaseLost:
        raise
    except JobRefused as refusal:
        lease.refuse(refusal.code, refusal.message, refusal.details)
    except JobCancelled:
        lease.cancelled()
    except MemoryError:
        lease.refuse(
            "too_large",
            "This needs more memory than one job may use. Split the file, or ask your administrator.",
        )
    except Unavailable as trouble:
        logging.getLogger(__name__).warning("run %s of kind %s: %s", lease.run.pk, lease.run.kind, trouble.message)
        lease.fail(trouble.code, trouble.message, wait=UNAVAILABLE_SECONDS * 2**lease.run.attempts)
        return 1
    except Exception:
        logging.getLogger(__name__).exception("run %s of kind %s", lease.run.pk, lease.run.kind)
        lease.fail(
            "unexpected",
            "Something went wrong on our side. Nothing was changed; the work is tried up to three times.",
        )
        return 1
    return 0


def _limit(kind: Any) -> None:
    if kind.memory_mb:
        resource.setrlimit(resource.RLIMIT_DATA, (kind.memory_mb * 1024 * 1024,) * 2)
    if kind.cpu_seconds:
        # At the soft limit the system ends us with SIGXCPU, which the parent knows how to read.
        resource.setrlimit(resource.RLIMIT_CPU, (kind.cpu_seconds, kind.cpu_seconds + 5))


def _die_with_parent() -> None:
    """End when the parent's end of our standard input closes, however the parent died."""

    def watch() -> None:
        while os.read(0, 1):  # the parent never writes; an empty read is its end
            continue
        os._exit(9)

    threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
