"""The Celery application. The broker is a hint, not a record: the truth about a job is its `Run` row.

Messages are acknowledged when they are taken, not when the work is done: a killed worker loses them, and the sweep
finds their runs by the lapsed lease. So a task carries one id and may run any number of times. Late acknowledgement
would add nothing to that, and has a cost: see docs/decisions/0013.
"""

import os
from typing import Any

from celery import Celery, signals
from django.conf import settings

from config.runtime import broker_url as embedded_broker_url

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


def broker_url() -> str:
    return str(settings.REDIS_URL) or embedded_broker_url(settings.INSIDERS_HOME)


app = Celery("insiders")
app.conf.update(
    broker_url=broker_url(),
    broker_connection_retry_on_startup=True,
    # A request must not hang because the broker does: give up soon, the sweep sends again.
    broker_transport_options={
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "health_check_interval": 10,
        "visibility_timeout": 3600,
        # Without these, sending to a broker that is down retries for six seconds inside the person's request.
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.1,
        "interval_max": 0.1,
    },
    redis_socket_timeout=5,
    redis_backend_health_check_interval=10,
    task_acks_late=False,
    worker_prefetch_multiplier=1,
    task_ignore_result=True,
    task_publish_retry=False,
    worker_hijack_root_logger=False,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    beat_schedule={
        "sweep": {"task": "core.sweep", "schedule": float(settings.SWEEP_SECONDS)},
        "tick": {"task": "core.tick", "schedule": 60.0},
        "canary": {"task": "core.canary", "schedule": 60.0},
    },
)
app.autodiscover_tasks(["core", "crm", "segmentation", "anomalies", "loyalty"])


@signals.worker_ready.connect
def note_first_beat(**_kwargs: Any) -> None:
    """A worker that has just begun to listen is no silent one; the canary's first message may be a minute away."""
    from django.utils import timezone

    from core.services.schedule import note_beat

    note_beat(name="worker", now=timezone.now())


@signals.setup_logging.connect
def keep_our_logging(**_kwargs: Any) -> None:
    """Celery leaves logging alone when this signal has a receiver; settings.LOGGING decides."""
