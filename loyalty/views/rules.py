"""The rules: in words, as thresholds to drag, and what a change would do before anything changes."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from analytics.scoring.rules import RuleError
from core.dispatch import hint
from core.models import Run
from core.permissions import acting_user, require
from core.problems import Problem
from core.runs import JobRefused
from core.ui import Column
from loyalty import figures, rules, services
from loyalty.counting import Count, count_rules
from loyalty.forms import NewConditionForm, RulesForm, data_of, edited
from loyalty.models import Programme, RuleVersion
from loyalty.preview import Preview, preview_rules
from loyalty.programme_forms import DayForm
from loyalty.selectors.standing import active_rules, rules_before
from loyalty.starting import start_rules, start_text
from loyalty.starting_forms import ProposeForm, StartForm
from loyalty.views.choosing import about, back_to, chosen_programme, programme_url
from loyalty.views.replays import replay_of
from loyalty.views.versions import version_row, version_rows
from segmentation.models import Segment, Snapshot
from segmentation.selectors import current_snapshot

CASE_COLUMNS = (
    Column(gettext_lazy("Customer")),
    Column(gettext_lazy("Has"), is_numeric=True),
    Column(gettext_lazy("Distance"), is_numeric=True),
)
PART_COLUMNS = (
    Column(gettext_lazy("Group")),
    Column(gettext_lazy("Customers"), is_numeric=True),
    Column(gettext_lazy("Members now"), is_numeric=True),
    Column(gettext_lazy("Members then"), is_numeric=True),
    Column(gettext_lazy("Members' revenue then"), is_numeric=True, hint=gettext_lazy("Of the last 12 months")),
)


@dataclass
class Draft:
    """The conditions in the form, where they began, and the segment that they are to find."""

    form: RulesForm
    start: str = ""
    target: Segment | None = None


@require_http_methods(["GET", "HEAD", "POST"])
@require("view", "programme.propose")
def rules_page(request: HttpRequest) -> HttpResponse:
    """GET shows; POST changes the form's conditions, previews them, or with `save` keeps them as a new version."""
    programme, snapshot = chosen_programme(request), current_snapshot()
    if request.headers.get("HX-Request") and request.method == "GET":
        return _progress(request)
    base = active_rules(programme) or programme.rule_versions.first()
    preview: Preview | None = None
    if request.method != "POST":
        draft = _opened(request, base, snapshot)
    else:
        draft = _sent(request, snapshot)
        if draft.form.is_valid() and "add" not in request.POST and "remove" not in request.POST:
            try:
                if "save" in request.POST:
                    _save(request, programme, draft, snapshot)
                    return back_to("loyalty:rules", programme, fragment="versions")
                preview = _preview(programme, draft, snapshot)
            except (Problem, RuleError) as problem:
                draft.form.add_error(None, getattr(problem, "message", str(problem)))
    return render(request, "loyalty/rules.html", _context(request, programme, base, draft, preview))


def _progress(request: HttpRequest) -> HttpResponse:
    """How far a proposal is; when it is there, the page is opened anew with it."""
    run = _asked_run(request)
    if run is not None and run.is_active:
        return render(request, "loyalty/_proposing.html", {"run": run})
    return HttpResponse(headers={"HX-Refresh": "true"})


def _sent(request: HttpRequest, snapshot: Snapshot | None) -> Draft:
    data: QueryDict = request.POST
    if "add" in data or "remove" in data:
        data = edited(data, snapshot)
    key = request.POST.get("target", "")
    target = Segment.objects.filter(pk=int(key)).first() if key.isdecimal() and len(key) < 19 else None
    return Draft(RulesForm(data, snapshot), request.POST.get("start", "")[:200], target)


def _opened(request: HttpRequest, base: RuleVersion | None, snapshot: Snapshot | None) -> Draft:
    """The form as it begins: from a proposal, a starting point, or the rules in force."""
    if "run" in request.GET:
        return _of_run(_asked_run(request), snapshot)
    if (start := request.GET.get("start", "")) and snapshot is not None:
        form = StartForm(request.GET)
        amount = form.cleaned_data.get("amount") if form.is_valid() else None
        try:
            entry, stay = start_rules(snapshot, start, amount)
        except Problem as problem:
            messages.error(request, problem.message)
        else:
            return Draft(RulesForm(data_of(entry, stay), snapshot), start_text(start, amount))
    data = data_of(base.entry, base.stay) if base else QueryDict()
    return Draft(RulesForm(data, snapshot))


def _asked_run(request: HttpRequest) -> Run | None:
    """The proposal or the replay that the address names."""
    number = request.GET.get("run", "")
    if len(number) != 36 or not set(number) <= set("0123456789abcdef-"):
        return None
    return Run.objects.filter(kind__in=[services.PROPOSE, services.REPLAY], pk=number).first()


def _of_run(run: Run | None, snapshot: Snapshot | None) -> Draft:
    """What a run proposed, or what it was asked about."""
    if run is None:
        raise Http404(_("There is no such proposal."))
    found = run.params if run.kind == services.REPLAY else run.result or {}
    target = Segment.objects.filter(pk=found.get("source", {}).get("segment")).first()
    return Draft(RulesForm(data_of(found.get("entry", []), found.get("stay", [])), snapshot), "", target)


