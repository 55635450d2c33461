"""The lab: compare ways to form segments side by side, and choose one."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.dispatch import hint
from core.models import Run
from core.pagination import key_page
from core.permissions import acting_user, require
from core.ui import Column, Tab
from segmentation import lab_charts as charts
from segmentation import lab_figures as figures
from segmentation import lab_selectors as lab
from segmentation import selectors
from segmentation.lab_forms import LabForm, is_change
from segmentation.lab_wording import ALGORITHM_WORDS, MAP_LABELS, SPACE_WORDS
from segmentation.models import Comparison, SegmentationChoice, Snapshot
from segmentation.services import lab as services
from segmentation.services.maps import KIND as MAP_KIND
from segmentation.services.requests import KIND as REFRESH_KIND
from segmentation.version_figures import waiting_sentence

HISTORY = [
    Column(gettext_lazy("Comparison")),
    Column(gettext_lazy("Combinations")),
    Column(gettext_lazy("Compared on")),
    Column(gettext_lazy("Asked for")),
]
CHOICES = [
    Column(gettext_lazy("Segments formed by")),
    Column(gettext_lazy("Chosen")),
    Column(gettext_lazy("By")),
    Column(gettext_lazy("Use it"), is_hidden=True),
]


@require_http_methods(["GET", "HEAD", "POST"])
@require("view", "segments.choose")
def lab_home(request: HttpRequest) -> HttpResponse:
    """How segments are formed now, the map of the customers, what to compare, and what was compared before."""
    form = _asked(request)
    if request.method == "POST" and not is_change(request.POST) and form.is_valid():
        try:
            entry = services.request_comparison(
                combinations=form.combinations(),
                sample=form.sample.cleaned_data["sample"],
                by=acting_user(request),
            )
        except services.LabRefused as refusal:
            messages.error(request, refusal.message)
        else:
            hint(entry.run if entry.run is not None and entry.run.state == Run.State.PENDING else None)
            return redirect("segmentation:comparison-detail", pk=entry.pk)
    return render(request, "segmentation/lab.html", _home(request, form))


def _asked(request: HttpRequest) -> LabForm:
    if request.method == "POST":
        return LabForm.changed(request.POST) if is_change(request.POST) else LabForm.sent(request.POST)
    earlier = request.GET.get("from", "")
    entry = Comparison.objects.filter(pk=int(earlier)).first() if earlier.isdecimal() and len(earlier) < 19 else None
    if entry is not None:
        return LabForm.again(entry.combinations, entry.sample_wanted)
    choice = selectors.current_choice()
    return LabForm.first(choice.combination if choice else None)


def _home(request: HttpRequest, form: LabForm) -> dict[str, Any]:
    snapshot, past = selectors.current_snapshot(), lab.choices()
    choice = past[0] if past and past[0].algorithm else None
    asked = (choice or SegmentationChoice()).combination
    page = key_page(lab.comparisons(), cursor=request.GET.get("cursor", ""), size=10)
    return {
        "title": _("The lab"),
        "snapshot": snapshot,
        "form": form,
        "choice": choice,
        **_shown(snapshot, past),
        "choice_label": figures.combination_label(asked),
        "choice_details": figures.combination_details(asked),
        "choices": [
            {"choice": each, "label": figures.combination_label(each.combination), "is_current": place == 0}
            for place, each in enumerate(past)
        ],
        "choice_columns": CHOICES,
        "page": page,
        "history": [{"entry": each, "labels": _labels(each)} for each in page.rows],
        "history_columns": HISTORY,
        "algorithms": ALGORITHM_WORDS.values(),
        "spaces": SPACE_WORDS.values(),
        **(_segment_map(request, snapshot) if snapshot else {}),
    }


def _shown(snapshot: Snapshot | None, past: list[SegmentationChoice]) -> dict[str, Any]:
    """Whether pages show the chosen way already; if not, which one they show, and what is in between."""
    if snapshot is None or selectors.is_choice_shown(snapshot):
        return {"is_choice_shown": True}
    waiting = selectors.candidate_snapshot()
    return {
        "is_choice_shown": False,
        "shown_label": figures.combination_label(selectors.combination_of(snapshot)),
        "refresh_run": Run.objects.filter(kind=REFRESH_KIND, state__in=Run.ACTIVE).first(),
        "candidate": waiting if waiting and selectors.is_choice_shown(waiting) else None,
        "newest_choice": past[0] if past else None,
    }


def _labels(entry: Comparison) -> list[str]:
    return [figures.combination_label(asked) for asked in entry.combinations]


def _segment_map(request: HttpRequest, snapshot: Snapshot) -> dict[str, Any]:
    drawing = lab.current_map(snapshot)
    methods = lab.drawn_methods(drawing)
    if drawing is None or not methods:
        return {"is_map_on": services.is_map_on(), "is_map_failed": drawing is not None, "map_run": _map_run()}
    method = request.GET.get("map", "")
    method = method if method in methods else methods[-1]
    url = reverse("segmentation:segment-points", kwargs={"method": method})
    return {
        "drawing": drawing,
        "map_tabs": _map_tabs(methods, method),
        "map_chart": charts.segment_map(url, snapshot.segments),
    }


def _map_run() -> Run | None:
    return Run.objects.filter(kind=MAP_KIND, state__in=Run.ACTIVE).first()


def _map_tabs(methods: list[str], current: str) -> list[Tab]:
    labels = {lab.OWN: _("Own space"), **MAP_LABELS}
    return [Tab(labels.get(name, name), f"?map={name}", is_current=name == current) for name in methods]


@require_safe
@require("view")
@never_cache
def comparison_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a comparison is, then everything side by side."""
    entry = get_object_or_404(lab.comparisons(), pk=pk)
    run = entry.run if not entry.path and entry.run is not None and entry.run.is_active else None
    context = {"title": _("Comparison %(number)s") % {"number": pk}, "entry": entry, "run": run}
    if request.headers.get("HX-Request"):
        if run is not None:
            return render(request, "segmentation/_comparison_progress.html", context)
        return HttpResponse(status=HTTPStatus.OK, headers={"HX-Refresh": "true"})
    return render(request, "segmentation/comparison_detail.html", context | _comparison(request, entry))


