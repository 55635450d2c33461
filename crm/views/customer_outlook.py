"""How far a customer's figures may be trusted and what lies ahead, for page and API."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.charts import Chart, Series
from core.formatting import days_text, money_text, number_text, share_text
from core.ui import Column
from segmentation.outlook import FIGURES, Course, Ends, Outlook, alive_course

HORIZON_COLUMNS = (
    Column(gettext_lazy("In the next")),
    Column(gettext_lazy("No order at all"), is_numeric=True, hint=gettext_lazy("Probability of silence")),
    Column(gettext_lazy("Purchases"), is_numeric=True, hint=gettext_lazy("Expected purchase days")),
    Column(gettext_lazy("Value"), is_numeric=True, hint=gettext_lazy("Expected, before returns, discounted")),
)


def intervals_data(outlook: Outlook | None) -> dict[str, Any]:
    """`level`, and for each figure the two ends or null with a sentence in `reasons`."""
    if outlook is None:
        return {"level": None, **dict.fromkeys(FIGURES), "reasons": {}}
    found = {name: outlook.interval(name) for name in FIGURES}
    return {
        "level": outlook.snapshot.fits.get("interval_level"),
        **{name: ends and list(ends) for name, ends in found.items()},
        "reasons": {name: outlook.interval_reason(name) for name, ends in found.items() if ends is None},
    }


def outlook_data(outlook: Outlook | None) -> dict[str, Any]:
    """What is expected at each horizon, and the day by which an order is as likely as not."""
    if outlook is None:
        return {"horizons": [], "next_order_on": None, "next_order": ""}
    day = outlook.row.get("next_order_on")
    return {
        "horizons": [
            {
                "days": ahead.days,
                "no_purchase": ahead.no_purchase,
                "no_purchase_interval": ahead.no_purchase_ends,
                "expected_purchases": ahead.purchases,
                "expected_purchases_interval": ahead.purchases_ends,
                "clv": ahead.value,
                "clv_interval": ahead.value_ends,
            }
            for ahead in outlook.horizons
        ],
        "next_order_on": day and day.isoformat(),
        "next_order": outlook.next_order,
    }


def trust_text(outlook: Outlook | None, name: str, text: Callable[[float], str]) -> str:
    """A figure's interval in words; "" when there is none."""
    ends = outlook.interval(name) if outlook else None
    if ends is None:
        return ""
    low, high = (text(end) for end in ends)
    if low == high:
        return _("On average about %(value)s in 8 of 10 such cases") % {"value": high}
    if name == "p_alive":
        return _("Between %(low)s and %(high)s in 8 of 10 such cases") % {"low": low, "high": high}
    return _("On average between %(low)s and %(high)s in 8 of 10 such cases") % {"low": low, "high": high}


def rough_money(value: float) -> str:
    """An amount as exact as an estimate can be: whole units from 100 on."""
    if value < 100:
        return money_text(value, settings.REPORTING_CURRENCY)
    return f"{number_text(round(value), 0)} {settings.REPORTING_CURRENCY}".strip()


def horizon_rows(outlook: Outlook | None) -> list[dict[str, str]]:
    return [
        {
            "days": days_text(ahead.days),
            "no_purchase": share_text(ahead.no_purchase),
            "no_purchase_range": _range(ahead.no_purchase_ends, _percent),
            "purchases": number_text(ahead.purchases, 1),
            "purchases_range": _range(ahead.purchases_ends, _count),
            "value": money_text(ahead.value, settings.REPORTING_CURRENCY),
            "value_range": _range(ahead.value_ends, rough_money),
        }
        for ahead in (outlook.horizons if outlook else [])
    ]


def _range(ends: Ends | None, text: Callable[[float], str]) -> str:
    """Both ends in words; "" where there are none, or where they read alike."""
    low, high = (text(end) for end in ends) if ends else ("", "")
    return "" if low == high else _("%(low)s to %(high)s") % {"low": low, "high": high}


def _percent(share: float) -> str:
    return share_text(share, 0 if 0.05 < share < 0.95 else 1)


def _count(purchases: float) -> str:
    return number_text(purchases, 1 if purchases >= 1 else 2)


def course_of(outlook: Outlook | None, purchase_days: Sequence[date]) -> Course:
    if outlook is None:
        return Course()
    return alive_course(outlook.snapshot, purchase_days)


def course_chart(course: Course) -> Chart | None:
    """P(alive) over time with the purchases as dots; None where one day is all there is."""
    if len(course.days) < 2:
        return None
    dots = [value if is_bought else None for value, is_bought in zip(course.p_alive, course.bought, strict=True)]
    return Chart(
        "alive",
        _("Probability of still being a customer, over time"),
        "line",
        [Series(_("Probability"), course.p_alive), Series(_("After a purchase"), dots, kind="scatter")],
        x=course.days,
        x_label=_("Day"),
        digits=1,
        is_share=True,
        is_whole=True,
        summary=_("It falls in silence, faster for who used to buy often, and rises with each purchase."),
    )
