"""Actions: what is advised for whom, what is due, and one action from its frozen audience to its read-out."""

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.dispatch import hint
from core.permissions import acting_user, require
from core.problems import Problem
from core.services.audit import record_event
from core.ui import Column
from loyalty import action_words as words
from loyalty import populations
from loyalty.action_export import audience_csv
from loyalty.action_forms import ActionForm, usual
from loyalty.experiment_charts import arm_rows, tone
from loyalty.models import Action, Advice, Affinity, Programme
from loyalty.selectors.actions import action_page, advice_of, advised, advised_for, due, foremost
from loyalty.services.acting import call_off_action, finish_action, take_action
from loyalty.views.choosing import about, chosen_programme, programme_url
from loyalty.views.experiment_cards import ARM_COLUMNS
from loyalty.views.experiments import groups_file
from segmentation.models import Snapshot
from segmentation.selectors import current_snapshot

SHOWN = 12
FRESH_DAYS = 60
ADVICE_COLUMNS = (
    Column(gettext_lazy("Action")),
    Column(gettext_lazy("For whom")),
    Column(gettext_lazy("Why")),
    Column(gettext_lazy("Audience"), is_numeric=True),
    Column(gettext_lazy("Expected worth"), is_numeric=True),
    Column(gettext_lazy("Take it"), is_hidden=True),
)
LIST_COLUMNS = (
    Column(gettext_lazy("Action")),
    Column(gettext_lazy("Owner")),
    Column(gettext_lazy("Due on")),
    Column(gettext_lazy("Read out on")),
    Column(gettext_lazy("Audience"), is_numeric=True),
    Column(gettext_lazy("Where it stands")),
)
PAIR_COLUMNS = (
    Column(gettext_lazy("Who bought")),
    Column(gettext_lazy("bought next")),
    Column(gettext_lazy("So many of so many"), is_numeric=True),
    Column(gettext_lazy("Share"), is_numeric=True),
    Column(gettext_lazy("After any item"), is_numeric=True),
    Column(gettext_lazy("Bought both, times as many as by chance"), is_numeric=True),
)
MEMBER_COLUMNS = (
    Column(gettext_lazy("Customer")),
    Column(gettext_lazy("Group")),
    Column(gettext_lazy("Suggested item")),
    Column(gettext_lazy("Because of")),
)
TONES = {"preparing": "info", "running": "info", "read_out": "good", "called_off": "neutral"}


@require_safe
@require("view")
def actions(request: HttpRequest) -> HttpResponse:
    programme, snapshot, today = chosen_programme(request), current_snapshot(), timezone.localdate()
    advice, affinity = advice_of(programme), _affinity(snapshot)
    group = request.GET.get("group", "").replace("\0", "")[:40]
    waiting = due(programme, today)
    page = action_page(programme, cursor=request.GET.get("cursor", ""), group=group)
    as_of = snapshot.as_of if snapshot else None
    context = {
        "title": _("Actions"),
        "snapshot": snapshot,
        "advice": advice,
        "group": group,
        "groups": _groups(programme, advice, snapshot),
        "is_group_gone": bool(advice and group and group not in advice.content["groups"]),
        "advised": _advised(programme, advice, affinity, snapshot, group),
        "advice_columns": ADVICE_COLUMNS,
        "missing": words.missing_sentences(advice),
        "to_do": waiting.to_do,
        "waiting": [(action, words.state_sentence(action, as_of, today)) for action in waiting.waiting],
        "page": page,
        "rows": [(action, words.state_sentence(action, as_of, today)) for action in page.rows],
        "columns": LIST_COLUMNS,
        "pairs": affinity.content["top"] if affinity else [],
        "affinity": affinity,
        "pair_columns": PAIR_COLUMNS,
        **about(request, programme, "actions"),
    }
    return render(request, "loyalty/action_list.html", context)


def _groups(programme: Programme, advice: Advice | None, snapshot: Snapshot | None) -> list[tuple[str, str]]:
    names = populations.segment_names(snapshot)
    keys = advice.content["groups"] if advice else []
    return [(key, words.group_title(populations.label(key, names))) for key in keys]


def _affinity(snapshot: Snapshot | None) -> Affinity | None:
    return Affinity.objects.filter(snapshot=snapshot).first() if snapshot else None


def _advised(
    programme: Programme, advice: Advice | None, affinity: Affinity | None, snapshot: Snapshot | None, group: str
) -> list[dict[str, Any]]:
    """Of one group everything; without one the groups for which each action is worth most."""
    names = populations.segment_names(snapshot)
    found = advised(advice, group=group) if group else foremost(advice.content if advice else None)
    measured = _names_of(found)
    return [
        {
            "kind": words.kind_label(row["kind"]),
            "group": populations.label(row["group"], names),
            "reason": words.reason(row["kind"], affinity),
            "audience": row["audience"],
            "worth": words.money(row["worth"]),
            "basis": words.worth_basis(row["kind"], measured.get(row["measured_by"], ""), row.get("interval")),
            "url": f"{programme_url('loyalty:action-take', programme)}&kind={row['kind']}&group={row['group']}",
        }
        for row in found
    ]


def _names_of(rows: list[dict[str, Any]]) -> dict[int, str]:
    keys = {row["measured_by"] for row in rows if row["measured_by"]}
    return dict(Action.objects.filter(pk__in=keys).values_list("pk", "name")) if keys else {}


