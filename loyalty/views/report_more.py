"""Beside the report: its history, the hypotheses that people write, and who gets it by e-mail."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.charts import Band, Chart, Series
from core.dispatch import hint
from core.permissions import acting_user, require
from core.problems import Problem
from core.ui import Column
from loyalty import claims
from loyalty.models import Hypothesis, Programme, Report, ReportDelivery, ReportMailing
from loyalty.report_forms import HypothesisForm, MailingForm
from loyalty.selectors.report import report_history, written_hypotheses
from loyalty.services.reporting import (
    add_hypothesis,
    add_mailing,
    enable_mailing,
    withdraw_hypothesis,
)
from loyalty.services.requests import request_report
from loyalty.views.choosing import back_to, chosen_programme
from segmentation.selectors import current_snapshot

DELIVERIES_SHOWN = 30
REPORT_COLUMNS = (
    Column(gettext_lazy("Results as of")),
    Column(gettext_lazy("Report")),
    Column(gettext_lazy("Written")),
    Column(gettext_lazy("Members"), is_numeric=True),
    Column(gettext_lazy("Share of revenue"), is_numeric=True),
)
WRITTEN_COLUMNS = (
    Column(gettext_lazy("Hypothesis")),
    Column(gettext_lazy("Written by")),
    Column(gettext_lazy("Change"), is_hidden=True),
)
MAILING_COLUMNS = (
    Column(gettext_lazy("How often")),
    Column(gettext_lazy("To whom")),
    Column(gettext_lazy("State")),
    Column(gettext_lazy("Change"), is_hidden=True),
)
DELIVERY_COLUMNS = (
    Column(gettext_lazy("Due on")),
    Column(gettext_lazy("To whom")),
    Column(gettext_lazy("State")),
    Column(gettext_lazy("Why")),
)


@dataclass(frozen=True)
class Line:
    """A question's figure over past reports: how to read it from what a report kept."""

    key: str
    title: str
    names: Sequence[tuple[str, Callable[[dict[str, Any]], float | None]]]
    unit: str = ""
    is_share: bool = False


def _of(name: str) -> Callable[[dict[str, Any]], float | None]:
    return lambda figures: figures.get(name)


@require_safe
@require("view")
def report_history_page(request: HttpRequest) -> HttpResponse:
    programme = chosen_programme(request)
    reports = [report for report in report_history(programme) if report.figures]
    context = {
        "title": _("The report's history"),
        "programme": programme,
        "charts": _charts(reports) if len(reports) > 1 else [],
        "rows": reports[::-1],
        "columns": REPORT_COLUMNS,
    }
    return render(request, "loyalty/report_history.html", context)


def _charts(reports: list[Report]) -> list[Chart]:
    days = [report.snapshot.as_of for report in reports]
    figures = [report.figures for report in reports]
    drawn = [
        Chart(
            line.key,
            line.title,
            "line",
            [Series(name, [read(found) for found in figures]) for name, read in line.names],
            x=days,
            x_label=_("Results as of"),
            unit=line.unit,
            is_share=line.is_share,
            digits=None if line.is_share else 0,
        )
        for line in _lines()
    ]
    return [*drawn, _expected(days, figures), *_claims(days, figures)]


def _lines() -> list[Line]:
    currency, customers = settings.REPORTING_CURRENCY, _("customers")
    medians = [(_("Members"), _of("median_revenue")), (_("Rest"), _of("median_revenue_rest"))]
    return [
        Line("q1", _("1. Who is eligible?"), [(_("Eligible"), _of("eligible"))], customers),
        Line("q2", _("2. How many are they?"), [(_("Members"), _of("members"))], _("members")),
        Line("q3", _("3. Their characteristics: median revenue"), medians, currency),
        Line("q4", _("4. Their share of revenue"), [(_("Of all revenue"), _of("share"))], "%", is_share=True),
        Line("q6", _("6. How many meet the entry conditions"), [(_("Customers"), _of("meet_entry"))], customers),
        Line("q7", _("7. Members in their grace period"), [(_("In grace"), _of("in_grace"))], _("members")),
        Line("q8", _("8. Is an effect proven?"), [(_("1: yes, 0: no"), lambda it: float(it.get("is_proven", False)))]),
        Line("q9", _("9. Worth of the best action"), [(_("Worth"), _best_action)], currency),
    ]


def _best_action(figures: dict[str, Any]) -> float | None:
    worth = figures.get("best_action")
    return None if worth is None else float(worth)


