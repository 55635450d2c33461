"""The first page: empty, with a demo, and with real results."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.services.accounts import create_user
from core.services.schedule import note_beat
from core.views.today_figures import Money, money
from crm.models import Upload
from segmentation.models import Snapshot
from segmentation.services import request_refresh
from tests.analytics.ledger import Line
from tests.factories import make_ledger, make_run, make_snapshot, make_user, refreshed, reviewed

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(client: Client) -> Client:
    client.force_login(make_user("manager"))
    return client


def read(client: Client) -> str:
    answer = client.get("/")
    assert answer.status_code == 200
    return answer.content.decode()


def done(client: Client) -> list[bool]:
    return [step.is_done for step in client.get("/").context["steps"]]


def test_a_new_installation_shows_what_to_do_first(manager: Client) -> None:
    page = read(manager)
    assert "0 of 5 done" in page
    assert "Upload your own file" in page
    assert "None yet" in page
    assert done(manager) == [False] * 5


def test_lines_without_results_say_that_these_are_on_their_way(manager: Client) -> None:
    make_ledger([Line(1, "A1", date(2025, 1, 1), "5")])
    assert "The first results are being computed" in read(manager)


def test_steps_are_done_when_the_data_says_so(manager: Client) -> None:
    make_snapshot(60)
    assert done(manager) == [True, True, False, False, False]
    admin = make_user("admin")
    create_user(username="colleague", role="analyst", by=admin)
    assert done(manager)[4]


def test_the_demo_is_not_the_own_file(manager: Client) -> None:
    make_snapshot(60)
    Upload.objects.update(source=Upload.Source.DEMO)
    assert done(manager) == [False, True, False, False, False]
    assert "demo shop" in read(manager)


def test_a_marketer_sees_steps_but_no_links_to_places_that_are_closed(client: Client) -> None:
    client.force_login(make_user("marketer"))
    page = read(client)
    assert "Create accounts for colleagues" in page
    assert '<a href="/settings/">Create' not in page
    assert '<a href="/uploads/">Upload your own file' in page


def test_with_results_every_figure_has_its_unit_and_its_source(manager: Client) -> None:
    make_snapshot(60)
    reviewed()
    page = read(manager)
    for part in ("members", "joined", "Revenue in 30 complete days", "GBP", "Open anomalies", "Revenue by month"):
        assert part in page
    assert page.count("stat-why") >= 5


def test_the_30_days_are_complete_and_compared_with_the_30_before(manager: Client) -> None:
    start = date(2025, 1, 1)
    days = [Line(1 + day % 7, f"o{day}", start + timedelta(days=day), "10") for day in range(61)]
    days += [Line(1, "today", start + timedelta(days=61), "1000"), Line(None, "guest", start + timedelta(days=60), "5")]
    make_ledger(days)
    run = request_refresh(by=None)
    assert run is not None
    found = money(refreshed(run), None)
    assert (found.first, found.last) == (start + timedelta(days=31), start + timedelta(days=60))
    assert (found.revenue, found.before) == (Decimal(305), Decimal(300))
    assert found.change == pytest.approx(5 / 300)


@pytest.mark.parametrize("before", [None, Decimal(0), Decimal(-3)])
def test_where_there_is_nothing_to_compare_with_no_change_is_claimed(before: Decimal | None) -> None:
    assert Money(Decimal(5), before, None, None, None, None, None).change is None


def test_results_of_an_older_kind_leave_the_figure_out(manager: Client) -> None:
    snapshot = make_snapshot(60)
    charts = {name: value for name, value in snapshot.charts.items() if name != "recent_revenue"}
    Snapshot.objects.filter(pk=snapshot.pk).update(charts=charts)
    assert "Appears with the next results" in read(manager)


def test_a_worker_that_is_silent_is_told_and_one_that_works_is_not(manager: Client) -> None:
    make_snapshot(60)
    assert "No worker is running, so results stay as of 31 December 2025" in read(manager)
    note_beat(name="worker", now=timezone.now())
    assert "No worker is running" not in read(manager)
    note_beat(name="worker", now=timezone.now() - timedelta(minutes=10))
    assert "No worker is running" in read(manager)


def test_a_file_newer_than_the_results_is_told(manager: Client) -> None:
    make_snapshot(60)
    note_beat(name="worker", now=timezone.now())
    make_ledger([Line(1, "newer", date(2026, 1, 2), "5")])
    assert "Newer lines are being worked on" in read(manager)


def test_jobs_at_work_are_named(manager: Client) -> None:
    make_run(state="running", stage="Reading lines")
    assert "Reading lines" in read(manager)


def test_the_page_asks_the_database_a_bounded_number_of_times(manager: Client) -> None:
    make_snapshot(60)
    with CaptureQueriesContext(connection) as asked:
        read(manager)
    assert len(asked) <= 32
