"""Sources: where files come from without a person."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from core.dispatch import hint
from core.permissions import acting_user, require
from crm.inbox_forms import InboxForm
from crm.models import Inbox
from crm.selectors.inboxes import FILE_COLUMNS, INBOX_COLUMNS, inbox_files, inboxes
from crm.services.inboxes import InboxError, delete_inbox, is_default, request_check, save_inbox
from crm.sources.places import allowed_roots

FILES_SHOWN = 50


@require_http_methods(["GET", "HEAD", "POST"])
@require("sources.manage")
def inbox_list(request: HttpRequest) -> HttpResponse:
    """All sources, and the form for another one."""
    form = InboxForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid() and (inbox := _saved(request, form)):
        return redirect("crm:inbox-detail", pk=inbox.pk)
    context = {
        "title": _("Sources"),
        "form": form,
        "inboxes": inboxes(),
        "columns": INBOX_COLUMNS,
        "roots": allowed_roots(),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "crm/inbox_list.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@require("sources.manage")
def inbox_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One source: what it brought, what stands in its way, and its settings."""
    inbox = get_object_or_404(inboxes(), pk=pk)
    form = InboxForm(request.POST if request.method == "POST" else None, inbox=inbox)
    if form.is_bound and form.is_valid() and _saved(request, form):
        return redirect("crm:inbox-detail", pk=pk)
    context = {
        "title": inbox.name,
        "inbox": inbox,
        "form": form,
        "files": inbox_files(inbox)[:FILES_SHOWN],
        "columns": FILE_COLUMNS,
        "is_default": is_default(inbox),
        "roots": allowed_roots(),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "crm/inbox_detail.html", context, status=status)


def _saved(request: HttpRequest, form: InboxForm) -> Inbox | None:
    try:
        inbox = save_inbox(inbox=form.inbox, values=form.values(), by=acting_user(request))
    except InboxError as error:
        form.add_error("location", str(error))
        return None
    messages.success(request, _("The source is saved."))
    return inbox


@require_POST
@require("sources.manage")
def inbox_check(request: HttpRequest, pk: int) -> HttpResponse:
    hint(request_check(inbox=get_object_or_404(Inbox, pk=pk), by=acting_user(request)))
    messages.success(request, _("Insiders is looking now. Reload the page in a moment to see what it found."))
    return redirect("crm:inbox-detail", pk=pk)


@require_POST
@require("sources.manage")
def inbox_delete(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        delete_inbox(inbox=get_object_or_404(Inbox, pk=pk), by=acting_user(request))
    except InboxError as error:
        messages.warning(request, str(error))
        return redirect("crm:inbox-detail", pk=pk)
    messages.success(request, _("The source was removed. What it brought stays."))
    return redirect("crm:inbox-list")
