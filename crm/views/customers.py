"""Customers: find them, look at one, take the list along."""

from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from core.formatting import money_text
from core.permissions import acting_user, require
from core.services.audit import record_event
from core.ui import Column
from crm import ledger, selectors
from crm.models import Customer
from crm.views import customer_search
from crm.views.customer_contact import (
    VISIT_COLUMNS,
    contact_details,
    contact_source,
    visit_rows,
    visits_sentence,
)
from crm.views.customer_figures import figures, model_inputs, spend_chart
from crm.views.customer_habits import habits
from crm.views.customer_outlook import HORIZON_COLUMNS, course_chart, course_of, horizon_rows
from crm.views.customer_profile import Profile, customer_profile
from crm.views.customer_search import Suggestion, read_filter
from loyalty.affinity_store import suggestions_of
from segmentation.boundaries import rfm_words, tier_words
from segmentation.models import Score, Snapshot
from segmentation.selectors import current_snapshot
from segmentation.wording import RFM_WORDS, TIER_WORDS, value_reason_text

COLUMNS = (
    Column(gettext_lazy("Customer"), "customer_id"),
    Column(gettext_lazy("Segment")),
    Column(gettext_lazy("RFM group")),
    Column(gettext_lazy("Tier")),
    Column(
        gettext_lazy("Recency"),
        "days_since_last_purchase",
        is_numeric=True,
        hint=gettext_lazy("Days from the latest purchase to the day of the results"),
    ),
    Column(gettext_lazy("Orders"), "order_count", is_numeric=True),
    Column(gettext_lazy("Revenue"), "revenue", is_numeric=True, hint=gettext_lazy("Net of returns")),
    Column(gettext_lazy("Expected value"), "clv", is_numeric=True, hint=gettext_lazy("What the models expect")),
)
LINE_COLUMNS = (
    Column(gettext_lazy("Item")),
    Column(gettext_lazy("Name")),
    Column(gettext_lazy("Quantity"), is_numeric=True),
    Column(gettext_lazy("Unit price"), is_numeric=True),
    Column(gettext_lazy("Amount"), is_numeric=True),
)
ORDERS = 10
LINES = 20
ALL_LINES = 5_000


class FilterForm(forms.Form):
    """Every field may be empty; what can't be used is left out by `read_filter`."""

    q = forms.CharField(label=gettext_lazy("Id, name or e-mail begins with"), required=False, max_length=255)
    segment = forms.ChoiceField(label=gettext_lazy("Segment"), required=False)
    rfm_group = forms.ChoiceField(label=gettext_lazy("RFM group"), required=False)
    tier = forms.ChoiceField(label=gettext_lazy("Tier"), required=False)
    member = forms.ChoiceField(
        label=gettext_lazy("Insiders"),
        required=False,
        choices=[
            ("", gettext_lazy("Everybody")),
            ("yes", gettext_lazy("Members")),
            ("no", gettext_lazy("Not members")),
        ],
    )
    ordering = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, snapshot: Snapshot | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        segments = [(entry["segment"], entry["name"]) for entry in snapshot.segments] if snapshot else []
        rfm = [(name, words.label) for name, words in RFM_WORDS.items()]
        tiers = [(name, words.label) for name, words in TIER_WORDS.items()]
        for name, choices in {"segment": segments, "rfm_group": rfm, "tier": tiers}.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
            field.choices = [("", _("All")), *choices]


@require_safe
@require("view")
def customer_list(request: HttpRequest) -> HttpResponse:
    """Customers of the current results, most valuable first unless asked otherwise."""
    snapshot = current_snapshot()
    wanted = read_filter(request.GET, search="q")
    page = customer_search.customer_page(snapshot, wanted, cursor=request.GET.get("cursor", ""))
    context = {
        "title": _("Customers"),
        "snapshot": snapshot,
        "form": FilterForm(request.GET, snapshot=snapshot),
        "columns": COLUMNS,
        "page": page,
        "rows": _rows(snapshot, page.rows),
        "is_filtered": wanted.is_narrowed,
        "unscored": customer_search.without_scores(snapshot, wanted.search),
        "has_contacts": snapshot is None and selectors.has_contacts(),
        "has_lines": snapshot is not None or selectors.has_lines(),
        "query": request.GET.urlencode(),
        "horizon_days": snapshot.horizon_days if snapshot else 0,
    }
    return render(request, "crm/customer_list.html", context)


def _rows(snapshot: Snapshot | None, found: list[Score]) -> list[dict[str, Any]]:
    """The page's rows, each with its names in words."""
    segments = {entry["segment"]: entry["name"] for entry in snapshot.segments} if snapshot else {}
    members = customer_search.members_among(found)
    names = selectors.names_of({score.pk for score in found})
    return [
        {
            "score": score,
            "customer_id": score.customer.external_id,
            "name": names.get(score.pk, ""),
            "segment": segments.get(score.segment_id, ""),
            "rfm": RFM_WORDS.get(score.rfm_group),
            "tier": TIER_WORDS.get(score.tier),
            "is_member": score.pk in members,
        }
        for score in found
    ]


