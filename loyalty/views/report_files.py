"""The report as files: for people (PDF, HTML), for scripts (JSON, CSV), and the lines behind a figure."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.commands import dumps
from core.permissions import acting_user, require
from core.problems import Problem
from core.services.audit import record_event
from loyalty import paper, traces
from loyalty.exports import report_csv
from loyalty.models import Report
from loyalty.selectors.report import report_content, report_document, report_of
from loyalty.views.choosing import chosen_programme
from segmentation.selectors import current_snapshot

Make = Callable[[Report], bytes | str]


@require_safe
@require("view")
def report_pdf(request: HttpRequest) -> HttpResponse:
    return _file(request, "pdf", "application/pdf", lambda shown: paper.pdf(report_content(shown), _base(request)))


@require_safe
@require("view")
def report_html(request: HttpRequest) -> HttpResponse:
    return _file(request, "html", "text/html; charset=utf-8", lambda it: paper.html(report_content(it), _base(request)))


@require_safe
@require("members.export")
def report_csv_file(request: HttpRequest) -> HttpResponse:
    return _file(request, "csv", "text/csv; charset=utf-8", lambda shown: report_csv(report_document(shown)))


@require_safe
@require("members.export")
def report_json(request: HttpRequest) -> HttpResponse:
    return _file(request, "json", "application/json", lambda shown: dumps(report_document(shown)))


def _base(request: HttpRequest) -> str:
    return request.build_absolute_uri("/").rstrip("/")


def _file(request: HttpRequest, kind: str, content_type: str, make: Make) -> HttpResponse:
    shown = _asked_for(request)
    if shown is None:
        messages.error(request, _("The report of the current results is not written yet."))
        return redirect("loyalty:report")
    record_event(by=acting_user(request), action="report.exported", obj=shown, key=shown.pk, facts={"format": kind})
    response = HttpResponse(make(shown), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="insiders-report-{shown.snapshot.as_of}.{kind}"'
    return response


def _asked_for(request: HttpRequest) -> Report | None:
    """The report that `?report=` names, else that of the current results."""
    number = request.GET.get("report", "")
    if number.isascii() and number.isdigit() and len(number) < 19:
        return get_object_or_404(Report.objects.select_related("snapshot"), pk=int(number))
    return report_of(chosen_programme(request), current_snapshot())


@require_safe
@require("members.export")
def report_lines(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Every line of the ledger behind a group's figures, as CSV; the sums of its columns are the figures."""
    shown = get_object_or_404(Report.objects.select_related("snapshot"), pk=pk)
    return _traced(request, shown, "lines", request.GET.get("group", "members:"), traces.lines_of)


@require_safe
@require("members.export")
def report_customers(request: HttpRequest, pk: int) -> HttpResponseBase:
    """Every customer's figures as the report used them, with who is a member and who is eligible."""
    shown = get_object_or_404(Report.objects.select_related("snapshot"), pk=pk)
    return _traced(request, shown, "customers", "", lambda report, _group: traces.customers_of(report))


def _traced(request: HttpRequest, shown: Report, name: str, group: str, make: Any) -> HttpResponseBase:
    try:
        rows = make(shown, group)
    except Problem as refusal:
        messages.error(request, str(refusal))
        return redirect("loyalty:report")
    facts = {"what": name, "group": group}
    record_event(by=acting_user(request), action="report.traced", obj=shown, key=shown.pk, facts=facts)
    response = StreamingHttpResponse(rows, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="insiders-report-{shown.pk}-{name}.csv"'
    return response
