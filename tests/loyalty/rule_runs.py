"""Runs that are asked about rules, for the test that repeats and kills every kind of run."""

from typing import Any

from core.models import Run
from loyalty.models import RuleVersion
from loyalty.selectors.standing import default_programme
from loyalty.services import request_proposal, request_replay
from tests.factories import make_snapshot, make_user


def rules_to_propose() -> list[str]:
    make_snapshot()
    return [str(request_proposal(segment=None, by=make_user("manager")).pk)]


def rules_to_replay() -> list[str]:
    make_snapshot()
    rule: list[Any] = [{"feature": "orders_12m", "operator": ">=", "value": 4}]
    return [str(request_replay(programme=default_programme(), entry=rule, stay=rule, by=make_user("manager")).pk)]


def what_rules_would_do() -> dict[str, Any]:
    """What the runs found; nothing else may have changed."""
    done = Run.objects.filter(kind__in=("loyalty.propose", "loyalty.replay")).exclude(result=None)
    found = [[(run.result or {}).get(name) for name in ("entry", "stay", "proposed")] for run in done]
    return {"found": found, "versions": RuleVersion.objects.count()}
