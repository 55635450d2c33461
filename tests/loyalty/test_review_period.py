"""How often the programme is reviewed without anybody asking: once a period, in the days of the results."""

from datetime import date

import pytest

from loyalty.selectors.standing import default_programme, is_review_due, next_review_on
from loyalty.services import request_review_after
from tests.factories import make_rules, reviewed
from tests.loyalty.world import publish_scores

pytestmark = pytest.mark.django_db
ORDERS = {1: 9, 2: 7, 3: 1}


@pytest.fixture(autouse=True)
def first_review() -> None:
    make_rules()
    publish_scores(date(2025, 1, 31), ORDERS)
    reviewed()


def asked_for() -> str:
    run = request_review_after()
    assert run is not None
    return run.kind


def test_the_next_review_is_due_a_month_after_the_results_of_the_latest() -> None:
    assert next_review_on(default_programme()) == date(2025, 2, 28)


def test_results_within_the_period_bring_a_report_and_no_review() -> None:
    publish_scores(date(2025, 2, 27), ORDERS)
    assert asked_for() == "loyalty.report"


def test_results_after_the_period_bring_a_review() -> None:
    publish_scores(date(2025, 2, 28), ORDERS)
    assert asked_for() == "loyalty.review"


def test_a_longer_period_waits_longer() -> None:
    programme = default_programme()
    programme.review_period_months = 3
    programme.save()
    snapshot = publish_scores(date(2025, 4, 29), ORDERS)
    assert not is_review_due(programme, snapshot)
    assert is_review_due(programme, publish_scores(date(2025, 4, 30), ORDERS))


def test_results_that_know_no_member_are_another_shops_and_reviewed_at_once() -> None:
    publish_scores(date(2025, 2, 1), {11: 9, 12: 1})
    assert asked_for() == "loyalty.review"


def test_results_of_an_earlier_day_are_left_to_the_review_to_judge() -> None:
    publish_scores(date(2024, 12, 31), ORDERS)
    assert asked_for() == "loyalty.review"
