"""Files: bring one, say what its columns are, watch it come in, take it back."""

from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from core.dispatch import hint
from core.permissions import acting_user, require
from crm import selectors
from crm.forms import ReadingForm
from crm.models import Upload
from crm.selectors.progress import time_left
from crm.selectors.upload_figures import is_being_described
from crm.services import (
    UploadError,
    discard_upload,
    reread_upload,
)
from crm.views.upload_mapping import FINDINGS, answer_findings, page_context


@require_safe
@require("view")
@never_cache
def upload_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The upload in its state; while work runs, the page asks for itself again."""
    upload = _find(pk)
    if request.headers.get("HX-Request"):
        return _answer_poll(request, upload)
    return render(request, "crm/upload_detail.html", page_context(upload))


def _answer_poll(request: HttpRequest, upload: Upload) -> HttpResponse:
    """While the run is active its progress; afterwards the whole page anew. The figures of a result come later."""
    if request.headers.get("HX-Target") == FINDINGS and upload.sniff and upload.state != Upload.State.PUBLISHED:
        return answer_findings(request, upload)
    if request.GET.get("part") == "figures" and is_being_described(upload):
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    run = upload.latest_run
    if run is not None and run.is_active:
        context = {"upload": upload, "run": run, "time_left": time_left(run, timezone.now())}
        return render(request, "crm/_upload_progress.html", context)
    response = HttpResponse(status=HTTPStatus.OK)
    response["HX-Refresh"] = "true"
    return response


@require_POST
@require("uploads.add")
def upload_reread(request: HttpRequest, pk: int) -> HttpResponse:
    """Look at the file again with another separator, encoding or header."""
    upload = _find(pk)
    form = ReadingForm(request.POST, sniff=upload.sniff)
    if not form.is_valid():
        context = {**page_context(upload), "reading_form": form}
        return render(request, "crm/upload_detail.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        hint(reread_upload(upload=upload, options=form.options(), by=acting_user(request)))
    except UploadError as error:
        messages.warning(request, error.message)
    return redirect("crm:upload-detail", pk=pk)


@require_POST
@require("uploads.undo")
def upload_discard(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        discard_upload(upload=_find(pk), by=acting_user(request))
    except UploadError as error:
        messages.warning(request, error.message)
        return redirect("crm:upload-detail", pk=pk)
    messages.success(request, _("The file was deleted. Nothing of it was in any figure."))
    return redirect("crm:upload-list")


@require_safe
@require("view")
def upload_rejected(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """The rejected lines with their reasons, in the file's own columns."""
    upload = _find(pk)
    if not upload.rejected_path:
        raise Http404
    response = StreamingHttpResponse(selectors.rejected_csv(upload), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="rejected-lines-{upload.pk}.csv"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _find(pk: int) -> Upload:
    return get_object_or_404(selectors.uploads(), pk=pk)
