"""Celery's side of the review job."""

from celery import shared_task

from core.tasks import do_run


@shared_task(name="loyalty.review")
def review(run_id: str) -> None:
    do_run(run_id)
