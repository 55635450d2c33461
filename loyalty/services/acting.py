"""Taking actions: whom for, who does it by when, and the day on which it is read out. Drawing is a job's work."""

import secrets
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import runs
from core.models import Run, User
from core.permissions import may
from core.problems import Problem
from core.services.audit import record_event
from loyalty import populations
from loyalty.models import Action, Advice, Experiment, Programme
from loyalty.selectors.actions import advice_of, advised_for, due_for_read_out, is_advice_fresh
from segmentation.models import Snapshot
from segmentation.selectors import current_snapshot

ADVISE, TAKE, READ_OUT = "loyalty.advise", "loyalty.take_action", "loyalty.read_out"
FEWEST_CONTROL = 20
SHORTEST_DAYS = 14
LONGEST_DAYS = 728
LARGEST_SHARE = 0.5
UPLIFT = 0.1


def take_action(
    *,
    programme: Programme,
    kind: str,
    group: str,
    name: str,
    text: str,
    owner: User,
    due_on: date,
    reads_out_on: date,
    control_share: float,
    today: date,
    by: User,
) -> Action:
    """Take what is advised for a group; a job freezes the audience and draws the control."""
    snapshot, advice = _advice(programme)
    row = _advised_row(advice, kind, group)
    name = " ".join(name.split())
    _check_words(name, text, owner)
    _check_days(due_on, reads_out_on, today, snapshot)
    _check_share(row["audience"], control_share)
    with transaction.atomic():
        held = Programme.objects.select_for_update().get(pk=programme.pk)
        if held.actions.filter(name=name).exists() or held.experiments.filter(name=name).exists():
            raise Problem("name_taken", _("There is an action or experiment of this name: choose another."), status=409)
        action = Action.objects.create(
            programme=held,
            kind=kind,
            group=group,
            group_label=populations.describe(held, group, snapshot)[:160],
            name=name,
            text=text.strip(),
            owner=owner,
            due_on=due_on,
            reads_out_on=reads_out_on,
            control_share=control_share,
            audience=row["audience"],
            expected_worth=Decimal(row["worth"]),
            snapshot=snapshot,
            created_by=by,
            created_at=timezone.now(),
        )
        action.experiment = _draft(action, reads_out_on - snapshot.as_of, by) if control_share else None
        params = {"action": action.pk, "snapshot": snapshot.pk}
        action.run = runs.request_run(kind=TAKE, params=params, fingerprint=runs.fingerprint(TAKE, params), by=by)
        action.save()
        _record("action.taken", action, by)
    return action


def finish_action(*, action: Action, by: User) -> Action:
    """The owner says that it is done; the read-out waits for its day all the same."""
    with transaction.atomic():
        held = Action.objects.select_for_update().get(pk=action.pk)
        if held.state != Action.State.RUNNING:
            raise Problem("not_running", _("Only an action that runs can be done: this one is not."), status=409)
        if held.done_at is None:
            held.done_at, held.done_by = timezone.now(), by
            held.save()
            _record("action.done", held, by)
    return held


def call_off_action(*, action: Action, by: User) -> Action:
    """It will not be done, or not be read: its experiment ends, the audience stays on record."""
    with transaction.atomic():
        held = Action.objects.select_for_update().get(pk=action.pk)
        if held.state not in {Action.State.PREPARING, Action.State.RUNNING}:
            raise Problem("over", _("This action is over already: nothing is left to call off."), status=409)
        held.state = Action.State.CALLED_OFF
        held.save()
        if held.experiment is not None:
            end_of_action(held.experiment, held.frozen_on)
        _record("action.called_off", held, by)
    return held


def end_of_action(experiment: Experiment, day: date | None) -> None:
    """Nothing later than this day is read of it; one that never ran goes."""
    if experiment.state == Experiment.State.DRAFT:
        experiment.delete()
    elif experiment.state == Experiment.State.RUNNING:
        experiment.state, experiment.ended_on, experiment.ended_at = Experiment.State.ENDED, day, timezone.now()
        experiment.save()


def request_advice_after(after: Run | None = None) -> Run | None:
    """What follows new results and reviews; None without results, or when nothing changed."""
    snapshot = current_snapshot()
    if snapshot is None:
        return None
    programmes = Programme.objects.filter(is_archived=False).order_by("pk")
    stale = [each.pk for each in programmes if not is_advice_fresh(each, snapshot)]
    if not stale:
        return None
    params = {"snapshot": snapshot.pk}
    with transaction.atomic():
        return runs.request_run(
            kind=ADVISE, params=params, fingerprint=runs.fingerprint(ADVISE, params, stale), by=None
        )


