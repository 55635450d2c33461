"""Reads of actions: what is advised, what is due, what the read-outs said, and one action's page."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, QuerySet

from core.pagination import KeyPage, key_page
from loyalty.models import Action, Advice, Programme
from loyalty.selectors.experiments import standing_mark
from segmentation.models import Snapshot
from segmentation.selectors import current_snapshot

MOST_READ = 20


def advice_mark(programme: Programme) -> str:
    """What advice rests on besides the results: whom the next review would admit, and what became of past actions."""
    states = programme.actions.order_by().values_list("state").annotate(Count("pk"), Max("pk"))
    found = {state: f"{count}.{latest}" for state, count, latest in states}
    past = [found.get(state, "0") for state in (Action.State.RUNNING, Action.State.READ_OUT)]
    return ":".join([standing_mark(programme), *past])


def is_advice_fresh(programme: Programme, snapshot: Snapshot) -> bool:
    row = Advice.objects.filter(programme=programme, snapshot=snapshot).first()
    return row is not None and row.mark == advice_mark(programme)


def advice_of(programme: Programme) -> Advice | None:
    """On the current results; None while it is being worked out."""
    snapshot = current_snapshot()
    return Advice.objects.filter(programme=programme, snapshot=snapshot).first() if snapshot else None


@dataclass(frozen=True)
class Measured:
    """Money that an audience brings by what was measured, with a 95 % interval; `action`: the newest that told it."""

    worth: Decimal
    low: Decimal
    high: Decimal
    action: int


def measured_worth(programme: Programme, kind: str, audience: int) -> Measured | None:
    """What past actions of this kind make an audience worth; None where they show no effect above nothing.

    Every read-out with an interval counts, weighed by how sure it is (inverse variance): choosing those that showed an
    effect would overstate it.
    """
    read = programme.actions.filter(kind=kind, state=Action.State.READ_OUT).order_by("-read_out_at", "-pk")
    told = [(action.pk, (action.read_out or {})["revenue"]) for action in read[:MOST_READ] if _tells(action)]
    if not told:
        return None
    errors = [found["standard_error"] for _key, found in told]
    weights = [error**-2 for error in errors]
    value = sum(weight * found["value"] for weight, (_key, found) in zip(weights, told, strict=True)) / sum(weights)
    # As many standard errors as the intervals of the read-outs, which stay valid while people look, are wide.
    pairs = zip(errors, told, strict=True)
    reach = max((found["interval"][1] - found["value"]) / error for error, (_key, found) in pairs) / sum(weights) ** 0.5
    if value - reach <= 0:
        return None
    worth, low, high = (Decimal(f"{each * audience:.2f}") for each in (value, value - reach, value + reach))
    return Measured(worth, low, high, told[0][0])


def _tells(action: Action) -> bool:
    content = action.read_out or {}
    revenue = content.get("revenue") or {}
    is_sound = content.get("verdict", {}).get("word") not in {None, "mismatch", "too_small", "waiting"}
    return is_sound and bool(revenue.get("interval")) and revenue.get("standard_error", 0) > 0


def due_for_read_out(snapshot: Snapshot, today: date) -> QuerySet[Action]:
    """Actions whose read-out day has come, and which these results reach."""
    day = min(snapshot.as_of, today)
    return Action.objects.filter(state=Action.State.RUNNING, reads_out_on__lte=day).order_by("pk")


@dataclass(frozen=True)
class Due:
    """What somebody has to do, or wait for."""

    to_do: list[Action]
    waiting: list[Action]


def due(programme: Programme, today: date) -> Due:
    """Running actions whose due date came and that nobody did, and those whose read-out waits for results."""
    running = programme.actions.filter(state=Action.State.RUNNING).select_related("owner")
    to_do = running.filter(done_at__isnull=True, due_on__lte=today).order_by("due_on", "pk")
    return Due(list(to_do), list(running.filter(reads_out_on__lte=today).order_by("reads_out_on", "pk")))


def action_page(programme: Programme, *, cursor: str = "", group: str = "") -> KeyPage[Action]:
    """Newest first."""
    found = programme.actions.select_related("owner", "run", "experiment")
    return key_page(found.filter(group=group) if group else found, cursor=cursor, size=30)


def advised(advice: Advice | None, *, group: str = "") -> list[dict[str, Any]]:
    """What is advised, of one group or of all, the highest worth first."""
    rows = advice.content["actions"] if advice else []
    chosen = [row for row in rows if not group or row["group"] == group]
    return sorted(chosen, key=lambda row: -float(row["worth"]))


def foremost(content: Mapping[str, Any] | None, *, groups: int = 2) -> list[dict[str, Any]]:
    """Of each kind of action the groups for which it is worth most; `content` is that of advice."""
    seen: Counter[str] = Counter()
    found = []
    for row in sorted(content["actions"] if content else [], key=lambda row: -float(row["worth"])):
        if seen[row["kind"]] < groups:
            found.append(row)
        seen[row["kind"]] += 1
    return found


def advised_for(advice: Advice | None, kind: str, group: str) -> dict[str, Any] | None:
    return next((row for row in advised(advice, group=group) if row["kind"] == kind), None)
