"""The live gallery of components: what each looks like, and the line of template that makes it."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from core.charts import Band, Chart, Link, Series
from core.permissions import require
from core.ui import Column, Definition, Happening, Tab


class SampleForm(forms.Form):
    """Every kind of field once."""

    name = forms.CharField(label=_("Name of the programme"), help_text=_("Members see it in their mails."))
    share = forms.DecimalField(label=_("Share of revenue to cover"), max_value=1, required=False)
    segment = forms.ChoiceField(label=_("Segment"), choices=[("a", _("Loyal")), ("b", _("At risk"))])
    unit = forms.ChoiceField(
        label=_("Unit of time"), choices=[("day", _("Day")), ("week", _("Week"))], widget=forms.RadioSelect
    )
    file = forms.FileField(label=_("File"), required=False)
    is_monthly = forms.BooleanField(label=_("Review members every month"), required=False)
    note = forms.CharField(label=_("Note"), widget=forms.Textarea(attrs={"rows": 3}), required=False)


class SampleFilter(forms.Form):
    q = forms.CharField(label=_("Customer id"), required=False)
    tier = forms.ChoiceField(label=_("Tier"), required=False, choices=[("", _("All")), ("gold", _("Gold"))])


CUSTOMERS: tuple[dict[str, Any], ...] = (
    {"id": "14646", "tier": "Platinum", "tone": "special", "orders": 73, "revenue": Decimal("279489.02"), "p": 0.998},
    {"id": "18102", "tier": "Platinum", "tone": "special", "orders": 60, "revenue": Decimal("256438.49"), "p": 0.996},
    {"id": "12415", "tier": "Gold", "tone": "warning", "orders": 20, "revenue": Decimal("123725.45"), "p": 0.871},
    {"id": "12346", "tier": "Silver", "tone": "neutral", "orders": 1, "revenue": Decimal("0.00"), "p": 0.124},
)
COLUMNS = (
    Column(_("Customer"), "customer_id"),
    Column(_("Tier"), "tier"),
    Column(_("Orders"), "order_count", is_numeric=True),
    Column(_("Revenue"), "revenue", is_numeric=True, hint=_("Net of returns")),
    Column(_("Still a customer"), "p_alive", is_numeric=True, hint=_("Probability, from the BG/NBD model")),
)


def sample_charts() -> dict[str, Chart]:
    return {"line": _line(), "bar": _bar(), "scatter": _scatter(), "sankey": _sankey()}


def _sankey() -> Chart:
    streams = [("Loyal", "Loyal", 812), ("Loyal", "At risk", 96), ("New", "Loyal", 61), ("New", "Lost", 240)]
    return Chart(
        "movements",
        _("Customers between two results"),
        "sankey",
        unit=_("customers"),
        digits=0,
        summary=_("Most loyal customers stayed loyal; most new ones did not come back."),
        links=[Link(source, target, size, [f"{size * 240:,} GBP"]) for source, target, size in streams],
        detail_labels=[_("Revenue")],
    )


def _line() -> Chart:
    days = [date(2011, 10, 3) + timedelta(days=i) for i in range(28)]
    usual = [30_000 + 9_000 * ((i % 7) / 6) + 250 * i for i in range(28)]
    seen = [value * (1.04 if i % 3 else 0.97) * (1.7 if i == 18 else 1) for i, value in enumerate(usual)]
    return Chart(
        "daily-revenue",
        _("Revenue by day"),
        "line",
        [
            Series(_("Revenue"), seen),
            Series(_("Expected"), usual, is_dashed=True),
            Series(_("Unusual day"), [v if i == 18 else None for i, v in enumerate(seen)], kind="scatter"),
        ],
        x=days,
        x_label=_("Day"),
        unit="GBP",
        digits=0,
        summary=_("One day in October brought far more than its weekday usually does."),
        band=Band(_("Usual range"), [v * 0.85 for v in usual], [v * 1.15 for v in usual]),
    )


def _bar() -> Chart:
    names = [_("Loyal"), _("Potential"), _("New"), _("At risk"), _("Dormant"), _("Lost")]
    return Chart(
        "revenue-share",
        _("Share of revenue by group"),
        "bar",
        [Series(_("Share"), [0.524, 0.171, 0.058, 0.139, 0.074, 0.034])],
        x=[str(name) for name in names],
        x_label=_("Group"),
        is_share=True,
        is_horizontal=True,
    )


def _scatter() -> Chart:
    points = [(i * 37 % 373, round(80 + (i * 7919 % 997) ** 1.3 / (1 + i * 37 % 373 / 90), 2)) for i in range(1, 160)]
    return Chart(
        "recency-revenue",
        _("Revenue against recency"),
        "scatter",
        [Series(_("Customers"), points=points)],
        x_label=_("Days since the latest purchase"),
        unit="GBP",
    )


def _happenings() -> list[Happening]:
    now = timezone.now()
    return [
        Happening(now - timedelta(hours=3), _("Joined the Insiders"), _("12 orders in 90 days"), "user-plus", "good"),
        Happening(now - timedelta(days=9), _("Flagged as unusual"), _("14 times the usual order"), "flag", "warning"),
        Happening(now - timedelta(days=200), _("First purchase"), icon="shopping-cart", tone="info"),
    ]


@require_safe
@require("view")
def gallery(request: HttpRequest) -> HttpResponse:
    form = SampleForm({"name": "", "share": "1.4", "segment": "a", "unit": "day"})
    context = {
        "title": _("Components"),
        "columns": COLUMNS,
        "customers": CUSTOMERS,
        "charts": sample_charts(),
        "form": form,
        "filter_form": SampleFilter(request.GET or None),
        "tabs": [
            Tab(_("Overview"), "?", is_current=True),
            Tab(_("Orders"), "?tab=orders", count=73),
            Tab(_("History"), "?tab=history"),
        ],
        "definitions": [
            Definition(_("Customer since"), "1 December 2010"),
            Definition(_("Recency"), _("12 days"), _("Days since the latest purchase")),
            Definition(_("Segment"), _("Loyal")),
            Definition(_("Country"), _("Netherlands")),
        ],
        "happenings": _happenings(),
        "earlier": timezone.now() - timedelta(minutes=7),
        "revenue": Decimal("8911407.904"),
    }
    return render(request, "core/gallery.html", context)
