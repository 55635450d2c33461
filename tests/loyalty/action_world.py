"""A shop in which who bought tea buys a teapot some weeks later, and one cup comes back more than anything else."""

import random
from datetime import date, timedelta
from typing import Any

from loyalty.models import Action, Advice, Affinity
from loyalty.selectors.standing import default_programme
from loyalty.services.acting import request_advice_after, request_read_out, take_action
from segmentation.models import Snapshot
from tests.analytics.ledger import Line
from tests.factories import do_run, make_rules, make_user
from tests.loyalty.proof_world import publish

START, READ_OUT = date(2025, 5, 31), date(2025, 8, 30)
PEOPLE = 240


def purchases(people: int = PEOPLE, *, seed: int = 5) -> list[Line]:
    generator = random.Random(seed)
    lines = []
    for key in range(1, people + 1):
        for number in range(4):
            on = START - timedelta(days=generator.randrange(400))
            amount = f"{generator.uniform(5, 15):.2f}"
            lines.append(Line(key, f"{key}-{number}", on, amount, item_id=generator.choice(("CUP", "JAR", "BOX"))))
        if key % 2:
            on = START - timedelta(days=generator.randrange(150, 300))
            lines.append(Line(key, f"{key}-tea", on, "5", item_id="TEA"))
            if key % 10 < 6:
                lines.append(Line(key, f"{key}-pot", on + timedelta(days=20), "30", item_id="POT"))
        if key % 8 == 0:
            lines.append(Line(key, f"{key}-back", START - timedelta(days=50), "-10", item_id="CUP"))
    return lines


def a_shop_with_advice(people: int = PEOPLE) -> Snapshot:
    make_rules()
    snapshot = publish(START, people, purchases(people))
    advised()
    return snapshot


def advised() -> None:
    run = request_advice_after()
    assert run is not None
    assert do_run(run).state == "succeeded", run.error


def asked(**changes: Any) -> dict[str, Any]:
    return {
        "programme": default_programme(),
        "kind": "cross_sell",
        "group": "tier:gold",
        "name": "Teapots for tea drinkers",
        "text": "A letter with the teapot",
        "owner": changes.pop("owner", None) or make_user("marketer"),
        "due_on": START + timedelta(days=14),
        "reads_out_on": READ_OUT,
        "control_share": 0.5,
        "today": START,
        "by": make_user("manager"),
        **changes,
    }


def a_taken_action(**changes: Any) -> Action:
    action = take_action(**asked(**changes))
    assert action.run is not None
    do_run(action.run)
    action.refresh_from_db()
    return action


def later(action: Action, *, day: date = READ_OUT, uplift: float = 0.0) -> None:
    """Results of a later day, in which each of the treated bought for `uplift` more than the others' 20."""
    treated = set(action.members.filter(is_control=False).values_list("customer_id", flat=True))
    generator = random.Random(9)
    lines = purchases()
    for key in range(1, PEOPLE + 1):
        on = START + timedelta(days=generator.randrange(1, (day - START).days + 1))
        amount = generator.uniform(15, 25) * (1 + uplift * (key in treated))
        lines.append(Line(key, f"{key}-later", on, f"{amount:.2f}", item_id="JAR"))
    publish(day, PEOPLE, lines)


def read_out(today: date = READ_OUT) -> None:
    run = request_read_out(today=today)
    if run is not None:
        assert do_run(run).state == "succeeded", run.error


def results_to_advise_on() -> list[str]:
    make_rules()
    publish(START, 60, purchases(60))
    run = request_advice_after()
    assert run is not None
    return [str(run.pk)]


def an_action_to_prepare() -> list[str]:
    a_shop_with_advice(120)
    run = take_action(**asked(kind="visit", control_share=0.0)).run
    assert run is not None
    return [str(run.pk)]


def actions_to_read_out() -> list[str]:
    a_shop_with_advice()
    later(a_taken_action())
    run = request_read_out(today=READ_OUT)
    assert run is not None
    return [str(run.pk)]


def the_actions() -> dict[str, Any]:
    """Actions, advice and pairs, without keys and chance."""
    from tests.outcomes import runs

    columns = ("kind", "group", "state", "audience", "controls")
    return {
        "runs": runs(),
        "actions": [list(row) for row in Action.objects.order_by("pk").values_list(*columns)],
        "members": [action.members.count() for action in Action.objects.order_by("pk")],
        "read": [content and content["arms"]["treatment"]["people"] for content in _contents()],
        "advice": [len(content["actions"]) for content in Advice.objects.values_list("content", flat=True)],
        "pairs": [content["pairs"] for content in Affinity.objects.values_list("content", flat=True)],
    }


def _contents() -> list[Any]:
    return list(Action.objects.order_by("pk").values_list("read_out", flat=True))
