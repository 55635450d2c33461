"""Celery's side of the ingest jobs."""

from celery import shared_task

from core.tasks import do_run


@shared_task(name="crm.sniff")
def sniff(run_id: str) -> None:
    do_run(run_id)


@shared_task(name="crm.ingest")
def ingest(run_id: str) -> None:
    do_run(run_id)


@shared_task(name="crm.undo")
def undo(run_id: str) -> None:
    do_run(run_id)


@shared_task(name="crm.sweep")
def sweep(run_id: str) -> None:
    do_run(run_id)


@shared_task(name="crm.verify")
def verify(run_id: str) -> None:
    do_run(run_id)


@shared_task(name="crm.describe")
def describe(run_id: str) -> None:
    do_run(run_id)


@shared_task(name="crm.export")
def export(run_id: str) -> None:
    do_run(run_id)


@shared_task(name="crm.fetch")
def fetch(run_id: str) -> None:
    do_run(run_id)


@shared_task(name="crm.complete")
def complete(run_id: str) -> None:
    do_run(run_id)


@shared_task(name="crm.redo")
def redo(run_id: str) -> None:
    do_run(run_id)


@shared_task(name="crm.merge")
def merge(run_id: str) -> None:
    do_run(run_id)
