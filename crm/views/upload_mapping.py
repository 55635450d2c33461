"""The mapping step: say what the columns are, see what that would do, confirm it."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.dispatch import hint
from core.permissions import acting_user, require
from crm import selectors
from crm.fields import KINDS
from crm.forms import MappingForm, ReadingForm
from crm.ledger.completing import can_be_completed
from crm.models import Upload
from crm.services import MappingError, UploadError, check_mapping, confirm_mapping
from crm.views.upload_result import result_context

# The part of the page that is asked for again while a check runs.
FINDINGS = "mapping-findings"


def page_context(upload: Upload) -> dict[str, Any]:
    """Everything that the page shows of an upload in its state."""
    return {**selectors.upload_page(upload), **result_context(upload), **forms_context(upload)}


def forms_context(upload: Upload) -> dict[str, Any]:
    if not (upload.is_open or upload.is_being_checked):
        return {}
    if upload.completes_id:
        lines = (upload.sniff or {}).get("lines", 0)
        is_open = upload.state != Upload.State.UNDONE
        can_complete = upload.completes is not None and can_be_completed(upload.completes)
        return {"is_correction": is_open, "corrected_lines": lines, "can_complete": can_complete}
    if not upload.sniff:
        return {"reading_form": ReadingForm(initial={"header": True})}
    return {
        "mapping_form": MappingForm(sniff=upload.sniff, confirmed=upload.mapping),
        "reading_form": ReadingForm(sniff=upload.sniff),
        "preview": selectors.preview(upload),
        "is_checking": upload.is_being_checked,
    }


def answer_findings(request: HttpRequest, upload: Upload, *, is_behind: bool = False) -> HttpResponse:
    """The part of the mapping page that the choices change; `is_behind`: they changed since the look under way."""
    context = {
        **selectors.upload_page(upload),
        "preview": selectors.preview(upload),
        "is_checking": upload.is_being_checked,
        "is_behind": is_behind,
    }
    return render(request, "crm/_mapping_findings.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@require("uploads.add")
def upload_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """The mapping as the person confirmed it: import, and publish; a reload leads to the upload's page."""
    if request.method != "POST":
        return redirect("crm:upload-detail", pk=pk)
    upload = get_object_or_404(selectors.uploads(), pk=pk)
    if not upload.sniff or not (upload.is_open or upload.is_being_checked):
        messages.warning(request, _("The columns of this upload can't be changed now."))
        return redirect("crm:upload-detail", pk=pk)
    form = MappingForm(request.POST, sniff=upload.sniff, confirmed=_shown(request, upload))
    if form.is_other_kind:
        return _check(request, upload, form)
    if form.is_valid():
        try:
            hint(confirm_mapping(upload=upload, mapping=form.mapping(), by=acting_user(request)))
            return redirect("crm:upload-detail", pk=pk)
        except MappingError as error:
            form.add_problems(error.problems)
    context = {**page_context(upload), "mapping_form": form}
    return render(request, "crm/upload_detail.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@require_http_methods(["GET", "HEAD", "POST"])
@require("uploads.add")
def upload_check(request: HttpRequest, pk: int) -> HttpResponse:
    """See what the choices would do, without importing anything; what was chosen stays."""
    if request.method != "POST":
        return redirect("crm:upload-detail", pk=pk)
    upload = get_object_or_404(selectors.uploads(), pk=pk)
    if not upload.sniff:
        return redirect("crm:upload-detail", pk=pk)
    return _check(request, upload, MappingForm(request.POST, sniff=upload.sniff, confirmed=_shown(request, upload)))


def _shown(request: HttpRequest, upload: Upload) -> dict[str, Any]:
    """The kind whose fields the page showed, which the posted choices speak of."""
    shown = request.POST.get("shown_kind", "")
    return {**(upload.mapping or {}), **({"kind": shown} if shown in KINDS else {})}


def _check(request: HttpRequest, upload: Upload, form: MappingForm) -> HttpResponse:
    is_part = request.headers.get("HX-Target") == FINDINGS and not form.is_other_kind
    form.is_valid()  # what is not right yet is left out, and said by the check itself
    mapping = {"kind": form.data["kind"], "columns": {}, "options": {}} if form.is_other_kind else form.mapping()
    is_behind = False
    try:
        hint(check_mapping(upload=upload, mapping=mapping, by=acting_user(request)))
    except UploadError as error:
        # An earlier check is under way: the part asks again with what is chosen then, the page says so.
        is_behind = upload.is_being_checked
        if not (is_part and is_behind):
            messages.warning(request, error.message)
    except MappingError as error:
        messages.warning(request, str(error))
    if is_part:
        return answer_findings(request, _fresh(upload), is_behind=is_behind)
    if request.headers.get("HX-Request"):
        return HttpResponse(status=HTTPStatus.OK, headers={"HX-Refresh": "true"})
    return redirect("crm:upload-detail", pk=upload.pk)


def _fresh(upload: Upload) -> Upload:
    return selectors.uploads().get(pk=upload.pk)
