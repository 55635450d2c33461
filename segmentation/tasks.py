"""Celery's side of the jobs."""

from celery import shared_task

from core.tasks import do_run


@shared_task(name="segmentation.refresh")
def refresh(run_id: str) -> None:
    do_run(run_id)


@shared_task(name="segmentation.promote")
def promote(run_id: str) -> None:
    do_run(run_id)


@shared_task(name="segmentation.compare")
def compare(run_id: str) -> None:
    do_run(run_id)


@shared_task(name="segmentation.embed")
def embed(run_id: str) -> None:
    do_run(run_id)
