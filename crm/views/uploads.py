"""Files: bring one, say what its columns are, watch it come in, take it back."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from core.dispatch import hint
from core.permissions import acting_user, require
from crm import selectors
from crm.forms import MappingForm, ReadingForm
from crm.models import Upload
from crm.selectors.upload_figures import is_being_described
from crm.services import (
    MappingError,
    UploadError,
    confirm_mapping,
    discard_upload,
    reread_upload,
)
from crm.views.upload_changes import changes_of


@require_safe
@require("view")
@never_cache
def upload_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The upload in its state; while work runs, the page asks for itself again."""
    upload = _find(pk)
    if request.headers.get("HX-Request"):
        return _answer_poll(request, upload)
    return render(request, "crm/upload_detail.html", _page(upload))


def _page(upload: Upload) -> dict[str, Any]:
    """Everything that the page shows of an upload in its state."""
    return {**selectors.upload_page(upload), **_result(upload), **_forms(upload)}


def _result(upload: Upload) -> dict[str, Any]:
    """What came of an import: figures, examples of what was rejected, what it changed."""
    if upload.is_busy or not (upload.published_at or upload.state == Upload.State.IMPORTED):
        return {}
    figures = selectors.upload_figures(upload)
    examples = selectors.rejected_examples(upload)
    return {
        **selectors.described(figures),
        "is_described": figures is None and is_being_described(upload),
        "changes": changes_of(upload) if upload.published_at and upload.kind == "transactions" else None,
        "rejected_examples": examples,
        "rejected_columns": (upload.sniff or {}).get("columns", []) if examples else [],
    }


def _answer_poll(request: HttpRequest, upload: Upload) -> HttpResponse:
    """While the run is active its progress; afterwards the whole page anew. The figures of a result come later."""
    if request.GET.get("part") == "figures" and is_being_described(upload):
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    if upload.latest_run is not None and upload.latest_run.is_active:
        return render(request, "crm/_upload_progress.html", {"upload": upload, "run": upload.latest_run})
    response = HttpResponse(status=HTTPStatus.OK)
    response["HX-Refresh"] = "true"
    return response


def _forms(upload: Upload) -> dict[str, Any]:
    if not upload.is_open:
        return {}
    if not upload.sniff:
        return {"reading_form": ReadingForm(initial={"header": True})}
    return {
        "mapping_form": MappingForm(sniff=upload.sniff, confirmed=upload.mapping),
        "reading_form": ReadingForm(initial=upload.sniff["proposal"]["options"]),
        "preview": selectors.preview(upload),
    }


@require_POST
@require("uploads.add")
def upload_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """The mapping as the person confirmed it: import, and publish."""
    upload = _find(pk)
    if not upload.sniff or not upload.is_open:
        messages.warning(request, _("The columns of this upload can't be changed now."))
        return redirect("crm:upload-detail", pk=pk)
    form = MappingForm(request.POST, sniff=upload.sniff)
    if form.is_valid():
        try:
            hint(confirm_mapping(upload=upload, mapping=form.mapping(), by=acting_user(request)))
            return redirect("crm:upload-detail", pk=pk)
        except MappingError as error:
            form.add_problems(error.problems)
    context = {**_page(upload), "mapping_form": form}
    return render(request, "crm/upload_detail.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@require_POST
@require("uploads.add")
def upload_reread(request: HttpRequest, pk: int) -> HttpResponse:
    """Look at the file again with another separator, encoding or header."""
    upload = _find(pk)
    form = ReadingForm(request.POST)
    if not form.is_valid():
        context = {**_page(upload), "reading_form": form}
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
