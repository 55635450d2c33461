"""Rules over past reviews: what they would have done, in pure numbers and from the purchases themselves."""

from datetime import date
from typing import Any

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse

from core.models import Run
from crm import ledger
from crm.models import CataloguePointer
from loyalty import services
from loyalty.forms import data_of
from loyalty.jobs.replaying import counted_table
from loyalty.replaying import Course, run_over
from loyalty.selectors.standing import default_programme
from loyalty.services.replaying import days_before
from segmentation import store
from tests.factories import do_run, make_rules, make_snapshot, make_user
from tests.loyalty.world import publish_scores, refused

MAY = date(2025, 5, 31)
database = pytest.mark.django_db


def at_least(count: float, name: str = "orders_12m") -> list[Any]:
    return [{"feature": name, "operator": ">=", "value": count}]


def past(*orders: dict[int, int]) -> list[tuple[date, dict[str, Any]]]:
    def table(counts: dict[int, int]) -> dict[str, Any]:
        keys = sorted(counts)
        values = np.array([counts[key] for key in keys], dtype=float)
        return {"customer_key": np.array(keys), "orders_12m": values, "revenue_12m": values}

    return [(date(2025, month, 28), table(counts)) for month, counts in enumerate(orders, start=1)]


@pytest.mark.any_world
def test_a_member_who_lapses_and_returns_is_counted_as_such() -> None:
    course = Course(at_least(5), at_least(4), grace_days=20, most_members=None)
    run_over([course], past({1: 5, 2: 9}, {1: 3, 2: 9}, {1: 3, 2: 9}, {1: 6, 2: 9, 3: 5}))
    found = course.as_json()
    counts = [(step["members"], step["joined"], step["left"], step["warned"]) for step in found["steps"]]
    assert counts == [(2, 2, 0, 0), (2, 0, 0, 1), (1, 0, 1, 0), (3, 2, 0, 0)]
    assert (found["ever"], found["came_back"], found["steps"][3]["returned"]) == (3, 1, 1)
    assert found["leaving"] == pytest.approx((0 + 1 / 2 + 0) / 3)


@pytest.mark.any_world
def test_within_the_grace_nobody_goes_in_and_out() -> None:
    course = Course(at_least(5), at_least(4), grace_days=60, most_members=None)
    run_over([course], past({1: 5}, {1: 3}, {1: 4}, {1: 3}, {1: 5}))
    assert [step.left for step in course.steps] == [0] * 5
    assert course.as_json()["came_back"] == 0


@pytest.mark.any_world
def test_a_cap_holds_at_every_past_review() -> None:
    course = Course(at_least(1), at_least(1), grace_days=0, most_members=2)
    run_over([course], past({1: 5, 2: 9, 3: 7}, {1: 50, 2: 9, 3: 7}))
    assert [step.members for step in course.steps] == [2, 2]
    assert course.members.keys() == {2, 3}


@database
def test_past_days_are_counted_as_their_results_would_have_been() -> None:
    snapshot = make_snapshot()

    columns = ["customer_key", "revenue_12m", "orders_12m", "average_order_value", "frequency", "mean_days_between"]
    with ledger.computing(CataloguePointer.objects.get(pk=1).version) as engine:
        found = counted_table(engine, snapshot.as_of, columns)
    kept = store.read_scores(snapshot, columns)
    for name in columns:
        np.testing.assert_allclose(np.asarray(found[name], dtype=float), np.asarray(kept[name], dtype=float), rtol=1e-9)


@database
def test_rules_are_replayed_over_past_reviews_beside_those_in_force(client: Client) -> None:
    make_snapshot()
    make_rules(at_least(8), at_least(6))
    client.force_login(make_user("manager"))
    sent = data_of(at_least(4), at_least(3)).dict() | {"row": ["0"]}
    answer = client.post(reverse("loyalty:rules-replay"), sent)
    run = do_run(Run.objects.get(kind="loyalty.replay"))
    result = run.result or {}
    assert len(result["proposed"]["steps"]) == len(result["in_force"]["steps"]) == 12
    assert result["proposed"]["steps"][-1]["members"] > result["in_force"]["steps"][-1]["members"] > 0
    page = client.get(answer["Location"]).content.decode()
    assert "With these rules, over 12 reviews" in page
    assert "saw less than 12 months" in page


@database
def test_rules_by_estimates_need_results_that_were_kept() -> None:
    publish_scores(MAY, {1: 10, 2: 6, 3: 4, 4: 0})
    rule = at_least(0.5, "p_alive")
    run = services.request_replay(programme=default_programme(), entry=rule, stay=rule, by=make_user("manager"))
    assert "only results of today are kept" in refused(run).error


@database
def test_past_reviews_keep_the_schedule() -> None:
    programme = default_programme()
    assert days_before(programme, date(2025, 3, 31))[-3:] == [date(2025, 1, 31), date(2025, 2, 28), date(2025, 3, 31)]
    programme.review_schedule, programme.review_period_days = "days", 7
    assert days_before(programme, date(2025, 3, 31))[-2:] == [date(2025, 3, 24), date(2025, 3, 31)]
