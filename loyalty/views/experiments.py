"""Experiments: what runs and what it shows, the plan before launch, and tests run elsewhere."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.dispatch import hint
from core.models import Run
from core.permissions import acting_user, require
from core.problems import Problem
from core.services.audit import record_event
from core.ui import Column
from loyalty import populations
from loyalty.experiment_charts import (
    plan_chart,
    tone,
)
from loyalty.experiment_export import groups_csv
from loyalty.experiment_forms import PROGRAMME, ImportForm, PlanForm, StartForm
from loyalty.experiment_words import plan_sentences, threshold_words, verdict_sentence
from loyalty.models import Experiment, Groundwork, Programme
from loyalty.selectors.experiments import (
    experiment_page,
    latest_ground,
    latest_reading,
)
from loyalty.selectors.plans import plan, spread_of_programme
from loyalty.services import (
    create_action_test,
    delete_draft,
    end_experiment,
    import_results,
    start_programme_control,
)
from loyalty.views.choosing import about, back_to, chosen_programme, programme_url
from loyalty.views.experiment_cards import imported_cards, own_cards
from segmentation.selectors import current_snapshot

STATE_TONES = {"draft": "neutral", "running": "info", "ended": "neutral"}
LIST_COLUMNS = (
    Column(gettext_lazy("Experiment")),
    Column(gettext_lazy("Kind")),
    Column(gettext_lazy("State")),
    Column(gettext_lazy("What it says")),
)


@require_safe
@require("view")
def experiments(request: HttpRequest) -> HttpResponse:
    programme = chosen_programme(request)
    page, rows = experiment_page(programme, cursor=request.GET.get("cursor", ""))
    ground = latest_ground(programme)
    context = {
        "title": _("Experiments"),
        "page": page,
        "rows": rows,
        "columns": LIST_COLUMNS,
        "tones": STATE_TONES,
        "threshold": threshold_words(ground.content["threshold"]) if ground else None,
        "plan_url": programme_url("loyalty:experiment-plan", programme),
        "import_url": programme_url("loyalty:experiment-import", programme),
        **about(request, programme, "experiments"),
    }
    return render(request, "loyalty/experiment_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@require("view", "programme.approve")
def experiment_plan(request: HttpRequest) -> HttpResponse:
    """GET answers what could be shown; POST starts what was planned."""
    programme = chosen_programme(request)
    ground = latest_ground(programme)
    data = request.POST or request.GET
    form = PlanForm(_choices(ground), data if "about" in data else None)
    start = StartForm(request.POST or None)
    asked = form.asked()
    if request.method == "POST" and start.is_valid():
        try:
            if not form.is_valid():
                raise Problem("plan", _("What was planned is not offered any more: look at the figures above again."))
            return _started(request, programme, asked, start)
        except Problem as problem:
            start.add_error(None, problem.message)
    return render(
        request, "loyalty/experiment_plan.html", _plan_context(request, programme, ground, form, start, asked)
    )


def _started(request: HttpRequest, programme: Programme, asked: Any, start: StartForm) -> HttpResponse:
    numbers = {"control_share": asked["share"], "uplift": asked["uplift"], "weeks": asked["weeks"]}
    by, name = acting_user(request), start.cleaned_data["name"]
    if asked["about"] == PROGRAMME:
        experiment = start_programme_control(programme=programme, name=name, by=by, **numbers)
        messages.success(request, _("It runs. The next review that admits people draws the groups."))
    else:
        experiment = create_action_test(
            programme=programme,
            name=name,
            action=start.cleaned_data["action"],
            population=asked["about"],
            by=by,
            **numbers,
        )
        messages.success(request, _("The groups are being drawn; the list of whom to treat follows in a moment."))
    if experiment.run is not None:
        hint(experiment.run)
    return redirect("loyalty:experiment-detail", pk=experiment.pk)


def _choices(ground: Groundwork | None) -> list[tuple[str, str]]:
    first = [(PROGRAMME, _("The programme: some who would join are kept out"))]
    if ground is None:
        return first
    names = populations.segment_names(ground.snapshot)
    keys = ground.content["spreads"]
    return first + [(key, _("An action for %(group)s") % {"group": populations.label(key, names)}) for key in keys]


def _plan_context(
    request: HttpRequest, programme: Programme, ground: Groundwork | None, form: PlanForm, start: StartForm, asked: Any
) -> dict[str, Any]:
    numbers = {"share": asked["share"], "weeks": asked["weeks"], "uplift": asked["uplift"]}
    found = plan(_spread(ground, asked), **numbers) if ground else None
    return {
        "title": _("Plan an experiment"),
        "form": form,
        "start": start,
        "asked": {name: str(value) for name, value in asked.items()},
        "is_of_programme": asked["about"] == PROGRAMME,
        "has_results": current_snapshot() is not None,
        "ground": ground,
        "found": found,
        "words": plan_sentences(found, asked) if found else [],
        "chart": plan_chart(found) if found else None,
        **about(request, programme, "experiments"),
    }


def _spread(ground: Groundwork, asked: Any) -> dict[str, Any] | None:
    if asked["about"] == PROGRAMME:
        return spread_of_programme(ground.programme, ground.content["spreads"], asked["weeks"])
    found: dict[str, Any] | None = ground.content["spreads"].get(asked["about"])
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@require("view", "programme.propose")
def experiment_import(request: HttpRequest) -> HttpResponse:
    programme = chosen_programme(request)
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            experiment = import_results(
                programme=programme,
                name=form.cleaned_data["name"],
                file_name=file.name,
                data=file.read(),
                control_share=form.cleaned_data["share"] / 100,
                arm_column=form.cleaned_data["arm_column"],
                control_value=form.cleaned_data["control_value"],
                by=acting_user(request),
            )
        except Problem as problem:
            form.add_error(None, problem.message)
        else:
            if experiment.run is not None:
                hint(experiment.run)
            return redirect("loyalty:experiment-detail", pk=experiment.pk)
    context = {"title": _("Import results"), "form": form, **about(request, programme, "experiments")}
    return render(request, "loyalty/experiment_import.html", context)


@require_safe
@require("view")
def experiment_detail(request: HttpRequest, pk: int) -> HttpResponse:
    experiment = _experiment(pk)
    reading = latest_reading(experiment)
    content = reading.content if reading else {}
    context = {
        "title": experiment.name,
        "experiment": experiment,
        "reading": reading,
        "content": content,
        "tone": tone(experiment, content),
        "state_tone": STATE_TONES[experiment.state],
        "sentence": verdict_sentence(experiment, content),
        "back": programme_url("loyalty:experiment-list", experiment.programme),
        "may_remove": experiment.state == Experiment.State.DRAFT
        and not (experiment.run and experiment.run.state in Run.ACTIVE),
        **(imported_cards(content) if experiment.kind == Experiment.Kind.IMPORTED else own_cards(experiment, content)),
    }
    return render(request, "loyalty/experiment_detail.html", context)


def _experiment(pk: int) -> Experiment:
    return get_object_or_404(Experiment.objects.select_related("programme", "run", "created_by"), pk=pk)


@require_POST
@require("programme.approve")
def experiment_end(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        end_experiment(experiment=_experiment(pk), by=acting_user(request))
    except Problem as problem:
        messages.error(request, problem.message)
    else:
        messages.success(request, _("It has ended. Whoever was held back may join at the next review."))
    return redirect("loyalty:experiment-detail", pk=pk)


@require_POST
@require("programme.approve")
def experiment_remove(request: HttpRequest, pk: int) -> HttpResponse:
    experiment = _experiment(pk)
    programme = experiment.programme
    try:
        delete_draft(experiment=experiment, by=acting_user(request))
    except Problem as problem:
        messages.error(request, problem.message)
        return redirect("loyalty:experiment-detail", pk=pk)
    messages.success(request, _("It is removed."))
    return back_to("loyalty:experiment-list", programme)


@require_safe
@require("members.export")
def experiment_groups(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """Both groups, to look at the draw; `?who=treated` is for the tool that acts."""
    experiment, has_control = _experiment(pk), request.GET.get("who") != "treated"
    facts = {"who": "both" if has_control else "treated"}
    record_event(by=acting_user(request), action="experiment.exported", obj=experiment, key=experiment.pk, facts=facts)
    lines = groups_csv(experiment, has_control=has_control)
    return groups_file(lines, has_control=has_control)


def groups_file(lines: Iterator[str], *, has_control: bool) -> StreamingHttpResponse:
    """A file of people to treat, whose name says whether those to leave alone are in it."""
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    name = "both-groups" if has_control else "treated"
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response
