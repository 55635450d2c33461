"""Lines as one file: asked for, written by a worker, kept for a day."""

from http import HTTPStatus

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from core.dispatch import hint
from core.permissions import acting_user, require
from core.services.audit import record_event
from crm import ledger
from crm.models import LineExport
from crm.services import ExportError, request_export
from crm.services.exports import KEPT
from crm.views.line_search import BadFilter, read_line_filter

TYPES = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}


@require_http_methods(["GET", "HEAD", "POST"])
@require("members.export")
def transaction_export(request: HttpRequest) -> HttpResponse:
    """Ask for the lines of the filter; the page of the export shows how far it is."""
    if request.method != "POST":
        return redirect("crm:transaction-list")
    try:
        chosen = read_line_filter(request.POST)
        if chosen is None:
            raise ExportError(_("There is no such customer, so there are no lines to export."))
        wanted = "csv" if request.POST.get("format") == "csv" else "parquet"
        export = request_export(chosen=chosen, file_format=wanted, by=acting_user(request))
    except (BadFilter, ExportError) as error:
        messages.warning(request, str(error))
        return redirect("crm:transaction-list")
    hint(export.run)
    return redirect("crm:export-detail", pk=export.pk)


@require_safe
@require("members.export")
@never_cache
def export_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it is, then the file."""
    export = _find(pk)
    run = export.run if export.run is not None and export.run.is_active else None
    context = {"title": _("Export of lines"), "export": export, "run": run, "until": export.requested_at + KEPT}
    if request.headers.get("HX-Request"):
        if run is not None:
            return render(request, "crm/_export_progress.html", context)
        return HttpResponse(status=HTTPStatus.OK, headers={"HX-Refresh": "true"})
    return render(request, "crm/export_detail.html", context)


@require_safe
@require("members.export")
def export_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file itself; who took it along is written down."""
    export = _find(pk)
    if not export.path:
        raise Http404
    record_event(by=acting_user(request), action="lines.downloaded", obj=export, key=export.pk)
    with ledger.local_copy(export.path) as path:
        stream = path.open("rb")
    name = f"transactions-{export.pk}.{export.format}"
    response = FileResponse(stream, as_attachment=True, filename=name, content_type=TYPES[export.format])
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _find(pk: int) -> LineExport:
    return get_object_or_404(LineExport.objects.select_related("run"), pk=pk)
