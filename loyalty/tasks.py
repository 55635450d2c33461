"""Celery's side of the programme's work."""

from celery import shared_task

from core.tasks import do_run


@shared_task(name="loyalty.review")
def review(run_id: str) -> None:
    do_run(run_id)


@shared_task(name="loyalty.report")
def report(run_id: str) -> None:
    do_run(run_id)


@shared_task(name="loyalty.measure")
def measure(run_id: str) -> None:
    do_run(run_id)


@shared_task(name="loyalty.draw")
def draw(run_id: str) -> None:
    do_run(run_id)


@shared_task(name="loyalty.import_results")
def import_results(run_id: str) -> None:
    do_run(run_id)


@shared_task(name="loyalty.announce")
def announce(run_id: str) -> None:
    do_run(run_id)


@shared_task(name="loyalty.propose")
def propose(run_id: str) -> None:
    do_run(run_id)


@shared_task(name="loyalty.replay")
def replay(run_id: str) -> None:
    do_run(run_id)


@shared_task(name="loyalty.mail_report")
def mail_report(run_id: str) -> None:
    do_run(run_id)


@shared_task(name="loyalty.advise")
def advise(run_id: str) -> None:
    do_run(run_id)


@shared_task(name="loyalty.take_action")
def take_action(run_id: str) -> None:
    do_run(run_id)


@shared_task(name="loyalty.read_out")
def read_out(run_id: str) -> None:
    do_run(run_id)
