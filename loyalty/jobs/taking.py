"""Freezing the audience of an action, and drawing its control."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone

from analytics import recommending
from analytics.experiments import planning
from analytics.recommending import Mask
from core.runs import JobRefused, Lease
from core.services.audit import record_event
from loyalty.experiments import Drawn, draw_among, record_draw
from loyalty.jobs.acting.audiences import Crowd, read_crowd
from loyalty.jobs.proof.ledger_outcomes import day_number, first_day, open_ledger, outcomes
from loyalty.jobs.proof.variation import WEEKS, spread_of
from loyalty.models import Action, ActionMember, Affinity, Experiment
from loyalty.selectors.actions import measured_worth
from loyalty.services.experiments import plan_of
from segmentation.models import Snapshot
from segmentation.selectors import current_snapshot

BATCH = 5_000
FEWEST_CONTROL = 20


def take(lease: Lease) -> dict[str, Any]:
    """Kind `loyalty.take_action`; params: action, snapshot."""
    action, snapshot = _asked(lease)
    affinity = Affinity.objects.filter(snapshot=snapshot).first()
    if affinity is None:
        raise JobRefused("no_advice", "Actions are still being worked out on these results: call it off and try again.")
    lease.progress("Choosing the audience")
    crowd = read_crowd(action.programme, snapshot, affinity)
    is_in, worth = _audience(action, crowd)
    keys = crowd.keys[is_in]
    drawn = _drawn(action, keys, worth[is_in], snapshot)
    plan = _plan(action, snapshot, crowd, is_in) if drawn else {}
    suggested = _suggested(crowd) if action.kind == Action.Kind.CROSS_SELL else {}
    with transaction.atomic():
        lease.guard()
        held = Action.objects.select_for_update().get(pk=action.pk)
        if held.state == Action.State.PREPARING:
            _freeze(held, snapshot, keys.tolist(), float(worth.sum()), drawn, plan, suggested)
        result = {"action": held.pk, "audience": held.audience, "controls": held.controls}
        lease.complete(result)
    return result


def _asked(lease: Lease) -> tuple[Action, Snapshot]:
    found = Action.objects.select_related("programme", "experiment").filter(pk=lease.run.params["action"]).first()
    if found is None or found.state == Action.State.CALLED_OFF:
        raise JobRefused("called_off", "This action was called off meanwhile: nothing is left to prepare.")
    if found.control_share and found.experiment is None:
        message = "The experiment of this action was removed meanwhile: call the action off and take it again."
        raise JobRefused("experiment_removed", message)
    snapshot = current_snapshot()
    if snapshot is None or snapshot.pk != lease.run.params["snapshot"]:
        message = "Newer results were published meanwhile: call this action off and take it on them."
        raise JobRefused("outdated_snapshot", message)
    return found, snapshot


def _audience(action: Action, crowd: Crowd) -> tuple[Any, Any]:
    if action.group not in crowd.groups:
        message = "This group is gone: nobody is in it any more. Call this action off and choose another group."
        raise JobRefused("group_gone", message)
    found = crowd.audience(action.kind, action.group)
    if not found.size:
        message = "Nobody in this group fits this action any more. Call it off and choose another group."
        raise JobRefused("audience_empty", message)
    return found.is_in, found.worth


def _drawn(action: Action, keys: Any, worth: Any, snapshot: Snapshot) -> Drawn | None:
    if action.experiment is None:
        return None
    drawn = draw_among(action.experiment, keys, worth, str(snapshot.pk))
    if drawn.is_control.sum() < FEWEST_CONTROL:
        raise JobRefused(
            "control_too_small",
            f"Chance would keep {int(drawn.is_control.sum())} of {len(keys):,} customers as control, and nothing can "
            "be learned from fewer than 20: call this action off and take it with a larger share or group.",
        )
    return drawn


def _plan(action: Action, snapshot: Snapshot, crowd: Crowd, is_in: Mask) -> dict[str, Any]:
    """How much the spending of this audience varies, window by window: what its read-out will be judged by.

    An audience that bought nothing in any window, as those who are to be won back may have, is given the spread of
    everybody: it tunes the interval, whose validity does not rest on it.
    """
    own: dict[str, Any] = {"people": int(is_in.sum()), "revenue": [], "orders": []}
    everybody: dict[str, Any] = {"revenue": [], "orders": []}
    with open_ledger(snapshot) as connection:
        first = first_day(connection)
        for weeks in WEEKS:
            start = snapshot.as_of - timedelta(weeks=weeks)
            if first is not None and start > first:
                days = np.full(len(crowd.keys), day_number(start))
                window = outcomes(connection, crowd.keys, days, snapshot.as_of)
                spread_of(own, weeks, window, is_in)
                spread_of(everybody, weeks, window, np.ones_like(is_in))
    for name, windows in everybody.items():
        if planning.growth([planning.Spread(**window) for window in own[name]]) is None:
            own[name] = windows
    assert action.experiment is not None  # noqa: S101 - a control is drawn only for an experiment
    return plan_of(action.experiment, own)


def _suggested(crowd: Crowd) -> dict[int, tuple[str, str, str]]:
    columns = (crowd.suggested[name] for name in ("customer_key", "item_id", "name", "because"))
    return {int(key): (str(item), str(name), str(because)) for key, item, name, because in zip(*columns, strict=True)}


def _freeze(
    action: Action,
    snapshot: Snapshot,
    keys: list[int],
    worth: float,
    drawn: Drawn | None,
    plan: dict[str, Any],
    suggested: dict[int, tuple[str, str, str]],
) -> None:
    controls = drawn.controls if drawn else frozenset()
    for rows in _batches(action, keys, controls, suggested):
        ActionMember.objects.bulk_create(rows)
    if drawn is not None:
        record_draw(drawn, snapshot=snapshot)
        experiment = drawn.experiment
        experiment.plan, experiment.state = plan, Experiment.State.RUNNING
        experiment.started_on, experiment.started_at = snapshot.as_of, timezone.now()
        experiment.save()
    measured = measured_worth(action.programme, action.kind, len(keys))
    action.expected_worth = measured.worth if measured else Decimal(f"{worth * recommending.YARDSTICK:.2f}")
    action.worth_basis = f"action:{measured.action}" if measured else "yardstick"
    action.state, action.snapshot, action.frozen_on = Action.State.RUNNING, snapshot, snapshot.as_of
    action.audience, action.controls = len(keys), len(controls)
    action.save()
    facts = {"audience": len(keys), "controls": len(controls), "snapshot": snapshot.pk}
    record_event(by=None, action="action.frozen", obj=action, key=action.pk, facts=facts, changed=sorted(controls))


def _batches(
    action: Action, keys: list[int], controls: frozenset[int], suggested: dict[int, tuple[str, str, str]]
) -> Iterator[list[ActionMember]]:
    for start in range(0, len(keys), BATCH):
        yield [_member(action, key, key in controls, suggested.get(key)) for key in keys[start : start + BATCH]]


def _member(action: Action, key: int, is_control: bool, suggested: tuple[str, str, str] | None) -> ActionMember:
    item, name, because = (text[:255] for text in suggested or ("", "", ""))
    return ActionMember(
        action=action, customer_id=key, is_control=is_control, item_id=item, item_name=name, because=because
    )
