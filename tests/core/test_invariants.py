"""The checks that say whether what must never happen has happened."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from core import invariants
from core.models import AuditEvent, Run
from core.services.audit import record_event
from core.services.schedule import note_beat
from tests.factories import make_run

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(minutes=5)


@pytest.fixture
def worker() -> None:
    note_beat(name="worker", now=timezone.now())


def is_stuck_found() -> bool:
    return not invariants.no_run_is_stuck()[0]


def test_the_command_prints_every_number_that_is_checked(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("check_invariants", as_json=True)
    answers: dict[str, Any] = json.loads(capsys.readouterr().out)["invariants"]
    assert {"7", "8"} <= set(answers)
    assert all(set(answer) == {"ok", "detail"} and answer["ok"] for answer in answers.values())


def test_the_command_ends_with_one_when_a_check_fails(capsys: pytest.CaptureFixture[str]) -> None:
    record_event(by=None, action="a", obj="thing", key=1)
    tamper("UPDATE core_auditevent SET action = 'b'")
    with pytest.raises(SystemExit) as end:
        call_command("check_invariants", as_json=True)
    assert end.value.code == 1
    answer = json.loads(capsys.readouterr().out)["invariants"]["8"]
    assert answer["ok"] is False
    assert "breaks at event 1" in answer["detail"]


def test_a_check_that_breaks_has_not_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> tuple[bool, str]:
        raise ZeroDivisionError

    monkeypatch.setattr(invariants, "CHECKS", {3: [("It holds.", broken)]})
    assert invariants.answers()[3]["ok"] is False


def test_with_a_worker_at_work_a_run_that_nobody_was_told_of_is_stuck(worker: None) -> None:
    make_run(not_before=timezone.now() - LONG_AGO)
    assert is_stuck_found()


def test_a_run_told_to_a_worker_within_the_minute_is_not_stuck(worker: None) -> None:
    now = timezone.now()
    make_run(not_before=now - LONG_AGO, dispatched_at=now - timedelta(seconds=20))
    assert not is_stuck_found()


def test_a_lapsed_lease_that_nobody_takes_over_is_stuck(worker: None) -> None:
    make_run(state=Run.State.RUNNING, lease_expires_at=timezone.now() - LONG_AGO)
    assert is_stuck_found()


def test_a_lease_that_is_kept_is_not_stuck(worker: None) -> None:
    make_run(state=Run.State.RUNNING)
    assert not is_stuck_found()


def test_without_a_worker_nothing_is_late_but_the_waiting_are_counted() -> None:
    make_run(not_before=timezone.now() - LONG_AGO)
    ok, detail = invariants.no_run_is_stuck()
    assert ok
    assert "1 runs wait" in detail


def tamper(sql: str) -> None:
    """Change the book behind the product's back, as only the owner of the database could."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE core_auditevent DISABLE TRIGGER USER")
        cursor.execute(sql)
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE core_auditevent ENABLE TRIGGER USER")


@pytest.fixture
def book() -> None:
    for number in range(1, 4):
        record_event(by=None, action="thing.made", obj="thing", key=number, facts={"n": number})


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE core_auditevent SET action = 'thing.unmade' WHERE sequence = 2",
        "UPDATE core_auditevent SET facts = '{\"n\": 7}' WHERE sequence = 1",
        "UPDATE core_auditevent SET actor_key = 'user:1' WHERE sequence = 3",
        "DELETE FROM core_auditevent WHERE sequence = 2",
        "DELETE FROM core_auditevent WHERE sequence = 3",
        "UPDATE core_auditevent SET sequence = 9 WHERE sequence = 3",
    ],
)
def test_whatever_is_changed_in_the_book_shows(book: None, sql: str) -> None:
    assert invariants.audit_chain_verifies()[0]
    tamper(sql)
    assert not invariants.audit_chain_verifies()[0]


def test_the_book_keeps_digests_and_no_values() -> None:
    record_event(by=None, action="thing.made", obj="thing", key=1, changed={"email": "ann@example.com"})
    event = AuditEvent.objects.get()
    assert "ann" not in str(vars(event))
    assert len(event.digest) == 64


def test_on_postgresql_the_trigger_is_looked_for() -> None:
    ok, detail = invariants.audit_is_append_only()
    assert ok
    if connection.vendor == "postgresql":
        assert detail == "A trigger refuses changes."
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE core_auditevent DISABLE TRIGGER core_auditevent_append_only")
        assert not invariants.audit_is_append_only()[0]
