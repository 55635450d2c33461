"""Celery's side of the scan job."""

from celery import shared_task

from core.tasks import do_run


@shared_task(name="anomalies.scan")
def scan(run_id: str) -> None:
    do_run(run_id)
