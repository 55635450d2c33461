"""The report: nine questions as cards, each with its number, basis and evidence."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from core.charts import Band, Chart, Series
from core.dispatch import hint
from core.formatting import compact_money_text, money_text, number_text, share_text
from core.permissions import acting_user, require
from core.services.audit import record_event
from core.ui import Column
from loyalty import rules, sentences
from loyalty.exports import report_csv
from loyalty.models import Report
from loyalty.selectors.report import QUESTIONS, newest_report, report_document, report_of
from loyalty.selectors.standing import default_programme
from loyalty.services.requests import request_report
from segmentation.selectors import current_snapshot

LIKENESS_COLUMNS = (
    Column(gettext_lazy("Median")),
    Column(gettext_lazy("Members"), is_numeric=True),
    Column(gettext_lazy("Rest"), is_numeric=True),
)
ACTION_COLUMNS = (
    Column(gettext_lazy("Why")),
    Column(gettext_lazy("Audience"), is_numeric=True, hint=gettext_lazy("Customers")),
    Column(gettext_lazy("Worth"), is_numeric=True, hint=gettext_lazy("If one in a hundred responds")),
)
CLAIM_COLUMNS = (
    Column(gettext_lazy("Claim")),
    Column(gettext_lazy("Seen"), is_numeric=True),
    Column(gettext_lazy("95 % interval"), is_numeric=True),
    Column(gettext_lazy("p, corrected"), is_numeric=True, hint=gettext_lazy("By Holm, for three claims")),
    Column(gettext_lazy("Verdict")),
)


@dataclass(frozen=True)
class Card:
    """One question, finished for the page."""

    number: int
    answer: dict[str, Any]
    headline: str = ""
    unit: str = ""
    interval: str = ""
    likeness: list[tuple[str, str, str]] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)
    actions: list[dict[str, Any]] = field(default_factory=list)
    chart: Chart | None = None


@dataclass(frozen=True)
class Claim:
    id: str
    statement: str
    value: str
    interval: str
    p_value: str
    holds: bool


@require_safe
@require("view")
def report(request: HttpRequest) -> HttpResponse:
    programme, snapshot = default_programme(), current_snapshot()
    current = report_of(programme, snapshot)
    # Without results there is nothing to report on: an older report would speak of lines that were taken back.
    shown = current or (newest_report(programme) if snapshot is not None else None)
    context: dict[str, Any] = {"title": _("Report"), "report": shown, "is_current": current is not None}
    if shown is not None:
        context |= {
            "cards": [_card(number, shown.content) for number in range(1, len(QUESTIONS) + 1)],
            "claims": [_claim(claim) for claim in shown.content["hypotheses"]],
            "claims_note": shown.content["hypotheses"][0]["note"],
            "claims_basis": shown.content["hypotheses"][0]["basis"],
            "likeness_columns": LIKENESS_COLUMNS,
            "action_columns": ACTION_COLUMNS,
            "claim_columns": CLAIM_COLUMNS,
        }
    return render(request, "loyalty/report.html", context)


def _card(number: int, content: dict[str, Any]) -> Card:
    answer = content[f"q{number}"]
    value = answer["value"]
    parts: dict[str, Any] = {}
    if number == 1:
        parts = {"headline": number_text(len(value)), "unit": _("customers")}
    elif number == 2:
        parts = {"headline": number_text(value), "unit": _("members")}
    elif number == 3:
        parts = {"likeness": _likeness(value)}
    elif number == 4:
        parts = {"headline": share_text(value), "unit": _("of all revenue")}
    elif number == 5:
        parts = _expected(answer)
    elif number in {6, 7}:
        parts = {"conditions": [condition["text"] for condition in value["conditions"]]}
    elif number == 9:
        currency = settings.REPORTING_CURRENCY
        parts = {
            "actions": [
                {**action, "worth": money_text(Decimal(action["expected_worth"]), currency)} for action in value
            ]
        }
    return Card(number, answer, **parts)


def _likeness(value: dict[str, Any]) -> list[tuple[str, str, str]]:
    names = [name for name in value["members"] if name != "customers"]
    return [
        (
            rules.label(name),
            sentences.value_text(name, value["members"][name]),
            sentences.value_text(name, value["rest"][name]),
        )
        for name in names
    ]


def _expected(answer: dict[str, Any]) -> dict[str, Any]:
    low, high = answer["interval"]
    currency = settings.REPORTING_CURRENCY
    months = answer["by_month"]
    chart = Chart(
        "expected-revenue",
        _("Expected revenue of members by month"),
        "line",
        [Series(_("Expected"), [float(month["revenue"]) for month in months])],
        x=[month["to"] for month in months],
        x_label=_("Month up to"),
        unit=currency,
        digits=0,
        band=Band(
            _("95 % interval"),
            [float(month["interval"][0]) for month in months],
            [float(month["interval"][1]) for month in months],
        ),
    )
    return {
        "headline": compact_money_text(float(answer["value"]), currency),
        "interval": _("95 %% interval: %(low)s to %(high)s")
        % {"low": money_text(float(low), currency), "high": money_text(float(high), currency)},
        "chart": chart,
    }


def _claim(claim: dict[str, Any]) -> Claim:
    shown = share_text if claim["id"] != "H4" else _times
    interval = claim["interval"]
    return Claim(
        id=claim["id"],
        statement=claim["statement"],
        value=shown(claim["value"]),
        interval=" – ".join(shown(end) for end in interval) if interval else "–",
        p_value=f"{claim['p_adjusted']:.3f}",
        holds=claim["holds"],
    )


def _times(value: float | None) -> str:
    return "–" if value is None else _("%(factor)s times") % {"factor": number_text(value, 2)}


@require_safe
@require("members.export")
def report_csv_file(request: HttpRequest) -> HttpResponse:
    shown = _current_report()
    if shown is None:
        messages.error(request, _("The report of the current results is not written yet."))
        return redirect("loyalty:report")
    record_event(by=acting_user(request), action="report.exported", obj=shown, key=shown.pk)
    response = HttpResponse(report_csv(report_document(shown)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="insiders-report.csv"'
    return response


def _current_report() -> Report | None:
    return report_of(default_programme(), current_snapshot())


@require_POST
@require("programme.propose")
def report_request(request: HttpRequest) -> HttpResponse:
    snapshot = current_snapshot()
    if snapshot is None:
        messages.error(request, _("There are no results yet: upload purchases first."))
        return redirect("loyalty:report")
    run = request_report(snapshot=snapshot, by=acting_user(request))
    hint(run)
    return redirect("core:run-detail", pk=run.pk)
