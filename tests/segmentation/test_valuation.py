"""The horizon and the discount rate: who may change them, and what follows."""

import pytest
from django.test import Client

from core.models import AuditEvent, Run
from segmentation import services
from segmentation.models import ValuationChoice
from segmentation.selectors import current_valuation, scores
from tests.factories import make_shop, make_user, refreshed

pytestmark = pytest.mark.django_db

ADDRESS = "/settings/values/"


def test_defaults_are_a_year_and_ten_per_cent(client: Client) -> None:
    client.force_login(make_user("marketer"))
    page = client.get(ADDRESS).content.decode()
    assert "the next 365 days" in page
    assert "110 that come in a year count as 100 today" in page
    assert "A manager or an administrator may change this." in page
    assert current_valuation().pk is None


def test_a_manager_changes_them_and_new_results_are_asked_for(client: Client) -> None:
    make_shop(20)
    manager = make_user("manager")
    client.force_login(manager)
    answer = client.post(ADDRESS, {"horizon_days": "90", "discount_percent": "12.5"}, follow=True)
    assert "New results are being computed" in answer.content.decode()
    chosen = current_valuation()
    assert (chosen.horizon_days, chosen.annual_discount_rate, chosen.chosen_by) == (90, 0.125, manager)
    run = Run.objects.filter(kind=services.KIND).latest("created_at")
    assert (run.params["horizon_days"], run.params["annual_discount_rate"]) == (90, 0.125)
    event = AuditEvent.objects.filter(action="valuation.chosen").get()
    assert event.facts == {"horizon_days": 90, "annual_discount_rate": 0.125}


@pytest.mark.parametrize("role", ["marketer", "analyst"])
def test_others_may_not(client: Client, role: str) -> None:
    client.force_login(make_user(role))
    assert client.post(ADDRESS, {"horizon_days": "90", "discount_percent": "12"}).status_code == 403
    assert not ValuationChoice.objects.exists()


@pytest.mark.parametrize(("days", "percent"), [("0", "10"), ("9999", "10"), ("90", "-1"), ("90", "101"), ("90", "nan")])
def test_what_makes_no_sense_is_refused(client: Client, days: str, percent: str) -> None:
    client.force_login(make_user("manager"))
    answer = client.post(ADDRESS, {"horizon_days": days, "discount_percent": percent})
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert not ValuationChoice.objects.exists()


@pytest.mark.parametrize(("days", "rate"), [(0, 0.1), (90, -0.01), (90, 1.01)])
def test_the_service_refuses_too(days: int, rate: float) -> None:
    with pytest.raises(services.RefreshRefused):
        services.choose_valuation(horizon_days=days, annual_discount_rate=rate, by=make_user("manager"))


def test_another_rate_gives_other_values_and_the_same_one_nothing_to_do() -> None:
    make_shop(40)
    manager = make_user("manager")
    first = refreshed(_asked())
    before = dict(scores(first).values_list("pk", "clv"))
    services.choose_valuation(horizon_days=365, annual_discount_rate=0.5, by=manager)
    second = refreshed(_asked())
    assert second.fingerprint != first.fingerprint
    assert second.fits["annual_discount_rate"] == 0.5
    after = dict(scores(second).values_list("pk", "clv"))
    assert all((after[key] or 0) < value for key, value in before.items() if value)
    assert refreshed(_asked()).pk == second.pk


def _asked() -> Run:
    run = services.request_refresh(by=None)
    assert run is not None
    return run
