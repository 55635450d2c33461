"""What people do on the members list: notes, pins, saved views, many members at once, and the texts they are told."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from core.dispatch import send_due
from core.permissions import acting_user, require
from core.problems import Problem
from crm.models import Customer
from loyalty.list_forms import BulkForm, FilterForm, PinForm, TextsForm
from loyalty.messages import message_for
from loyalty.models import BulkAction, MemberNote, Pin, Programme, SavedView
from loyalty.selectors.members import Filters, filtered, members
from loyalty.services import (
    act_on_many,
    add_note,
    end_pin,
    pin_customer,
    remove_note,
    remove_view,
    save_view,
    set_texts,
    undo_bulk,
)
from loyalty.services.bulk import MOST
from loyalty.views.choosing import about, back_to, chosen_programme, programme_url
from segmentation.selectors import current_snapshot

LONGEST_KEY = 18
PREVIEWED = 3


@require_POST
@require("programme.approve")
def member_pin(request: HttpRequest, pk: int) -> HttpResponse:
    customer, programme, form = get_object_or_404(Customer, pk=pk), chosen_programme(request), PinForm(request.POST)
    if not form.is_valid():
        messages.error(request, _first_error(form))
        return _to_member(programme, pk)
    try:
        pin_customer(programme=programme, customer=customer, by=acting_user(request), **form.cleaned_data)
    except Problem as problem:
        messages.error(request, problem.message)
    else:
        send_due()
        messages.success(request, _("The customer is pinned."))
    return _to_member(programme, pk)


@require_POST
@require("programme.approve")
def pin_end(request: HttpRequest, pk: int) -> HttpResponse:
    pin = get_object_or_404(Pin.objects.select_related("programme"), pk=pk)
    try:
        end_pin(pin=pin, by=acting_user(request))
    except Problem as problem:
        messages.error(request, problem.message)
    else:
        messages.success(request, _("The pin is ended: the next review goes by the rules again."))
    return _to_member(pin.programme, pin.customer_id)


@require_POST
@require("members.note")
def member_note(request: HttpRequest, pk: int) -> HttpResponse:
    customer, programme = get_object_or_404(Customer, pk=pk), chosen_programme(request)
    text = request.POST.get("text", "").replace("\0", "")
    try:
        add_note(programme=programme, customer=customer, text=text, by=acting_user(request))
    except Problem as problem:
        messages.error(request, problem.message)
    return _to_member(programme, pk)


@require_POST
@require("members.note")
def note_remove(request: HttpRequest, pk: int) -> HttpResponse:
    note = get_object_or_404(MemberNote.objects.select_related("programme"), pk=pk)
    remove_note(note=note, by=acting_user(request))
    messages.success(request, _("The note is removed."))
    return _to_member(note.programme, note.customer_id)


@require_POST
@require("members.note")
def view_save(request: HttpRequest) -> HttpResponse:
    programme, query = chosen_programme(request), _clean(request.POST.get("query", ""))
    name = request.POST.get("name", "").replace("\0", "")
    try:
        save_view(programme=programme, name=name, query=query, by=acting_user(request))
    except Problem as problem:
        messages.error(request, problem.message)
    else:
        messages.success(request, _("The view is kept."))
    return _to_list(programme, query)


@require_POST
@require("members.note")
def view_remove(request: HttpRequest, pk: int) -> HttpResponse:
    view = get_object_or_404(SavedView.objects.select_related("programme"), pk=pk)
    remove_view(view=view, by=acting_user(request))
    messages.success(request, _("The view is removed."))
    return back_to("loyalty:insiders", view.programme)


@require_POST
@require("members.note")
def members_bulk(request: HttpRequest) -> HttpResponse:
    """One thing to all that are ticked, or to everybody whom the page's filters leave."""
    programme, form = chosen_programme(request), BulkForm(request.POST)
    query = _clean(request.POST.get("query", ""))
    if not form.is_valid():
        messages.error(request, _first_error(form))
        return _to_list(programme, query)
    asked = form.cleaned_data
    keys = _everybody(programme, query) if asked.pop("scope") == "all" else _ticked(request)
    try:
        action = act_on_many(programme=programme, keys=keys, by=acting_user(request), **asked)
    except Problem as problem:
        messages.error(request, problem.message)
    else:
        done = {"what": action.get_kind_display(), "count": f"{action.customers:,}"}
        messages.success(request, _("%(what)s: %(count)s customers. It can be undone below the list.") % done)
        if left_out := len(set(keys)) - action.customers:
            text = _("%(count)s were left as they are: pinned already, or kept out by the running experiment.")
            messages.info(request, text % {"count": f"{left_out:,}"})
    return _to_list(programme, query)