def _comparison(request: HttpRequest, entry: Comparison) -> dict[str, Any]:
    found = figures.trials(entry.combinations, entry.results)
    current = selectors.current_snapshot()
    methods = [lab.OWN, *lab.drawn_methods(lab.current_map(entry.snapshot))]
    method = request.GET.get("map", "")
    method = method if method in methods else lab.OWN
    named = [key for each in found if each.is_done for group in each.result["groups"] for key in group["typical"]]
    names = lab.outside_ids(named)
    return {
        "trials": found,
        "is_outdated": services.is_outdated(entry, current),
        "is_limited": entry.sample < min(entry.sample_wanted, entry.snapshot.customers),
        "overview": figures.overview(found, entry.sample),
        "overview_columns": figures.OVERVIEW_COLUMNS,
        "criteria": figures.criteria(found),
        "criteria_columns": figures.CRITERIA_COLUMNS,
        "score_charts": charts.score_charts(found),
        "map_tabs": _map_tabs(methods, method),
        "cards": [_card(entry, each, method, names) for each in found],
    }


def _card(entry: Comparison, trial: figures.Trial, method: str, names: dict[int, str]) -> dict[str, Any]:
    if not trial.is_done:
        return {"trial": trial}
    url = reverse("segmentation:comparison-points", kwargs={"pk": entry.pk, "number": trial.number})
    return {
        "trial": trial,
        "silhouette": charts.silhouette_plot(trial),
        "map": charts.group_map(trial, f"{url}?map={method}", names),
        "columns": figures.profile_columns(trial),
        "profile": figures.profile_lines(trial),
        "is_slow": SPACE_WORDS[trial.asked["space"]].is_slow,
    }


@require_safe
@require("view")
def comparison_points(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """The customers of one combination as points, for the chart."""
    entry, _trial = _found(pk, number)
    return JsonResponse(lab.comparison_points(entry, number, request.GET.get("map", lab.OWN)))


@require_safe
@require("view")
def segment_points(request: HttpRequest, method: str) -> HttpResponse:
    """The customers of the present map as points by segment, for the chart."""
    snapshot = selectors.current_snapshot()
    found = lab.segment_points(snapshot, method) if snapshot is not None else {"points": [], "ids": []}
    return JsonResponse(found)


def _found(pk: int, number: int) -> tuple[Comparison, figures.Trial]:
    """A combination that worked; 404 for every other."""
    entry = get_object_or_404(lab.comparisons(), pk=pk)
    found = figures.trials(entry.combinations, entry.results)
    if number >= len(found) or not found[number].is_done:
        raise Http404
    return entry, found[number]


@require_http_methods(["GET", "HEAD", "POST"])
@require("segments.choose")
def combination_use(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """What would change for people with this combination; and the button that makes it so."""
    entry, trial = _found(pk, number)
    if request.method == "POST":
        try:
            run = services.choose_combination(entry=entry, number=number, by=acting_user(request))
        except services.LabRefused as refusal:
            messages.error(request, refusal.message)
            return redirect("segmentation:comparison-detail", pk=pk)
        return _chosen(request, run)
    context = {
        "title": _("Use %(label)s") % {"label": trial.label},
        "entry": entry,
        "trial": trial,
        "is_outdated": services.is_outdated(entry, selectors.current_snapshot()),
        "moved_share": trial.result["moved"] / entry.sample,
        "staying": entry.sample - trial.result["moved"],
        "columns": figures.MOVE_COLUMNS,
        "moves": figures.moves(trial, lab.segment_names(entry.snapshot)),
        "new_groups": figures.new_groups(trial),
        "is_slow": SPACE_WORDS[trial.asked["space"]].is_slow,
    }
    return render(request, "segmentation/combination_use.html", context)


@require_POST
@require("segments.choose")
def choice_use(request: HttpRequest, pk: int) -> HttpResponse:
    """Back to an earlier choice."""
    choice = get_object_or_404(SegmentationChoice, pk=pk)
    return _chosen(request, services.choose_again(choice=choice, by=acting_user(request)))


@require_POST
@require("segments.choose")
def choice_built_in(request: HttpRequest) -> HttpResponse:
    """Back to the built-in way."""
    return _chosen(request, services.choose_built_in(by=acting_user(request)))


def _chosen(request: HttpRequest, run: Run | None) -> HttpResponse:
    if run is None:
        messages.info(request, _("Segments are formed in this way already; nothing changes."))
    else:
        now = _("Chosen. New results are being computed; pages show the present ones until then.")
        messages.success(
            request, f"{now} {waiting_sentence(selectors.publishing_policy(), timezone.localdate())}".strip()
        )
        hint(run)
    return redirect("segmentation:lab")
