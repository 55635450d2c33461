"""Corrected lines, and files that come back: one click each."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.dispatch import hint
from core.permissions import acting_user, require
from crm import selectors
from crm.services import MappingError, UploadError, complete_upload, redo_upload, reread_upload


@require_POST
@require("uploads.add")
def upload_complete(request: HttpRequest, pk: int) -> HttpResponse:
    """Take corrected lines in, in the place of the rejected ones."""
    upload = get_object_or_404(selectors.uploads(), pk=pk)
    if not upload.completes_id:
        messages.warning(request, _("This file corrects no other file."))
        return redirect("crm:upload-detail", pk=pk)
    try:
        hint(complete_upload(upload=upload, by=acting_user(request)))
    except MappingError as error:
        messages.warning(request, str(error))
    return redirect("crm:upload-detail", pk=pk)


@require_POST
@require("uploads.undo")
def upload_redo(request: HttpRequest, pk: int) -> HttpResponse:
    """Bring a file back; once its lines were cleared, have it read again instead."""
    upload = get_object_or_404(selectors.uploads(), pk=pk)
    try:
        if request.POST.get("again"):
            options = (upload.mapping or {}).get("options", {})
            hint(reread_upload(upload=upload, options=options, by=acting_user(request)))
        else:
            hint(redo_upload(upload=upload, by=acting_user(request)))
    except (UploadError, MappingError) as error:
        messages.warning(request, str(error))
    return redirect("crm:upload-detail", pk=pk)
