"""The report: nine questions as cards, each with its number, basis and evidence; its files; and its history."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from core.dispatch import hint
from core.permissions import acting_user, require
from core.ui import Column
from loyalty.models import Report
from loyalty.selectors.report import QUESTIONS, newest_report, report_content, report_of
from loyalty.services.requests import request_report
from loyalty.views.choosing import chosen_programme
from loyalty.views.report_cards import card_of, claim_of
from segmentation.selectors import current_snapshot

CLAIM_COLUMNS = (
    Column(gettext_lazy("Claim")),
    Column(gettext_lazy("Seen"), is_numeric=True),
    Column(gettext_lazy("95 % interval"), is_numeric=True),
    Column(gettext_lazy("Effect size")),
    Column(gettext_lazy("p, corrected"), is_numeric=True, hint=gettext_lazy("By Holm, for all claims together")),
    Column(gettext_lazy("Verdict")),
)


@require_safe
@require("view")
def report(request: HttpRequest) -> HttpResponse:
    programme, snapshot = chosen_programme(request), current_snapshot()
    current = report_of(programme, snapshot)
    # Without results there is nothing to report on: an older report would speak of lines that were taken back.
    shown = current or (newest_report(programme) if snapshot is not None else None)
    context = {"title": _("Report"), "programme": programme, "is_current": current is not None}
    return render(request, "loyalty/report.html", context | _shown(shown))


@require_safe
@require("view")
def report_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One frozen report, as it was written."""
    shown = get_object_or_404(Report.objects.select_related("snapshot", "review", "programme"), pk=pk)
    current = report_of(shown.programme, current_snapshot())
    context = {"title": _("Report"), "programme": shown.programme, "is_current": current == shown, "is_earlier": True}
    return render(request, "loyalty/report.html", context | _shown(shown))


def _shown(shown: Report | None) -> dict[str, Any]:
    if shown is None:
        return {"report": None}
    content = report_content(shown)
    return {
        "report": shown,
        "cards": [card_of(number, content) for number in range(1, len(QUESTIONS) + 1)],
        "claims": [claim_of(claim) for claim in content["hypotheses"]],
        "claims_note": content["hypotheses"][0]["note"],
        "claims_basis": content["hypotheses"][0]["basis"],
        "claim_columns": CLAIM_COLUMNS,
    }


@require_POST
@require("programme.propose")
def report_request(request: HttpRequest) -> HttpResponse:
    snapshot = current_snapshot()
    if snapshot is None:
        messages.error(request, _("There are no results yet: upload purchases first."))
        return redirect("loyalty:report")
    run = request_report(snapshot=snapshot, by=acting_user(request), programme=chosen_programme(request))
    hint(run)
    return redirect("core:run-detail", pk=run.pk)