def _save(request: HttpRequest, programme: Programme, draft: Draft, snapshot: Snapshot | None) -> None:
    entry, stay = draft.form.rule("entry"), draft.form.rule("stay")
    version = services.propose_rules(
        programme=programme,
        entry=entry,
        stay=stay,
        by=acting_user(request),
        source=_source(draft, snapshot),
        snapshot=snapshot,
    )
    text = _("Kept as version %(number)s. It counts once a manager approves it.")
    messages.success(request, text % {"number": version.number})


def _source(draft: Draft, snapshot: Snapshot | None) -> dict[str, Any]:
    """Where the rules came from, with how well they, as they stand now, find the segment that they were read from."""
    entry, stay = draft.form.rule("entry"), draft.form.rule("stay")
    if draft.target is None or snapshot is None or not entry or not stay:
        return {"kind": "edited", **({"start": draft.start} if draft.start else {})}
    found = count_rules(snapshot, entry, stay, target=draft.target.pk)
    return {
        "kind": "segment",
        "segment": draft.target.pk,
        "name": draft.target.name,
        "precision": found.precision or 0.0,
        "recall": found.recall or 0.0,
        "members": found.entering,
        "target_size": found.target_size,
        "in_both": found.in_both,
        "only_rule": found.only_rules,
        "only_target": found.only_target,
        "stay_members": found.staying,
    }


def _preview(programme: Programme, draft: Draft, snapshot: Snapshot | None) -> Preview | None:
    if snapshot is None:
        return None
    entry, stay = draft.form.rule("entry"), draft.form.rule("stay")
    rules.check_rules(entry, stay)
    return preview_rules(
        programme=programme, snapshot=snapshot, entry=entry, stay=stay, grace_days=programme.grace_days
    )


def _context(
    request: HttpRequest, programme: Programme, base: RuleVersion | None, draft: Draft, preview: Preview | None
) -> dict[str, Any]:
    snapshot, run = draft.form.snapshot, _asked_run(request)
    return {
        "title": _("Rules"),
        "base": version_row(base, programme, request.user) if base else None,
        "versions": version_rows(programme, request.user),
        "draft": draft,
        "form": draft.form,
        "new_form": NewConditionForm(figures.held_figures(snapshot) if snapshot else ()),
        "start_form": StartForm(initial={"start": request.GET.get("start"), "amount": request.GET.get("amount")}),
        "propose_form": ProposeForm(snapshot),
        "run": run,
        "replay": replay_of(run) if run is not None and run.kind == services.REPLAY else None,
        "preview": preview,
        "case_columns": CASE_COLUMNS,
        "part_columns": PART_COLUMNS,
        "preview_note": preview_note(preview) if preview else "",
        "is_previewed": request.method == "POST" and not draft.form.errors and "add" not in request.POST,
        "day_form": DayForm(),
        "before": rules_before(programme),
        **about(request, programme, "rules"),
    }


def preview_note(preview: Preview) -> str:
    """A word on rules that admit nobody or everybody."""
    if preview.eligible == 0:
        return _("Nobody meets these rules: lower the thresholds, or the programme will be empty.")
    if preview.eligible == preview.customers:
        return _("Everybody meets these rules: raise the thresholds, or membership will say nothing.")
    return ""


@require_POST
@require("programme.propose")
def rules_count(request: HttpRequest) -> HttpResponse:
    """The live count beside the thresholds: a piece of the page."""
    snapshot = current_snapshot()
    draft = _sent(request, snapshot)
    found: Count | None = None
    problem = ""
    if snapshot is None:
        problem = _("There are no results to count on yet.")
    elif draft.form.is_valid():
        try:
            found = _count(draft, snapshot)
        except (Problem, RuleError) as refusal:
            problem = getattr(refusal, "message", str(refusal))
    context = {"count": found, "problem": problem, "draft": draft}
    return render(request, "loyalty/_rules_count.html", context)


def _count(draft: Draft, snapshot: Snapshot) -> Count:
    entry, stay = draft.form.rule("entry"), draft.form.rule("stay")
    figures.check_held(snapshot, entry, stay)
    return count_rules(snapshot, entry, stay, target=draft.target.pk if draft.target else None)


@require_POST
@require("programme.propose")
def rules_propose(request: HttpRequest) -> HttpResponse:
    """Ask for conditions that find a segment; the page waits for them."""
    programme = chosen_programme(request)
    key = request.POST.get("segment", "")
    segment = int(key) if key.isdecimal() and len(key) < 19 else None
    try:
        run = services.request_proposal(segment=segment, by=acting_user(request))
    except JobRefused as refusal:
        messages.error(request, refusal.message)
        return back_to("loyalty:rules", programme)
    return _waiting_for(run, programme, "try")


@require_POST
@require("programme.propose")
def rules_replay(request: HttpRequest) -> HttpResponse:
    """Ask how the rules in the form would have done at past reviews; the page waits for it."""
    programme, draft = chosen_programme(request), _sent(request, current_snapshot())
    if not draft.form.is_valid():
        messages.error(request, _("Each threshold has to be a number."))
        return back_to("loyalty:rules", programme, fragment="try")
    entry, stay = draft.form.rule("entry"), draft.form.rule("stay")
    try:
        run = services.request_replay(programme=programme, entry=entry, stay=stay, by=acting_user(request))
    except Problem as problem:
        messages.error(request, problem.message)
        return back_to("loyalty:rules", programme, fragment="try")
    return _waiting_for(run, programme, "replay")


def _waiting_for(run: Run, programme: Programme, fragment: str) -> HttpResponse:
    hint(run)
    return HttpResponseRedirect(f"{programme_url('loyalty:rules', programme)}&run={run.pk}#{fragment}")
