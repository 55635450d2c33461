"""The read-outs whose day has come: what treated and control brought up to that day, frozen."""

from datetime import date
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone

from core.money import plain
from core.runs import JobRefused, Lease
from core.services.audit import record_event
from loyalty.jobs.proof import reading
from loyalty.jobs.proof.ledger_outcomes import day_number, exact_revenue, open_ledger, outcomes
from loyalty.models import Action
from loyalty.selectors.actions import due_for_read_out
from loyalty.services.acting import end_of_action
from segmentation.models import Snapshot
from segmentation.selectors import current_snapshot


def read_out(lease: Lease) -> dict[str, Any]:
    """Kind `loyalty.read_out`; params: snapshot, today."""
    snapshot = current_snapshot()
    if snapshot is None or snapshot.pk != lease.run.params["snapshot"]:
        raise JobRefused("outdated_snapshot", "Newer results were published meanwhile: they are read out next.")
    today = date.fromisoformat(lease.run.params["today"])
    found = {}
    for action in due_for_read_out(snapshot, today).select_related("experiment"):
        lease.progress("Reading out actions")
        found[action] = _content(action, snapshot)
    with transaction.atomic():
        lease.guard()
        for action, content in found.items():
            _publish(action, content)
        result = {"snapshot": snapshot.pk, "read": len(found)}
        lease.complete(result)
    return result


def _content(action: Action, snapshot: Snapshot) -> dict[str, Any]:
    """As the experiment's reading on the planned day; without a control what the audience bought, and no more."""
    if action.experiment is not None:
        # In memory alone: the row ends together with the action's.
        action.experiment.ended_on = min(action.experiment.ended_on or action.reads_out_on, action.reads_out_on)
        found = reading.read(action.experiment, snapshot)
        if found is not None:
            return found
    return _without_control(action, snapshot)


def _without_control(action: Action, snapshot: Snapshot) -> dict[str, Any]:
    members = action.members.order_by("customer_id").values_list("customer_id", flat=True)
    keys = np.fromiter(members.iterator(chunk_size=5_000), dtype=np.int64)
    arm: dict[str, Any] = {"people": len(keys), "revenue": "0", "orders": 0, "buyers": 0}
    if len(keys) and action.frozen_on is not None:
        days = np.full(len(keys), day_number(action.frozen_on))
        with open_ledger(snapshot) as connection:
            found = outcomes(connection, keys, days, action.reads_out_on)
            revenue = exact_revenue(connection, keys)
        arm |= {
            "revenue": plain(revenue),
            "orders": int(found.orders.sum()),
            "buyers": int((found.orders > 0).sum()),
        }
    return {"as_of": action.reads_out_on.isoformat(), "snapshot": snapshot.pk, "arms": {"treatment": arm}}


def _publish(action: Action, content: dict[str, Any]) -> None:
    held = Action.objects.select_for_update().get(pk=action.pk)
    if held.state != Action.State.RUNNING:
        return
    held.read_out, held.read_out_at, held.state = content, timezone.now(), Action.State.READ_OUT
    held.save()
    if held.experiment is not None:
        end_of_action(held.experiment, held.reads_out_on)
    facts = {"verdict": content.get("verdict", {}).get("word", "no_control"), "as_of": content["as_of"]}
    record_event(by=None, action="action.read_out", obj=held, key=held.pk, facts=facts)
