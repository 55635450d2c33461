"""Mappings that were remembered: which there are, their names, their choices."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.pagination import key_page
from core.permissions import acting_user, require
from crm import selectors
from crm.forms import SavedMappingForm
from crm.models import SavedMapping
from crm.services import MappingError, change_saved_mapping, delete_saved_mapping


@require_safe
@require("view")
def mapping_list(request: HttpRequest) -> HttpResponse:
    """All remembered mappings."""
    page = key_page(selectors.saved_mappings(), cursor=request.GET.get("cursor", ""), size=50)
    context = {"title": _("Remembered columns"), "page": page, "columns": selectors.MAPPING_COLUMNS}
    return render(request, "crm/mapping_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@require("view", "uploads.add")
def mapping_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One of them, with its choices; a change holds for the next file."""
    saved = get_object_or_404(SavedMapping, pk=pk)
    form = SavedMappingForm(request.POST or None, saved=saved)
    if request.method == "POST" and form.is_valid():
        mapping = form.mapping()
        try:
            change_saved_mapping(saved=saved, name=mapping["name"], mapping=mapping, by=acting_user(request))
            messages.success(request, _("Saved. The next file with these columns is set like this."))
            return redirect("crm:mapping-list")
        except MappingError as error:
            form.add_problems(error.problems)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    context = {"title": saved.name, "saved": saved, "mapping_form": form}
    return render(request, "crm/mapping_detail.html", context, status=status)


@require_POST
@require("uploads.add")
def mapping_delete(request: HttpRequest, pk: int) -> HttpResponse:
    delete_saved_mapping(saved=get_object_or_404(SavedMapping, pk=pk), by=acting_user(request))
    messages.success(request, _("Forgotten. The next file with these columns is proposed anew."))
    return redirect("crm:mapping-list")