def _ticked(request: HttpRequest) -> list[int]:
    keys = {int(key) for key in request.POST.getlist("member") if key.isdecimal() and len(key) <= LONGEST_KEY}
    return list(Customer.objects.filter(pk__in=keys).values_list("pk", flat=True))


def _everybody(programme: Programme, query: str) -> Sequence[int]:
    filters = FilterForm(QueryDict(query)).filters()
    found = filtered(programme, current_snapshot(), filters).order_by("pk")
    return list(found.values_list("customer_id", flat=True)[: MOST + 1])


@require_POST
@require("members.note")
def bulk_undo(request: HttpRequest, pk: int) -> HttpResponse:
    action = get_object_or_404(BulkAction.objects.select_related("programme"), pk=pk)
    try:
        undo_bulk(action=action, by=acting_user(request))
    except Problem as problem:
        messages.error(request, problem.message)
    else:
        messages.success(request, _("Undone. What a review decided meanwhile stays in the book; the next one goes on."))
    return back_to("loyalty:insiders", action.programme)


@require_http_methods(["GET", "HEAD", "POST"])
@require("view", "programme.approve")
def message_texts(request: HttpRequest) -> HttpResponse:
    """The texts, and what three members would read."""
    programme = chosen_programme(request)
    kept = dict(programme.message_texts.values_list("kind", "text"))
    form = TextsForm(request.POST if request.method == "POST" else kept)
    if request.method == "POST" and form.is_valid() and _set(request, programme, form):
        return back_to("loyalty:message-texts", programme)
    texts = form.cleaned_data if form.is_valid() else kept
    page = members(programme, current_snapshot(), Filters(), size=PREVIEWED)
    previews = [(member, message_for(texts, programme, member)) for member in page.members]
    context = {"title": _("Texts"), "form": form, "previews": previews, **about(request, programme, "texts")}
    return render(request, "loyalty/message_texts.html", context)


def _set(request: HttpRequest, programme: Programme, form: TextsForm) -> bool:
    """Keep them, unless only a look at them was asked for."""
    if "preview" in request.POST:
        return False
    try:
        set_texts(programme=programme, texts=form.cleaned_data, by=acting_user(request))
    except Problem as problem:
        form.add_error(None, problem.message)
        return False
    messages.success(request, _("The texts are kept."))
    return True


def _clean(query: str) -> str:
    """Only what the list's own filters understand."""
    form = FilterForm(QueryDict(query.replace("\0", "")))
    found = QueryDict(mutable=True)
    found.update({name: value for name, value in form.data.items() if name in form.fields and value})
    return found.urlencode()


def _first_error(form: BulkForm | PinForm) -> str:
    name, errors = next(iter(form.errors.items()))
    return f"{form.fields[name].label}: {errors[0]}" if name in form.fields else str(errors[0])


def _to_member(programme: Programme, pk: int) -> HttpResponse:
    return back_to("loyalty:member-detail", programme, pk=pk)


def _to_list(programme: Programme, query: str) -> HttpResponse:
    url = programme_url("loyalty:insiders", programme)
    return HttpResponseRedirect(f"{url}&{query}" if query else url)
