"""Taking a file back: what goes with it, and what has to be computed anew."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from anomalies.models import Anomaly
from core.dispatch import hint
from core.permissions import acting_user, require
from crm import ledger, selectors
from crm.models import Upload
from crm.services import UploadError, undo_upload
from loyalty.models import Membership
from segmentation.selectors import current_snapshot


@require_http_methods(["GET", "HEAD", "POST"])
@require("uploads.undo")
@never_cache
def upload_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """What goes, before it goes; then one click."""
    upload = get_object_or_404(selectors.uploads(), pk=pk)
    if request.method == "POST":
        return _take_back(request, upload)
    if upload.state != Upload.State.PUBLISHED or upload.is_busy:
        messages.info(request, _("This file is not in the figures now, so there is nothing to take back."))
        return redirect("crm:upload-detail", pk=pk)
    return render(request, "crm/upload_undo.html", {"title": _("Take this file back?"), **_preview(upload)})


def _take_back(request: HttpRequest, upload: Upload) -> HttpResponse:
    try:
        hint(undo_upload(upload=upload, by=acting_user(request)))
    except UploadError as error:
        messages.warning(request, error.message)
    return redirect("crm:upload-detail", pk=upload.pk)


def _preview(upload: Upload) -> dict[str, Any]:
    """Lines, money and people that leave the figures, and what rests on them."""
    leaving = ledger.what_leaves(selectors.current_version(), upload)
    snapshot = current_snapshot()
    members = Membership.objects.filter(left_on__isnull=True)
    return {
        "upload": upload,
        "leaving": leaving,
        # Where the time was too short to compare it with other files, all of it may go.
        "going": leaving.going or leaving.counting,
        "staying": leaving.counting.lines - leaving.going.lines if leaving.going else 0,
        "leaving_members": members.filter(customer_id__in=leaving.keys).count() if leaving.keys else 0,
        "snapshot": snapshot,
        "open_anomalies": Anomaly.objects.filter(status=Anomaly.Status.OPEN).count(),
        "members": members.count(),
        "is_last": not selectors.uploads().filter(state=Upload.State.PUBLISHED).exclude(pk=upload.pk).exists(),
    }
