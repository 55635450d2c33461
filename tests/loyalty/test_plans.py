"""Whom a plan for the programme counts."""

from datetime import timedelta
from typing import Any

import pytest

from core.problems import Problem
from loyalty.models import Groundwork
from loyalty.selectors.plans import joined_per_week, spread_of_programme
from loyalty.selectors.standing import default_programme
from loyalty.services import start_programme_control
from tests.factories import make_user, reviewed
from tests.loyalty.proof_world import PEOPLE, START, a_shop, measured, publish

pytestmark = pytest.mark.django_db


def test_present_members_are_not_counted_as_people_to_draw() -> None:
    """With nearly everybody in already, only the pace of past reviews brings people to draw from."""
    before = a_shop(few=300)
    reviewed()
    publish(START + timedelta(days=30), PEOPLE, before, few=290)
    reviewed()
    publish(START + timedelta(days=60), PEOPLE, before, few=270)
    measured()
    ground = Groundwork.objects.latest("pk")
    assert joined_per_week(default_programme()) == pytest.approx(7 * 10 / 30)
    spread = spread_of_programme(ground, 26)
    assert spread is not None
    assert (spread["joiners"], spread["later"]) == (20, round(26 * 70 / 30))
    options: dict[str, Any] = {
        "programme": default_programme(),
        "name": "Late",
        "uplift": 0.1,
        "weeks": 4,
        "by": make_user("manager"),
    }
    with pytest.raises(Problem, match="10 % of 29 customers"):
        start_programme_control(control_share=0.1, **options)
