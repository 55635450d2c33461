"""The list of files, and the place to bring the next ones."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from core.dispatch import hint
from core.pagination import key_page
from core.permissions import acting_user, may, require
from crm import selectors
from crm.filter_forms import UploadFilterForm
from crm.forms import UploadForm
from crm.models import Upload
from crm.selectors.upload_list import certain_uploads, found_uploads, waiting_uploads
from crm.services import store_upload
from crm.services.certain import confirm_certain
from crm.services.partial_uploads import discard_partial

# More than a person decides at a glance; the filter shows them all.
MOST_WAITING = 50


@require_http_methods(["GET", "HEAD", "POST"])
@require("view", "uploads.add")
def upload_list(request: HttpRequest) -> HttpResponse:
    """What waits for a decision, then all files, newest first."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        return _receive(request, form.cleaned_data["file"])
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "crm/upload_list.html", {"form": form, **_lists(request)}, status=status)


def _lists(request: HttpRequest) -> dict[str, Any]:
    filters = UploadFilterForm(request.GET)
    wanted = filters.wanted()
    page = key_page(found_uploads(**wanted), cursor=request.GET.get("cursor", ""), size=25)
    waiting = list(waiting_uploads()[: MOST_WAITING + 1])
    user = acting_user(request)
    return {
        "title": _("Uploads"),
        "filters": filters,
        "is_filtered": bool(wanted),
        "page": page,
        "columns": selectors.UPLOAD_COLUMNS,
        "waiting": waiting[:MOST_WAITING],
        "has_more_waiting": len(waiting) > MOST_WAITING,
        "certain": certain_uploads().count(),
        "is_busy": any(upload.is_busy for upload in page.rows),
        "unfinished": selectors.unfinished_uploads(owner=user) if may(user, "uploads.add") else (),
        "largest_mb": settings.UPLOAD_MAX_MB,
    }


def _receive(request: HttpRequest, file: "UploadedFile[Any]") -> HttpResponse:
    by = acting_user(request)
    upload, is_new = store_upload(name=file.name or "file", chunks=file.chunks(), source=Upload.Source.BROWSER, by=by)
    if is_new:
        hint(upload.latest_run)
    else:
        messages.info(request, selectors.known_sentence(upload, by))
    return redirect("crm:upload-detail", pk=upload.pk)


@require_POST
@require("uploads.add")
def upload_confirm_certain(request: HttpRequest) -> HttpResponse:
    """Import every file that leaves nothing to decide."""
    confirmed = confirm_certain(by=acting_user(request))
    for run in confirmed.runs:
        hint(run)
    count = len(confirmed.runs)
    if count:
        sentence = ngettext("%(count)d file is being imported.", "%(count)d files are being imported.", count)
        messages.success(request, sentence % {"count": count})
    elif not confirmed.refused:
        messages.info(request, _("Nothing is certain at the moment."))
    for upload, reason in confirmed.refused:
        messages.warning(request, _("%(name)s waits for you: %(reason)s") % {"name": upload, "reason": reason})
    return redirect("crm:upload-list")


@require_POST
@require("uploads.add")
def partial_discard(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Give up a file that has not arrived in full."""
    by = acting_user(request)
    discard_partial(partial=get_object_or_404(selectors.unfinished_uploads(owner=by), pk=pk), by=by)
    messages.success(request, _("What had arrived of the file was removed."))
    return redirect("crm:upload-list")