@require_safe
@require("view")
def customer_suggestions(request: HttpRequest) -> HttpResponse:
    """The search box's list while somebody types: customers, then segments of that name."""
    text, snapshot = request.GET.get("q", ""), current_snapshot()
    groups = [
        {"label": _("Customers"), "suggestions": _suggested(customer_search.suggestions(snapshot, text))},
        {"label": _("Segments"), "suggestions": _segments_called(snapshot, text)},
    ]
    found = [group for group in groups if group["suggestions"]]
    nothing = _("No customer id, name or e-mail address begins with this.") if text.strip() and not found else ""
    return render(request, "components/search_suggestions.html", {"groups": found, "text": nothing})


def _suggested(found: list[Suggestion]) -> list[dict[str, str]]:
    return [
        {
            "url": reverse("crm:customer-detail", args=[each.customer.external_id]),
            "label": " · ".join(filter(None, (each.customer.external_id, each.name))),
            "hint": money_text(each.score.revenue, settings.REPORTING_CURRENCY) if each.score else _("no purchase yet"),
        }
        for each in found
    ]


def _segments_called(snapshot: Snapshot | None, text: str) -> list[dict[str, str]]:
    part = text.strip().casefold()
    entries = snapshot.segments if snapshot and len(part) > 1 else []
    return [
        {"url": reverse("segmentation:segment-detail", args=[entry["segment"]]), "label": entry["name"], "hint": ""}
        for entry in entries
        if part in entry["name"].casefold()
    ]


@require_safe
@require("members.export")
def customer_export(request: HttpRequest) -> StreamingHttpResponse:
    """The customers of the filter as CSV; who took it along is written down."""
    wanted = read_filter(request.GET, search="q")
    snapshot = current_snapshot()
    facts = {"is_search": bool(wanted.search), "segment": wanted.segment, "tier": wanted.tier, "member": wanted.member}
    key = snapshot.pk if snapshot else 0
    record_event(by=acting_user(request), action="customers.exported", obj="snapshot", key=key, facts=facts)
    lines = customer_search.customers_csv(snapshot, wanted)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="customers.csv"'
    return response


@require_safe
@require("view")
def customer_detail(request: HttpRequest, customer_id: str) -> HttpResponse:
    """One customer; with htmx only the next older orders. The ledger is looked up once."""
    customer = selectors.customer_of(customer_id)
    if customer is None:
        raise Http404
    history = _history(request, customer)
    context = {"customer": customer, "history": history, "line_columns": LINE_COLUMNS, "older": _older_url(history)}
    if request.headers.get("HX-Request") and request.GET.get("before"):
        return render(request, "crm/_customer_orders.html", context)
    profile = customer_profile(customer)
    visits = ledger.customer_visits(selectors.current_version(), customer.pk)
    context |= {
        "title": customer.external_id,
        "profile": profile,
        "rfm": rfm_words(profile.snapshot).get(profile.score.rfm_group) if profile.snapshot and profile.score else None,
        "tier": tier_words(profile.snapshot).get(profile.score.tier) if profile.snapshot and profile.score else None,
        "figures": figures(profile),
        "model_inputs": model_inputs(profile),
        "habits": habits(profile.outlook),
        "suggestions": suggestions_of(profile.snapshot, customer.pk),
        "chart": spend_chart(history.months, profile.snapshot),
        **_trust(profile, history),
        "contact": contact_details(profile.contact),
        "contact_source": contact_source(profile.contact),
        "visits": visits if visits is not None and visits.sessions else None,
        "visits_sentence": visits_sentence(visits) if visits is not None else "",
        "visit_columns": VISIT_COLUMNS,
        "visit_rows": visit_rows(visits) if visits is not None else [],
        "is_part": bool(request.GET.get("before") or request.GET.get("order")),
    }
    return render(request, "crm/customer_detail.html", context)


def _trust(profile: Profile, history: ledger.History) -> dict[str, Any]:
    """How far the values may be trusted, and what they were over time."""
    course = course_of(profile.outlook, history.purchase_days)
    return {
        "caveat": value_reason_text(profile.score.value_reason) if profile.score else "",
        "horizon_columns": HORIZON_COLUMNS,
        "horizon_rows": horizon_rows(profile.outlook),
        "course": course,
        "course_chart": course_chart(course),
    }


def _history(request: HttpRequest, customer: Customer) -> ledger.History:
    order_key = request.GET.get("order")
    return ledger.customer_history(
        selectors.current_version(),
        customer.pk,
        before=read_edge(request.GET.get("before", "")),
        orders=ORDERS,
        lines=LINES if order_key is None else ALL_LINES,
        order_key=order_key,
    )


def read_edge(text: str) -> tuple[datetime, str] | None:
    """Where the next page of orders begins, from an address; what can't be read is the beginning."""
    moment, separator, order_key = text.partition("_")
    try:
        at = parse_datetime(moment)
    except ValueError:
        return None
    return (at, order_key) if separator and at is not None and at.tzinfo is not None else None


def edge_text(edge: tuple[datetime, str] | None) -> str:
    return f"{edge[0].isoformat()}_{edge[1]}" if edge else ""


def _older_url(history: ledger.History) -> dict[str, str]:
    return {"before": edge_text(history.next)} if history.next else {}
