"""Pages of segments and models, as people of each role meet them."""

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from core.models import Run
from segmentation.models import Segment, SegmentSummary
from segmentation.services import request_refresh
from tests.analytics.ledger import Line
from tests.factories import make_ledger, make_shop, make_snapshot, make_user, refreshed
from tests.segmentation.bases import simulated_lines, snapshot_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def analyst(client: Client) -> Client:
    client.force_login(make_user("analyst"))
    return client


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize(("address", "sentence"), [("/segments/", "No segments yet"), ("/models/", "No models yet")])
def test_page_of_an_empty_installation_says_what_to_do(analyst: Client, address: str, sentence: str) -> None:
    page = text_of(analyst, address)
    assert sentence in page
    assert "Upload a file" in page


def test_segment_list_shows_three_groupings_with_a_next_step(analyst: Client) -> None:
    snapshot = make_snapshot(60)
    page = text_of(analyst, "/segments/")
    for entry in snapshot.segments:
        assert f'/segments/{entry["segment"]}/">{entry["name"]}</a>' in page
    for label in ("Platinum", "Gold", "Silver", "Loyal", "Potential loyal", "New", "At risk", "Dormant", "Lost"):
        assert label in page
    assert "Results as of 31 December 2025" in page
    assert page.count("Show as table") == 3


def test_segment_detail_compares_with_everybody(analyst: Client) -> None:
    snapshot = make_snapshot(60)
    best = snapshot.segments[0]
    page = text_of(analyst, f"/segments/{best['segment']}/")
    assert best["name"] in page
    assert "All customers" in page
    assert "What to do next" in page
    assert "times as much" in page


def test_segment_detail_shows_how_shares_moved(analyst: Client) -> None:
    snapshot = make_snapshot(60)
    address = f"/segments/{snapshot.segments[0]['segment']}/"
    assert "Share over time" not in text_of(analyst, address)
    run = request_refresh(by=None, as_of=date(2025, 12, 1))
    assert run is not None
    refreshed(run)
    assert "Share over time" in text_of(analyst, address)


def test_segment_detail_of_one_that_is_gone_says_so(analyst: Client) -> None:
    make_snapshot(60)
    make_ledger([Line(key, f"o{key}", date(2025, 5, 1), "10") for key in range(1, 13)])
    run = request_refresh(by=None)
    assert run is not None
    refreshed(run)
    gone = Segment.objects.filter(retired_at__isnull=False).first()
    assert gone is not None
    assert "This segment is no longer found." in text_of(analyst, f"/segments/{gone.pk}/")


def test_segment_detail_of_a_number_that_is_none_is_not_found(analyst: Client) -> None:
    assert analyst.get("/segments/404/").status_code == 404


def test_model_list_tells_parameters_check_and_history(analyst: Client) -> None:
    snapshot = make_snapshot(90)
    page = text_of(analyst, "/models/")
    assert "purchase days were made" in page
    for sentence in (
        "The contest on days kept back",
        "In use",
        "Repeat purchases in each week",
        "By how often they had bought before",
        "Expected purchases in 365 days",
    ):
        assert sentence in page
    assert f"{snapshot.fits['bg_nbd']['r']:.4f}" in page
    assert "Silhouette" in page
    assert "Shown now" in page


def test_model_list_of_a_few_customers_gives_reasons_instead(analyst: Client) -> None:
    make_ledger([Line(key, f"o{key}-{day}", date(2025, 1, day), "10") for key in (1, 2) for day in (1, 9)])
    run = request_refresh(by=None)
    assert run is not None
    refreshed(run)
    page = text_of(analyst, "/models/")
    assert "Simple rate" in page
    assert "No check on the past" in page
    assert "It could not be fitted" in page


def test_models_page_says_why_its_model_is_used(analyst: Client) -> None:
    snapshot = snapshot_of(simulated_lines())
    assert snapshot.fits["champion"] != "naive"
    assert "Over five measures its errors are" in text_of(analyst, "/models/")


def test_recompute_asks_for_a_run_and_leads_to_it(analyst: Client) -> None:
    make_shop(5)
    answer = analyst.post("/models/", {"as_of": "2025-06-30", "unit": "week", "horizon_days": 180, "holdout_days": 30})
    run = Run.objects.get()
    assert answer["Location"] == f"/runs/{run.pk}/"
    wanted = {name: run.params[name] for name in ("as_of", "unit", "horizon_days", "holdout_days")}
    assert wanted == {"as_of": "2025-06-30", "unit": "week", "horizon_days": 180, "holdout_days": 30}
    assert run.created_by is not None
    assert run.created_by.role == "analyst"


def test_recompute_with_bad_figures_says_which(analyst: Client) -> None:
    make_shop(5)
    answer = analyst.post("/models/", {"unit": "day", "horizon_days": 0})
    assert "greater than or equal to 1" in answer.content.decode()
    assert not Run.objects.exists()


def test_recompute_with_a_slip_of_the_keyboard_is_refused_on_the_form(analyst: Client) -> None:
    make_shop(5)
    form = {"unit": "day", "horizon_days": 365}
    assert "still to come" in analyst.post("/models/", {**form, "as_of": "9999-12-31"}).content.decode()
    assert "keep back at most" in analyst.post("/models/", {**form, "holdout_days": 10**12}).content.decode()
    assert not Run.objects.exists()


def test_recompute_without_purchases_says_what_to_do(analyst: Client) -> None:
    answer = analyst.post("/models/", {"unit": "day", "horizon_days": 365}, follow=True)
    assert "There are no purchases yet" in answer.content.decode()


def test_recompute_is_not_offered_to_a_marketer(client: Client) -> None:
    make_snapshot(20)
    client.force_login(make_user("marketer"))
    assert "Recompute now" not in text_of(client, "/models/")
    assert client.post("/models/", {"unit": "day", "horizon_days": 365}).status_code == 403


PAGES: list[Callable[[], str]] = [
    lambda: "/segments/",
    lambda: f"/segments/{SegmentSummary.objects.all()[0].segment_id}/",
    lambda: "/models/",
]


@pytest.mark.parametrize("address", PAGES, ids=["list", "detail", "models"])
def test_page_asks_few_questions_however_many_snapshots(
    analyst: Client, address: Callable[[], str], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    make_snapshot(20)
    for horizon in (30, 60):
        run = request_refresh(by=None, horizon_days=horizon)
        assert run is not None
        refreshed(run)
    page = address()
    with django_assert_max_num_queries(13):
        analyst.get(page)