@require_http_methods(["GET", "HEAD", "POST"])
@require("view", "actions.take")
def action_take(request: HttpRequest) -> HttpResponse:
    """GET shows what is advised with a form; POST takes it."""
    programme, snapshot, today = chosen_programme(request), current_snapshot(), timezone.localdate()
    advice = advice_of(programme)
    kind, group = request.GET.get("kind", ""), request.GET.get("group", "")
    row = advised_for(advice, kind, group)
    if row is None and request.method != "POST":
        messages.warning(request, _("Nobody fits this action now, or the group is gone: choose another from the list."))
        return redirect(programme_url("loyalty:actions", programme))
    initial = (
        usual(row["audience"], str(words.TEXTS[kind]), acting_user(request), _start(snapshot, today)) if row else {}
    )
    form = ActionForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            return _taken(request, programme, kind, group, form, today)
        except Problem as problem:
            form.add_error(None, problem.message)
    context = {
        "title": _("Take an action"),
        "form": form,
        "found": _advised_one(row, snapshot) if row else None,
        "back": programme_url("loyalty:actions", programme),
        **about(request, programme, "actions"),
    }
    return render(request, "loyalty/action_take.html", context)


def _start(snapshot: Snapshot | None, today: date) -> date:
    """Today; for a shop whose results are of long ago, their day."""
    is_old = snapshot is not None and today - snapshot.as_of > timedelta(days=FRESH_DAYS)
    return snapshot.as_of if snapshot and is_old else today


def _advised_one(row: dict[str, Any], snapshot: Snapshot | None) -> dict[str, Any]:
    measured = _names_of([row])
    return {
        "kind": words.kind_label(row["kind"]),
        "group": populations.label(row["group"], populations.segment_names(snapshot)),
        "reason": words.reason(row["kind"], _affinity(snapshot)),
        "audience": row["audience"],
        "worth": words.money(row["worth"]),
        "basis": words.worth_basis(row["kind"], measured.get(row["measured_by"], ""), row.get("interval")),
    }


def _taken(
    request: HttpRequest, programme: Programme, kind: str, group: str, form: ActionForm, today: date
) -> HttpResponse:
    action = take_action(
        programme=programme, kind=kind, group=group, today=today, by=acting_user(request), **form.values()
    )
    if action.run is not None:
        hint(action.run)
    messages.success(request, _("It is taken. The audience is being frozen; the list follows in a moment."))
    return redirect("loyalty:action-detail", pk=action.pk)


@require_safe
@require("view")
def action_detail(request: HttpRequest, pk: int) -> HttpResponse:
    action = _action(pk)
    snapshot, today = current_snapshot(), timezone.localdate()
    content = action.read_out or {}
    has_arms = action.experiment is not None and "verdict" in content
    context = {
        "title": action.name,
        "action": action,
        "back": programme_url("loyalty:actions", action.programme),
        "state_tone": TONES[action.state],
        "sentence": words.state_sentence(action, snapshot.as_of if snapshot else None, today),
        "tone": tone(action.experiment, content) if action.experiment and has_arms else "info",
        "sight": words.sight_sentence(action) if action.state == Action.State.RUNNING else "",
        "worth": words.money(action.expected_worth),
        "basis": _basis(action),
        "treated": action.audience - action.controls,
        "arms": _labelled(arm_rows(content)) if has_arms else [],
        "arm_columns": ARM_COLUMNS,
        "members": action.members.select_related("customer").order_by("is_control", "customer_id")[:SHOWN],
        "member_columns": MEMBER_COLUMNS,
        "is_open": action.state in {Action.State.PREPARING, Action.State.RUNNING},
    }
    return render(request, "loyalty/action_detail.html", context)


def _basis(action: Action) -> str:
    """`worth_basis` names the action that it was measured in."""
    _kind, _colon, key = action.worth_basis.partition(":")
    name = Action.objects.filter(pk=key).values_list("name", flat=True).first() if key else None
    return words.worth_basis(action.kind, name or "")


def _labelled(rows: list[list[str]]) -> list[list[tuple[Any, str]]]:
    return [list(zip([column.label for column in ARM_COLUMNS], row, strict=True)) for row in rows]


def _action(pk: int) -> Action:
    found = Action.objects.select_related("programme", "experiment", "owner", "run", "created_by", "done_by")
    return get_object_or_404(found, pk=pk)


@require_POST
@require("actions.take")
def action_done(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        finish_action(action=_action(pk), by=acting_user(request))
    except Problem as problem:
        messages.error(request, problem.message)
    else:
        messages.success(request, _("Done. The read-out appears on its day."))
    return redirect("loyalty:action-detail", pk=pk)


@require_POST
@require("actions.take")
def action_call_off(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        call_off_action(action=_action(pk), by=acting_user(request))
    except Problem as problem:
        messages.error(request, problem.message)
    else:
        messages.success(request, _("It is called off. Its audience stays on record."))
    return redirect("loyalty:action-detail", pk=pk)


@require_safe
@require("members.export")
def action_audience(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """Whom to treat, for the tool that acts; `?who=both` adds whom to leave alone."""
    action, has_control = _action(pk), request.GET.get("who") == "both"
    facts = {"who": "both" if has_control else "treated"}
    record_event(by=acting_user(request), action="action.exported", obj=action, key=action.pk, facts=facts)
    lines = audience_csv(action, has_control=has_control)
    return groups_file(lines, has_control=has_control)
