"""Telling a worker about a run. A hint: when it is lost, the sweep repeats it."""

import logging
from collections.abc import Iterable
from functools import partial

from celery import current_app
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from core.models import Run
from core.runs import due, mark_dispatched

logger = logging.getLogger(__name__)


def hint(run: Run | None) -> None:
    """After the current transaction, tell a worker; a broker that is down is no error of the caller's."""
    if run is not None:
        transaction.on_commit(partial(send, [run]))


def send(runs: Iterable[Run]) -> int:
    """Send now; returns how many the broker took."""
    sent = []
    for run in runs:
        try:
            current_app.send_task(run.kind, args=[str(run.pk)])
        except (OperationalError, OSError) as error:
            logger.warning("broker not reachable, run %s waits for the sweep: %s", run.pk, error)
            break
        sent.append(run.pk)
    mark_dispatched(sent, timezone.now())
    return len(sent)


def send_due() -> int:
    """Tell workers of everything that is due; used by the sweep and after a task's follow-ups."""
    return send(due(timezone.now())[:100])


def is_broker_reachable() -> bool:
    """Whether the broker answers within a moment; for reports only, nothing may depend on it."""
    try:
        with current_app.connection_for_read(connect_timeout=1) as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=1)
    except (OperationalError, OSError):
        return False
    return True
