"""Celery's side of a run: an id comes in, the row decides. Lost, late and doubled messages change nothing."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from core.dispatch import send_due
from core.execution import execute
from core.services.schedule import note_beat, start_due_slots
from core.services.webhooks import request_due_deliveries


def do_run(run_id: str) -> None:
    """The body of every job's task: do the run, then tell workers of what it asked for."""
    execute(UUID(run_id))
    send_due()


@shared_task(name="core.sweep")
def sweep() -> None:
    """Find work that was lost: waiting and untold, or with a lapsed lease."""
    send_due()


@shared_task(name="core.tick")
def tick() -> None:
    """Start what the schedule has due; its slots are unique, so two schedulers do no harm."""
    start_due_slots(now=timezone.now())
    request_due_deliveries()
    send_due()


@shared_task(name="core.canary")
def canary() -> None:
    """Prove that messages arrive and are worked on."""
    note_beat(name="worker", now=timezone.now())


@shared_task(name="core.webhook")
def webhook(run_id: str) -> None:
    do_run(run_id)