def request_read_out_after(after: Run | None = None) -> Run | None:
    """What the schedule asks for every morning, and new results: read-outs whose day has come."""
    return request_read_out(today=timezone.localdate())


def request_read_out(*, today: date) -> Run | None:
    snapshot = current_snapshot()
    keys = list(due_for_read_out(snapshot, today).values_list("pk", flat=True)) if snapshot else []
    if snapshot is None or not keys:
        return None
    params: dict[str, Any] = {"snapshot": snapshot.pk, "today": today.isoformat()}
    digest = runs.fingerprint(READ_OUT, params, keys)
    with transaction.atomic():
        return runs.request_run(kind=READ_OUT, params=params, fingerprint=digest, by=None)


def _advice(programme: Programme) -> tuple[Snapshot, Advice]:
    snapshot, advice = current_snapshot(), advice_of(programme)
    if snapshot is None:
        raise Problem("no_snapshot", _("There are no results yet: upload purchases first."), status=409)
    if advice is None:
        raise Problem(
            "no_advice", _("Actions are being worked out on the newest results: try in a minute."), status=409
        )
    return snapshot, advice


def _advised_row(advice: Advice, kind: str, group: str) -> dict[str, Any]:
    if kind not in Action.Kind.values:
        raise Problem("kind", _("There is no such action: choose one from the list."))
    if group not in advice.content["groups"]:
        message = _("This group is gone: nobody of the current results is in it. Choose another group from the list.")
        raise Problem("group_gone", message, status=409)
    row = advised_for(advice, kind, group)
    if row is None:
        message = _("Nobody in this group fits this action now, so its audience would be empty: choose another.")
        raise Problem("audience_empty", message, status=409)
    return row


def _check_words(name: str, text: str, owner: User) -> None:
    if not name or len(name) > 80:
        raise Problem("name", _("Give the action a name of 1 to 80 characters."))
    if not text.strip():
        raise Problem("text", _("Say what is done, so that everybody knows later what was read out."))
    if not may(owner, "actions.take"):
        raise Problem("owner", _("%(name)s may not take actions: choose another owner.") % {"name": owner})


def _check_days(due_on: date, reads_out_on: date, today: date, snapshot: Snapshot) -> None:
    first = min(today, snapshot.as_of)
    if due_on < first:
        message = _("The due date is over: choose %(day)s or a later day.") % {"day": f"{first:%-d %B %Y}"}
        raise Problem("due_on", message)
    earliest = due_on + timedelta(days=SHORTEST_DAYS)
    if reads_out_on < earliest:
        raise Problem(
            "too_early",
            _("So soon after the due date a read-out can't tell anything: choose %(day)s or later.")
            % {"day": f"{earliest:%-d %B %Y}"},
        )
    latest = max(snapshot.as_of, today) + timedelta(days=LONGEST_DAYS)
    if reads_out_on > latest:
        raise Problem("too_late", _("Choose a read-out by %(day)s.") % {"day": f"{latest:%-d %B %Y}"})


def _check_share(audience: int, share: float) -> None:
    if not 0 <= share <= LARGEST_SHARE:
        raise Problem("share", _("Keep between 0 and 50 % as control."))
    if share and audience * share < FEWEST_CONTROL:
        least = FEWEST_CONTROL / audience
        advice = (
            _("keep at least %(least)s %%, choose a larger group,") % {"least": f"{-(-least * 100 // 1):g}"}
            if least <= LARGEST_SHARE
            else _("choose a larger group,")
        )
        raise Problem(
            "control_too_small",
            _(
                "%(share)s %% of %(audience)s customers are fewer than 20 people, from whom nothing can be learned: "
                "%(advice)s or take it without a control and without knowing its effect."
            )
            % {"share": f"{share * 100:g}", "audience": f"{audience:,}", "advice": advice},
        )


def _draft(action: Action, span: timedelta, by: User) -> Experiment:
    """The experiment of an action; the job that draws it makes its plan."""
    return Experiment.objects.create(
        programme=action.programme,
        name=action.name,
        kind=Experiment.Kind.ACTION,
        action=action.text,
        population=action.group,
        control_share=action.control_share,
        uplift=UPLIFT,
        weeks=min(104, max(1, span.days // 7)),
        seed=secrets.token_hex(16),
        created_by=by,
        created_at=timezone.now(),
    )


def _record(event: str, action: Action, by: User | None) -> None:
    facts = {
        "kind": action.kind,
        "group": action.group,
        "owner": action.owner_id,
        "due_on": action.due_on.isoformat(),
        "reads_out_on": action.reads_out_on.isoformat(),
        "control_share": action.control_share,
        "audience": action.audience,
    }
    record_event(by=by, action=event, obj=action, key=action.pk, facts=facts)