def _expected(days: list[Any], figures: list[dict[str, Any]]) -> Chart:
    found = [[float(value) for value in each["expected"]["members"]] for each in figures]
    value, low, high = zip(*found, strict=True)
    return Chart(
        "q5",
        _("5. Revenue that members were expected to bring in the 12 months after"),
        "line",
        [Series(_("Expected"), value)],
        x=days,
        x_label=_("Results as of"),
        unit=settings.REPORTING_CURRENCY,
        band=Band(_("95 % interval"), low, high),
        digits=0,
    )


def _claims(days: list[Any], figures: list[dict[str, Any]]) -> list[Chart]:
    """One chart for the shares and one for the medians: a value that a report did not test leaves a gap."""
    found = [each.get("hypotheses", {}) for each in figures]
    names = dict.fromkeys(name for each in found for name in each)
    ratios = [name for name in names if any(_is_ratio(name, each[name]) for each in found if name in each)]
    shares = [name for name in names if name not in ratios]
    axis: Any = {"x": days, "x_label": _("Results as of")}
    drawn = []
    if shares:
        series = _values(shares, found)
        drawn.append(Chart("shares", _("Hypotheses: shares"), "line", series, unit="%", is_share=True, **axis))
    if ratios:
        title, unit = _("Hypotheses: medians beside that of all customers"), _("times")
        drawn.append(Chart("medians", title, "line", _values(ratios, found), unit=unit, digits=2, **axis))
    return drawn


def _values(names: list[str], found: list[dict[str, Any]]) -> list[Series]:
    return [Series(name, [(each.get(name) or [None])[0] for each in found]) for name in names]


def _is_ratio(name: str, kept: list[Any]) -> bool:
    """The oldest reports kept no measure; of theirs, H4 alone is a median."""
    return bool(kept[2] == "median_ratio" if len(kept) > 2 else name == "H4")


@require_http_methods(["GET", "HEAD", "POST"])
@require("view", "programme.propose")
def hypothesis_list(request: HttpRequest) -> HttpResponse:
    programme = chosen_programme(request)
    form = HypothesisForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            add_hypothesis(programme=programme, by=acting_user(request), **form.values())
        except Problem as problem:
            form.add_error(None, problem.message)
        else:
            _write_again(request, programme)
            return back_to("loyalty:hypothesis-list", programme)
    context = {
        "title": _("Hypotheses"),
        "programme": programme,
        "form": form,
        "rows": [(hypothesis, claims.statement(hypothesis)) for hypothesis in written_hypotheses(programme)],
        "columns": WRITTEN_COLUMNS,
    }
    return render(request, "loyalty/hypothesis_list.html", context)


@require_POST
@require("programme.propose")
def hypothesis_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    hypothesis = get_object_or_404(Hypothesis.objects.select_related("programme"), pk=pk)
    withdraw_hypothesis(hypothesis=hypothesis, by=acting_user(request))
    _write_again(request, hypothesis.programme)
    return back_to("loyalty:hypothesis-list", hypothesis.programme)


def _write_again(request: HttpRequest, programme: Programme) -> None:
    """The report is frozen, so another set of hypotheses asks for another one."""
    snapshot = current_snapshot()
    if snapshot is None:
        messages.success(request, _("It is tested with the first report."))
        return
    hint(request_report(snapshot=snapshot, by=acting_user(request), programme=programme))
    messages.success(request, _("The report is being written again; it takes a moment."))


@require_http_methods(["GET", "HEAD", "POST"])
@require("reports.mail")
def mailing_list(request: HttpRequest) -> HttpResponse:
    programme = chosen_programme(request)
    form = MailingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            today = timezone.localdate()
            add_mailing(programme=programme, today=today, by=acting_user(request), **form.cleaned_data)
        except Problem as problem:
            form.add_error(None, problem.message)
        else:
            messages.success(request, _("The report is sent from the next due day on."))
            return back_to("loyalty:mailing-list", programme)
    deliveries = ReportDelivery.objects.filter(mailing__programme=programme).select_related("recipient")
    context = {
        "title": _("The report by e-mail"),
        "programme": programme,
        "form": form,
        "mailings": programme.mailings.prefetch_related("recipients"),
        "columns": MAILING_COLUMNS,
        "deliveries": deliveries[:DELIVERIES_SHOWN],
        "delivery_columns": DELIVERY_COLUMNS,
    }
    return render(request, "loyalty/mailing_list.html", context)


@require_POST
@require("reports.mail")
def mailing_change(request: HttpRequest, pk: int) -> HttpResponse:
    mailing = get_object_or_404(ReportMailing, pk=pk)
    enable_mailing(mailing=mailing, is_enabled=request.POST.get("is_enabled") == "1", by=acting_user(request))
    messages.success(request, _("The mailing is changed."))
    return redirect("loyalty:mailing-list")
