"""A customer's habits on the page and in the API: said where the files say them, left out where they don't."""

from datetime import date
from typing import Any

import pytest
from django.test import Client

from crm.views.customer_habits import HABITS, habits, habits_data
from segmentation.models import Snapshot
from segmentation.outlook import Outlook
from segmentation.services import request_refresh
from tests.analytics.ledger import Line
from tests.factories import make_ledger, make_token, make_user, refreshed

NOTHING: dict[str, Any] = dict.fromkeys(HABITS) | {"revenue_90d": 0, "revenue_prev_90d": 0, "return_rate": 0.0}


def said(**row: Any) -> dict[str, tuple[str, str]]:
    found = habits(Outlook(Snapshot(), NOTHING | row))
    return {str(line.term): (str(line.value), str(line.hint)) for line in found}


def test_what_is_not_known_is_not_said() -> None:
    assert said() == {"Rhythm": ("One day of purchase so far", "")}
    assert habits(None) == habits(Outlook(Snapshot())) == []


def test_rhythm_with_and_without_spread() -> None:
    assert said(mean_days_between=22.7)["Rhythm"] == ("A purchase every 23 days", "From two days of purchase only")
    words = said(mean_days_between=1.2, std_days_between=8.4)["Rhythm"]
    assert words == ("A purchase every day", "On average, give or take 8 days")


@pytest.mark.parametrize(("share", "words"), [(0.5, "Mostly Thursday"), (0.3, "Thursday most often")])
def test_a_favourite_of_less_than_half_is_only_the_most_frequent(share: float, words: str) -> None:
    line = said(favourite_weekday=4, favourite_weekday_share=share)["Day of the week"]
    assert line == (words, f"{share * 100:.0f} % of the days of purchase")


@pytest.mark.parametrize(
    ("change", "words"),
    [(0.5, "Up by 50 %"), (-0.25, "Down by 25 %"), (0.01, "About as before"), (-1.0, "Down by 100 %")],
)
def test_trend_in_words(change: float, words: str) -> None:
    value, hint = said(revenue_trend=change, revenue_90d=30, revenue_prev_90d=20)["Trend"]
    assert value == words
    assert "30.00" in hint


def test_discounts_and_returns() -> None:
    found = said(discount=12, discounted_share=0.4, return_lines=2, return_rate=0.1)
    assert found["Discounts"][0] == "In 40 % of the orders"
    assert found["Returns"] == ("2 lines taken back", "10.0 % of purchases, by value")


def test_an_empty_name_is_no_favourite() -> None:
    assert "Brand" not in said(favourite_brand="", favourite_brand_share=1.0)


@pytest.mark.django_db
def test_page_and_api_tell_the_habits_of_a_calculation(client: Client) -> None:
    days = [date(2025, 1, 2), date(2025, 1, 9), date(2025, 1, 23)]
    make_ledger([Line(3, f"o{day}", day, "10", quantity="2", category="Tea") for day in days])
    run = request_refresh(by=None)
    assert run is not None
    refreshed(run)
    user = make_user("marketer")
    client.force_login(user)
    page = client.get("/customers/3/").content.decode()
    for words in ("Habits", "A purchase every 10 days", "Mostly Thursday", "Mostly Tea", "2.0 pieces an order"):
        assert words in page
    answer = client.get("/api/v1/customers/3/", headers={"Authorization": f"Token {make_token(user)}"}).json()
    told = answer["habits"]
    assert set(told) == set(HABITS)
    assert (told["mean_days_between"], told["favourite_weekday"], told["favourite_category"]) == (10.5, 4, "Tea")
    assert (told["favourite_brand"], told["discount"], told["revenue_90d"]) == (None, None, "30.00")
    assert habits_data(None) == dict.fromkeys(HABITS)
