"""When a control can be planned, on whose spending, and when those held back may join."""

from typing import Any

import pytest

from core.models import Run
from loyalty.models import RuleVersion
from loyalty.selectors.experiments import latest_ground
from loyalty.selectors.plans import plan, spread_of_programme
from loyalty.selectors.standing import default_programme
from loyalty.services import approve_rules, end_experiment, propose_rules, request_review, revert_rules
from tests.factories import do_run, make_user
from tests.loyalty.proof_world import PEOPLE, a_running_control, a_shop, measured

pytestmark = pytest.mark.django_db

AT_LEAST_12: list[Any] = [{"feature": "orders_12m", "operator": ">=", "value": 12}]


def window(mean: float) -> list[dict[str, Any]]:
    return [{"weeks": 26, "mean": mean, "deviation": mean, "correlation": 0.1}]


def spreads(joiners: int) -> dict[str, Any]:
    return {
        "eligible": {"people": 900, "revenue": window(1900.0), "orders": window(9.0)},
        "joiners": {"people": joiners, "revenue": window(700.0), "orders": window(3.0)},
    }


def test_a_plan_rests_on_those_who_would_join_and_not_on_present_members() -> None:
    asked = {"share": 0.1, "weeks": 26, "uplift": 0.1}
    found = plan(spread_of_programme(default_programme(), spreads(400), 26), **asked)  # type: ignore[arg-type]
    assert found is not None
    assert (round(found.mean), found.is_of_eligible) == (700, False)
    few = plan(spread_of_programme(default_programme(), spreads(19), 26), **asked)  # type: ignore[arg-type]
    assert few is not None
    assert (round(few.mean), few.is_of_eligible) == (1900, True)


def test_who_was_held_back_joins_at_the_next_review_of_the_same_results() -> None:
    a_shop()
    experiment = a_running_control()
    assert default_programme().memberships.count() == 300
    end_experiment(experiment=experiment, by=make_user("manager"))
    run = do_run(request_review(by=make_user("manager")))
    assert (run.result or {})["joined"] == 100
    assert default_programme().memberships.filter(left_on__isnull=True).count() == PEOPLE
    assert (do_run(request_review(by=make_user("manager"))).result or {})["unchanged"]


def test_new_rules_are_planned_on_before_their_first_review() -> None:
    a_shop()
    measured()
    before = latest_ground(default_programme())
    manager = make_user("manager")
    version = propose_rules(programme=default_programme(), entry=AT_LEAST_12, stay=AT_LEAST_12, by=manager)
    approve_rules(version=version, by=manager)
    assert latest_ground(default_programme()) is None  # it speaks of the rules before
    do_run(Run.objects.get(kind="loyalty.measure", state=Run.State.PENDING))
    ground = latest_ground(default_programme())
    assert before is not None
    assert ground is not None
    assert 0 < ground.content["spreads"]["joiners"]["people"] < before.content["spreads"]["joiners"]["people"]
    assert RuleVersion.objects.get(pk=version.pk).state == RuleVersion.State.ACTIVE
    revert_rules(programme=default_programme(), by=manager)
    assert Run.objects.filter(kind="loyalty.measure", state=Run.State.PENDING).exists()
