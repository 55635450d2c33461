"""Background work as a person sees it."""

import pytest
from django.test import Client

from core.kinds import KINDS
from core.models import AuditEvent, Run, User
from core.permissions import PERMISSIONS
from tests.factories import make_run, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def mark(client: Client) -> User:
    mark = make_user("marketer")
    client.force_login(mark)
    return mark


def test_a_running_job_shows_its_stage_and_asks_again(client: Client, mark: User) -> None:
    run = make_run(state="running", stage="Reading the lines", progress_done=30, progress_total=100)
    page = client.get(f"/runs/{run.pk}/").content.decode()
    assert "Reading the lines" in page
    assert f'hx-get="/runs/{run.pk}/" hx-trigger="every 2s"' in page
    assert "<html" in page


def test_htmx_gets_the_piece_alone(client: Client, mark: User) -> None:
    run = make_run(state="running")
    piece = client.get(f"/runs/{run.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in piece
    assert piece.lstrip().startswith('<div id="run"')


def test_a_job_that_ended_is_not_asked_again_and_says_why_it_failed(client: Client, mark: User) -> None:
    run = make_run("crm.ingest", state="dead", error_code="child_lost", error="The work broke off. Try again.")
    page = client.get(f"/runs/{run.pk}/").content.decode()
    assert "every 2s" not in page
    assert "The work broke off. Try again." in page
    assert f"/runs/{run.pk}/retry/" in page


def test_trying_again_makes_a_new_run_of_the_same_work(client: Client, mark: User) -> None:
    run = make_run("crm.ingest", state="dead", params={"upload": 7})
    answer = client.post(f"/runs/{run.pk}/retry/")
    newer = Run.objects.get(state="pending")
    assert answer["Location"] == f"/runs/{newer.pk}/"
    assert (newer.kind, newer.params, newer.fingerprint) == (run.kind, {"upload": 7}, run.fingerprint)
    assert AuditEvent.objects.get().action == "run.retried"


def test_trying_again_while_it_runs_changes_nothing(client: Client, mark: User) -> None:
    run = make_run("crm.ingest", state="running")
    client.post(f"/runs/{run.pk}/retry/")
    assert Run.objects.count() == 1


def test_a_waiting_job_is_cancelled_at_once_and_a_running_one_is_asked_to_stop(client: Client, mark: User) -> None:
    waiting, running = make_run("crm.ingest"), make_run("crm.undo", state="running")
    client.post(f"/runs/{waiting.pk}/cancel/")
    client.post(f"/runs/{running.pk}/cancel/")
    waiting.refresh_from_db()
    running.refresh_from_db()
    assert waiting.state == "cancelled"
    assert (running.state, running.is_cancel_requested) == ("running", True)


def test_the_top_bar_lists_what_runs_and_is_empty_when_nothing_does(client: Client, mark: User) -> None:
    assert client.get("/runs/running/").content.strip() == b""
    make_run(state="running", stage="Reading")
    make_run(state="succeeded", stage="Over")
    piece = client.get("/runs/running/").content.decode()
    assert "1 job running" in piece
    assert "Over" not in piece


def test_a_run_that_does_not_exist_is_not_found(client: Client, mark: User) -> None:
    assert client.get("/runs/00000000-0000-0000-0000-000000000000/").status_code == 404


def test_every_kind_names_the_capability_that_steers_it() -> None:
    assert {kind.capability for kind in KINDS.values()} <= set(PERMISSIONS)


@pytest.mark.parametrize("kind", ["segmentation.refresh", "anomalies.scan", "loyalty.review", "crm.sweep"])
def test_who_may_not_ask_for_a_job_can_neither_stop_it_nor_ask_again(client: Client, mark: User, kind: str) -> None:
    running, dead = make_run(kind, state="running"), make_run(kind, state="dead")
    assert client.post(f"/runs/{running.pk}/cancel/").status_code == 403
    assert client.post(f"/runs/{dead.pk}/retry/").status_code == 403
    running.refresh_from_db()
    assert not running.is_cancel_requested
    assert Run.objects.count() == 2
    for run, word in ((running, "cancel"), (dead, "retry")):
        assert f"/runs/{run.pk}/{word}/" not in client.get(f"/runs/{run.pk}/").content.decode()


def test_who_may_ask_for_a_job_sees_the_buttons_and_may_use_them(client: Client) -> None:
    client.force_login(make_user("analyst"))
    running, dead = make_run("anomalies.scan", state="running"), make_run("anomalies.scan", state="dead")
    for run, word in ((running, "cancel"), (dead, "retry")):
        assert f"/runs/{run.pk}/{word}/" in client.get(f"/runs/{run.pk}/").content.decode()
        assert client.post(f"/runs/{run.pk}/{word}/").status_code == 302


def test_a_review_that_somebody_else_asks_for_again_is_not_applied_in_the_managers_name(client: Client) -> None:
    manager, analyst = make_user("manager"), make_user("analyst")
    run = make_run("loyalty.review", state="cancelled", params={"snapshot": 1, "approver": manager.pk})
    client.force_login(analyst)
    client.post(f"/runs/{run.pk}/retry/")
    newer = Run.objects.get(state="pending")
    assert newer.params == {"snapshot": 1, "approver": None}
    assert newer.fingerprint != run.fingerprint


def test_a_manager_may_repeat_the_own_word(client: Client) -> None:
    manager = make_user("manager")
    run = make_run("loyalty.review", state="cancelled", params={"snapshot": 1, "approver": manager.pk})
    client.force_login(manager)
    client.post(f"/runs/{run.pk}/retry/")
    assert Run.objects.get(state="pending").params == run.params
