"""What a load balancer asks, without signing in."""

from unittest import mock

import pytest
from celery import Celery
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from core.services.schedule import note_beat


def test_live_asks_nobody_else(client: Client) -> None:
    answer = client.get("/health/live")  # no database fixture: a query would fail
    assert (answer.status_code, answer.json()) == (200, {"state": "live"})


@pytest.mark.django_db
def test_ready_without_broker_and_worker_because_pages_still_read(client: Client) -> None:
    deaf = Celery("nobody-listens", broker="redis://127.0.0.1:1/0", set_as_current=False)
    with mock.patch("core.dispatch.current_app", deaf):
        answer = client.get("/health/ready")
    assert answer.status_code == 200
    assert answer.json()["checks"] == {
        "database": "ok",
        "worker": "never heard of",
        "storage": "ok",
        "broker": "unreachable",
    }


@pytest.mark.django_db
def test_ready_reports_a_worker_that_answers(client: Client) -> None:
    note_beat(name="worker", now=timezone.now())
    assert client.get("/health/ready").json()["checks"]["worker"] == "ok"


def test_not_ready_when_the_database_does_not_answer(client: Client) -> None:
    with mock.patch("core.selectors.connections") as connections:
        connections.__getitem__.return_value.cursor.side_effect = OperationalError
        answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["checks"]) == (503, {"database": "unreachable"})


@pytest.mark.django_db
def test_not_ready_before_the_migrations_ran(client: Client) -> None:
    with (
        mock.patch("core.selectors._Migrated.is_known", False),
        mock.patch("core.selectors.MigrationExecutor") as executor,
    ):
        executor.return_value.migration_plan.return_value = ["core.0002"]
        answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["checks"]["database"]) == (503, "migrations missing")
