"""The members of the programme on any day, and why each of them is in."""

from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from core.permissions import acting_user, require
from core.services.audit import record_event
from core.ui import Column, Happening
from core.workbooks import TooManyRows
from crm.models import Customer
from loyalty import columns
from loyalty.exports import members_csv, members_workbook
from loyalty.list_forms import BulkForm, FilterForm, NoteForm, PinForm
from loyalty.messages import message_for, texts_of
from loyalty.selectors.members import Filters, finished, members, without_figures
from loyalty.selectors.past import members_on
from loyalty.selectors.profile import MembershipStory, membership_of, pin_of
from loyalty.selectors.programme import programme_summary
from loyalty.views.choosing import about, chosen_programme
from segmentation.selectors import current_snapshot

COLUMNS = (
    Column(gettext_lazy("Choose"), is_hidden=True),
    Column(gettext_lazy("Customer")),
    Column(gettext_lazy("Member since"), "entered_on"),
    Column(gettext_lazy("Why")),
    Column(
        gettext_lazy("Recency"),
        "days_since_last_purchase",
        is_numeric=True,
        hint=gettext_lazy("Days since the last purchase"),
    ),
    Column(gettext_lazy("Orders"), "order_count", is_numeric=True, hint=gettext_lazy("Since the first purchase")),
    Column(
        gettext_lazy("Revenue"),
        "revenue",
        is_numeric=True,
        hint=gettext_lazy("Since the first purchase, net of returns"),
    ),
)
PAST_COLUMNS = tuple(Column(one.label, "", is_numeric=one.is_numeric, hint=one.hint) for one in COLUMNS[1:])
MARGIN_COLUMNS = (
    Column(gettext_lazy("Condition")),
    Column(gettext_lazy("This customer"), is_numeric=True),
    Column(gettext_lazy("Margin"), is_numeric=True),
    Column(gettext_lazy("Met")),
)
PROOF_COLUMNS = tuple(
    Column(label)
    for label in (
        *(gettext_lazy("Decision"), gettext_lazy("Rules"), gettext_lazy("Results of")),
        *(gettext_lazy("Models"), gettext_lazy("Review"), gettext_lazy("Approved by")),
    )
)
LOOKS = {
    "joined": ("user-plus", "good"),
    "renewed": ("refresh", "good"),
    "warned": ("alert-triangle", "warning"),
    "left": ("user-minus", "bad"),
}


@require_safe
@require("view")
def insiders(request: HttpRequest) -> HttpResponse:
    snapshot, summary = current_snapshot(), programme_summary(chosen_programme(request))
    form = FilterForm(request.GET)
    filters, programme = form.filters(), summary.programme
    context = {
        "title": programme.name,
        "summary": summary,
        "page": members(programme, snapshot, filters, cursor=request.GET.get("cursor", "")),
        "form": form,
        "day": filters.day,
        "is_tier_ignored": filters.day is not None and bool(filters.tier),
        "columns": PAST_COLUMNS if filters.day else COLUMNS,
        "is_filtered": filters != Filters(),
        "unplaced": [] if filters.day else without_figures(programme, snapshot),
        "views": programme.saved_views.all(),
        "actions": programme.bulk_actions.filter(undone_at=None).select_related("created_by")[:5],
        "bulk_form": BulkForm(),
        "query": kept_query(request),
        "export_columns": [(name, one.label, name in columns.DEFAULT) for name, one in columns.COLUMNS.items()],
        **about(request, programme, "members", waiting=summary.waiting is not None),
    }
    return render(request, "loyalty/insiders.html", context)


def kept_query(request: HttpRequest) -> str:
    """The filters and the order, as an address keeps them: what a saved view is."""
    found = FilterForm(request.GET)
    found.is_valid()
    kept = request.GET.copy()
    for name in set(kept) - set(found.fields):
        del kept[name]
    for name in [name for name in kept if not kept[name]]:
        del kept[name]
    return kept.urlencode()


@require_safe
@require("view")
def member_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One customer's story with the programme; works for those who are no members, too."""
    customer, programme = get_object_or_404(Customer, pk=pk), chosen_programme(request)
    story = membership_of(customer, programme=programme)
    context = {
        "title": customer.external_id,
        "story": story,
        "programme": programme,
        "columns": MARGIN_COLUMNS,
        "happenings": _happenings(story),
        "proofs": _proofs(story),
        "proof_columns": PROOF_COLUMNS,
        "pin": pin_of(programme, customer, current_snapshot()),
        "pin_form": PinForm(),
        "notes": programme.notes.filter(customer=customer).select_related("created_by"),
        "note_form": NoteForm(),
        "message": _message(story),
    }
    return render(request, "loyalty/member_detail.html", context)


def _happenings(story: MembershipStory) -> list[Happening]:
    pairs = zip(story.events, story.sentences, strict=True)
    return [
        Happening(event.effective_on, event.get_kind_display(), text, *LOOKS[event.kind])
        for event, text in reversed(list(pairs))
    ]


def _proofs(story: MembershipStory) -> list[dict[str, Any]]:
    """For each decision what it rests on: rules, results, models, and who approved."""
    return [
        {
            "day": event.effective_on,
            "kind": event.get_kind_display(),
            "rules": event.rule_version.number,
            "review": event.review_id,
            "as_of": event.snapshot.as_of,
            "models": event.model_version,
            "by": event.by or _("the programme's setting"),
            "at": event.at,
        }
        for event in reversed(story.events)
    ]


def _message(story: MembershipStory) -> str:
    """What this member would be told, when there is a text."""
    texts = texts_of(story.programme)
    rows = list(members_on(story.programme).filter(customer=story.customer)) if texts else []
    found = finished(story.programme, current_snapshot(), Filters(), rows)
    return message_for(texts, story.programme, found[0]) if found else ""


@require_safe
@require("members.export")
def members_export(request: HttpRequest) -> HttpResponseBase:
    """The list that the filters leave, as CSV with the columns named by `column`."""
    filters, names = _asked(request)
    lines = members_csv(chosen_programme(request), current_snapshot(), filters, names)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="members.csv"'
    return response


@require_safe
@require("members.export")
def members_sheet(request: HttpRequest) -> HttpResponseBase:
    """The same as a workbook."""
    filters, names = _asked(request)
    try:
        book = members_workbook(chosen_programme(request), current_snapshot(), filters, names)
    except TooManyRows as problem:
        messages.error(request, str(problem))
        return redirect("loyalty:insiders")
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return FileResponse(book, as_attachment=True, filename="members.xlsx", content_type=kind)


def _asked(request: HttpRequest) -> tuple[Filters, list[str]]:
    """What to export; who took it along is written down."""
    programme = chosen_programme(request)
    filters, names = FilterForm(request.GET).filters(), columns.chosen(request.GET.getlist("column"))
    facts = {"columns": names, "day": filters.day.isoformat() if filters.day else None}
    record_event(by=acting_user(request), action="members.exported", obj=programme, key=programme.pk, facts=facts)
    return filters, names
