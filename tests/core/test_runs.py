"""Run rows: taken by one at a time, handed on when the holder is lost, given up after three attempts."""

from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from celery import Celery, current_app
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from core import dispatch
from core.child import perform
from core.models import Run
from core.runs import JobCancelled, JobRefused, Lease, LeaseLost, acquire, due, request_run, supersede_pending
from tests.factories import make_run

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def taken(run: Run, owner: str = "first") -> Lease:
    lease = acquire(run.pk, owner=owner)
    assert lease is not None
    return lease


def lapse(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(lease_expires_at=timezone.now() - HOUR)


def test_a_run_is_taken_by_one_alone() -> None:
    run = make_run()
    assert taken(run).token == 1
    assert acquire(run.pk, owner="second") is None


@pytest.mark.parametrize("state", ["succeeded", "failed", "dead", "cancelled"])
def test_a_run_that_ended_is_never_taken_again(state: str) -> None:
    assert acquire(make_run(state=state).pk, owner="late") is None


def test_a_run_is_not_taken_before_its_time() -> None:
    assert acquire(make_run(not_before=timezone.now() + HOUR).pk, owner="early") is None


def test_a_lapsed_lease_is_taken_over_with_a_higher_token() -> None:
    run = make_run()
    old = taken(run)
    lapse(run)
    new = taken(run, "second")
    assert (old.token, new.token, new.run.attempts) == (1, 2, 2)


def test_nothing_that_an_old_holder_writes_counts() -> None:
    run = make_run()
    old = taken(run)
    lapse(run)
    new = taken(run, "second")
    assert old.heartbeat() is False
    for write in (old.guard, lambda: old.progress("Late"), lambda: old.complete({"by": "old"})):
        with pytest.raises(LeaseLost), transaction.atomic():
            write()
    with pytest.raises(LeaseLost):
        old.refuse("late", "Too late.")
    old.fail("late", "Too late.")
    new.complete({"by": "new"})
    run.refresh_from_db()
    assert (run.state, run.result, run.error_code) == ("succeeded", {"by": "new"}, "")


def test_what_an_old_holder_publishes_is_rolled_back_with_its_completion() -> None:
    run = make_run()
    old = taken(run)
    lapse(run)
    taken(run, "second")

    def publish() -> None:
        with transaction.atomic():
            make_run(fingerprint="published by the old holder")
            old.complete({})

    with pytest.raises(LeaseLost):
        publish()
    assert not Run.objects.filter(fingerprint="published by the old holder").exists()


def test_a_heartbeat_keeps_the_lease() -> None:
    run = make_run()
    lease = taken(run)
    lapse(run)
    assert lease.heartbeat()
    assert acquire(run.pk, owner="second") is None


def test_a_failed_attempt_waits_and_the_third_is_the_last() -> None:
    run = make_run()
    for attempt in (1, 2, 3):
        lease = taken(run, f"attempt {attempt}")
        lease.fail("broken", "It broke.")
        run.refresh_from_db()
        assert run.state == ("pending" if attempt < 3 else "dead")
        Run.objects.filter(pk=run.pk).update(not_before=timezone.now())
    assert (run.attempts, run.error) == (3, "It broke.")
    assert acquire(run.pk, owner="fourth") is None


def test_a_run_whose_holders_vanish_three_times_is_buried_with_a_sentence() -> None:
    run = make_run()
    for _ in range(3):
        taken(run)
        lapse(run)
    assert acquire(run.pk, owner="fourth") is None
    run.refresh_from_db()
    assert (run.state, run.error_code) == ("dead", "worker_lost")
    assert "3 times" in run.error


def test_a_refusal_is_final_and_says_why() -> None:
    run = make_run()
    taken(run).refuse("no_columns", "The file has no columns.", {"uncertain": ["amount"]})
    run.refresh_from_db()
    assert (run.state, run.error, run.result) == ("failed", "The file has no columns.", {"uncertain": ["amount"]})


def test_a_success_forgets_the_error_of_an_earlier_attempt() -> None:
    run = make_run()
    taken(run).fail("broken", "It broke.")
    Run.objects.filter(pk=run.pk).update(not_before=timezone.now())
    taken(run).complete({})
    run.refresh_from_db()
    assert (run.state, run.error) == ("succeeded", "")


def test_the_same_wish_twice_is_one_run_until_it_has_ended() -> None:
    wish: dict[str, Any] = {"kind": "crm.sweep", "params": {}, "fingerprint": "f", "by": None}
    first = request_run(**wish)
    assert request_run(**wish) == first
    taken(first).complete({})
    assert request_run(**wish) != first


def test_the_database_itself_refuses_a_second_active_run() -> None:
    make_run(fingerprint="f")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_run(fingerprint="f", state="running")


def test_a_newer_wish_replaces_those_that_nobody_has_begun() -> None:
    waiting, running = make_run(), make_run(state="running")
    supersede_pending("crm.sweep")
    waiting.refresh_from_db()
    running.refresh_from_db()
    assert (waiting.state, waiting.error_code, running.state) == ("cancelled", "superseded", "running")


def test_progress_stops_a_job_that_somebody_cancelled() -> None:
    run = make_run()
    lease = taken(run)
    lease.progress("Reading", 1, 10)
    Run.objects.filter(pk=run.pk).update(is_cancel_requested=True)
    with pytest.raises(JobCancelled):
        lease.progress("Writing", 1, 10)


@pytest.mark.parametrize(
    ("error", "state", "code"),
    [
        (None, "succeeded", ""),
        (JobRefused("odd", "It is odd."), "failed", "odd"),
        (JobCancelled(), "cancelled", ""),
        (MemoryError(), "failed", "too_large"),
        (ZeroDivisionError(), "pending", "unexpected"),
    ],
)
def test_however_a_job_ends_its_row_says_so(error: Exception | None, state: str, code: str) -> None:
    run = make_run()
    job = mock.Mock(return_value={"done": 1}, side_effect=error)
    with mock.patch("django.utils.module_loading.import_string", return_value=job):
        perform(taken(run))
    run.refresh_from_db()
    assert (run.state, run.error_code) == (state, code)


def test_the_sweep_finds_what_waits_untold_and_what_lapsed_and_nothing_else() -> None:
    now = timezone.now()
    waiting = make_run(not_before=now - HOUR)
    told_long_ago = make_run(not_before=now - HOUR, dispatched_at=now - HOUR)
    lapsed = make_run(state="running", lease_expires_at=now - HOUR)
    make_run(not_before=now + HOUR)
    make_run(dispatched_at=now)
    make_run(state="running")
    make_run(state="dead")
    assert set(due(now)) == {waiting, told_long_ago, lapsed}


def test_sending_notes_what_the_broker_took() -> None:
    run = make_run()
    with mock.patch.object(current_app, "send_task") as send_task:
        assert dispatch.send_due() == 1
        assert dispatch.send_due() == 0, "told a moment ago"
    send_task.assert_called_once_with("crm.sweep", args=[str(run.pk)])


def test_a_broker_that_is_down_leaves_the_run_for_the_next_sweep() -> None:
    make_run()
    with mock.patch.object(current_app, "send_task", side_effect=OperationalError):
        assert dispatch.send_due() == 0
    with mock.patch.object(current_app, "send_task"):
        assert dispatch.send_due() == 1


def test_a_broker_that_is_down_does_not_hold_up_the_request() -> None:
    make_run()
    deaf = Celery("nobody-listens", set_as_current=False)
    deaf.conf.update({**current_app.conf, "broker_url": "redis://127.0.0.1:1/0"})
    begun = timezone.now()
    with mock.patch.object(dispatch, "current_app", deaf):
        assert dispatch.send_due() == 0
    assert timezone.now() - begun < timedelta(seconds=2)


def test_a_hint_goes_out_only_when_its_transaction_is_kept(django_capture_on_commit_callbacks: Any) -> None:
    with mock.patch.object(current_app, "send_task") as send_task:
        with django_capture_on_commit_callbacks(execute=True):
            dispatch.hint(make_run())
            dispatch.hint(None)
            assert not send_task.called
        assert send_task.call_count == 1


@pytest.mark.parametrize("ending", [JobRefused("no", "No."), JobCancelled(), MemoryError(), RuntimeError("broken")])
def test_a_job_whose_run_was_taken_over_ends_quietly_however_it_ends(ending: Exception) -> None:
    run = make_run(attempts=2)
    lease = taken(run)

    def job(lease: Lease) -> None:
        lapse(run)
        Run.objects.filter(pk=run.pk).update(fencing_token=9)
        raise ending

    with mock.patch("django.utils.module_loading.import_string", return_value=job):
        assert perform(lease) == 0
    run.refresh_from_db()
    assert (run.state, run.error_code) == ("running", "")


def test_a_wish_whose_like_ends_that_very_moment_is_a_new_run() -> None:
    first = request_run(kind="crm.sweep", params={}, fingerprint="same", by=None)

    def end_the_first_before_it_is_read(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("SELECT") and Run._meta.db_table in sql:
            Run.objects.filter(pk=first.pk, state="pending").update(state="cancelled", finished_at=timezone.now())
        return execute(sql, *rest)

    with connection.execute_wrapper(end_the_first_before_it_is_read):
        newer = request_run(kind="crm.sweep", params={}, fingerprint="same", by=None)
    assert newer.pk != first.pk
    assert newer.state == Run.State.PENDING
