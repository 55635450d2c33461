"""What a customer's page, command and API say of the future and of how far to trust it."""

from datetime import date
from typing import Any

import pytest
from django.test import Client

from crm import ledger
from crm.views.customer_profile import profile_data
from segmentation import outlook, store
from segmentation.models import ScoreA, Snapshot
from tests.analytics.ledger import Line
from tests.factories import make_customer, make_snapshot, make_user
from tests.segmentation.bases import clockwork_lines, simulated_lines, snapshot_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def marketer(client: Client) -> Client:
    client.force_login(make_user("marketer"))
    return client


def page_of(client: Client, key: int) -> str:
    answer = client.get(f"/customers/{key}/")
    assert answer.status_code == 200
    return answer.content.decode()


def data_of(score: Any) -> dict[str, Any]:
    return profile_data(score.customer)


def test_values_stand_with_their_intervals_on_page_and_api(marketer: Client) -> None:
    snapshot = snapshot_of(simulated_lines())
    best = ScoreA.objects.order_by("-clv").select_related("customer")[0]
    page = page_of(marketer, best.pk)
    assert page.count("in 8 of 10 such cases") == 4
    assert "The next order is as likely as not to have come by" in page
    assert "No order at all" in page
    found = data_of(best)
    assert found["intervals"]["level"] == 0.8
    low, high = found["intervals"]["clv"]
    assert low < best.clv < high
    assert found["intervals"]["reasons"] == {}
    assert [entry["days"] for entry in found["outlook"]["horizons"]] == [30, 90, 180, 365]
    for entry in found["outlook"]["horizons"]:
        for name in ("no_purchase", "expected_purchases", "clv"):
            low, high = entry[f"{name}_interval"]
            assert low < entry[name] < high
    assert date.fromisoformat(found["outlook"]["next_order_on"]) > snapshot.as_of


def test_one_time_buyers_are_said_to_count_as_alive_by_construction(marketer: Client) -> None:
    snapshot_of(simulated_lines())
    once = ScoreA.objects.filter(frequency=0).select_related("customer")[0]
    page = page_of(marketer, once.pk)
    assert "Bought on one day only" in page
    found = data_of(once)["intervals"]
    assert found["p_alive"] is None
    assert "whatever they do" in found["reasons"]["p_alive"]
    assert found["clv"] is not None


@pytest.mark.parametrize(("champion", "frequency"), [("bg_nbd", 4), ("mbg_nbd", 0), ("pareto_nbd", 7)])
def test_a_missing_interval_of_somebody_else_is_not_blamed_on_buying_once(champion: str, frequency: int) -> None:
    snapshot = Snapshot(fits={"champion": champion, "interval_level": 0.8, "interval_reasons": {}})
    reason = outlook.Outlook(snapshot, {"frequency": frequency, "p_alive": 1.0}).interval_reason("p_alive")
    assert reason == "The figure is so close to its limit that a range can't be told apart from it."


def test_a_simple_rate_has_no_intervals_and_no_course_and_the_page_says_so(marketer: Client) -> None:
    snapshot_of(clockwork_lines())
    page = page_of(marketer, 1)
    assert "worse than a simple rate" in page
    assert "says nothing about who has left" in page
    assert "in 8 of 10 such cases" not in page
    found = data_of(ScoreA.objects.select_related("customer").get(pk=1))["intervals"]
    assert found["clv"] is None
    assert "simple rate" in found["reasons"]["clv"]


def test_the_course_ends_with_the_probability_of_the_results(marketer: Client) -> None:
    snapshot = snapshot_of(simulated_lines())
    score = ScoreA.objects.filter(frequency__gt=2).order_by("pk")[0]
    days = ledger.customer_history(snapshot.catalogue_version, score.pk).purchase_days
    assert len(days) == score.frequency + 1
    course = outlook.alive_course(snapshot, days)
    assert (course.days[0], course.days[-1]) == (days[0], snapshot.as_of)
    assert course.p_alive[-1] == pytest.approx(score.p_alive, rel=1e-9)
    assert sum(course.bought) >= 1
    assert "After a purchase" in page_of(marketer, score.pk)


def test_purchases_after_the_results_do_not_change_the_course() -> None:
    snapshot = snapshot_of(simulated_lines())
    days = [date(2025, 3, 1), date(2025, 6, 1), snapshot.as_of]
    later = [*days, date(2026, 2, 1)]
    assert outlook.alive_course(snapshot, later) == outlook.alive_course(snapshot, days)
    assert outlook.alive_course(snapshot, later[-1:]).why


def test_a_long_past_is_drawn_in_weeks_or_months() -> None:
    for length, most in ((400, 401), (3000, 540), (9000, 540)):
        steps = outlook._steps(length)
        assert (steps[0], steps[-1]) == (0, length)
        assert len(steps) <= most


def test_somebody_of_whom_nothing_is_known_has_neither(marketer: Client) -> None:
    snapshot_of([Line(1, "a", date(2025, 1, 1), "5")])
    stranger = make_customer("stranger")
    found = profile_data(stranger)
    assert found["intervals"]["clv"] is None
    assert found["outlook"]["horizons"] == []
    assert "What lies ahead" not in marketer.get("/customers/stranger/").content.decode()


def test_a_damaged_file_costs_the_intervals_and_not_the_page(marketer: Client) -> None:
    snapshot = make_snapshot(12)
    ledger.storage_path(snapshot.path).unlink()
    store._verified.clear()
    page = page_of(marketer, 4)
    assert "are not in the store" in page


def test_results_from_before_intervals_say_so(marketer: Client) -> None:
    snapshot = make_snapshot(12)
    row = dict.fromkeys(store.COLUMNS)
    Snapshot.objects.filter(pk=snapshot.pk).update(fits={"bg_nbd": None, "gamma_gamma": None})
    old = outlook.Outlook(Snapshot.objects.get(pk=snapshot.pk), row)
    assert old.horizons == []
    assert old.next_order == ""
    assert "before intervals were computed" in old.interval_reason("clv")
