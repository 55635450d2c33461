"""A customer's figures as the profile shows them: labels that a marketer reads, always with a unit."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.charts import Chart, Series
from core.formatting import MISSING, days_text, money_text, number_text, share_text
from core.ui import Definition
from crm.views.customer_outlook import rough_money, trust_text
from crm.views.customer_profile import Profile
from segmentation.models import Snapshot
from segmentation.wording import value_reason_text

MONTHS = 24


def figures(profile: Profile) -> list[dict[str, Any]]:
    """The headline figures for `components/stat.html`; empty without a score."""
    score, snapshot = profile.score, profile.snapshot
    if score is None or snapshot is None:
        return []
    horizon = _("in the next %(days)s") % {"days": days_text(snapshot.horizon_days)}
    since = _("Since %(day)s, net of returns") % {"day": date_format(score.first_purchase_on, "j F Y")}
    latest = _("Since the latest purchase on %(day)s") % {"day": date_format(score.latest_purchase_on, "j F Y")}
    discounted = _("%(when)s, discounted") % {"when": horizon.capitalize()}
    alive, purchases, value = (
        trust_text(profile.outlook, name, text)
        for name, text in (("p_alive", _percent), ("expected_purchases", _count), ("clv", rough_money))
    )
    caveat = str(value_reason_text(score.value_reason))
    return [
        _stat(_("Recency"), days_text(score.days_since_last_purchase), latest, "clock"),
        _stat(_("Frequency"), _orders(score.order_count), _("Orders with a purchase"), "shopping-cart"),
        _stat(_("Monetary"), _money(score.revenue), since, "cash"),
        _stat(_("Still a customer"), share_text(score.p_alive), alive or caveat or _("By the model"), "activity"),
        _stat(_("Expected purchases"), _purchases(score.expected_purchases), _with(horizon, purchases), "rotate"),
        _stat(_("Expected value"), _money(score.clv), _with(discounted, value), "coin"),
    ]


def _with(when: str, trust: str) -> str:
    when = when[:1].upper() + when[1:]
    return f"{when}. {trust}." if trust else when


def _percent(value: float) -> str:
    return share_text(value, 1 if not 0.05 < value < 0.95 else 0)


def _count(value: float) -> str:
    return number_text(value, 1 if value >= 10 else 2)


def _stat(label: str, value: str, hint: str, icon: str) -> dict[str, str]:
    return {"label": label, "value": value, "hint": hint, "icon": icon}


def _money(value: Any) -> str:
    return money_text(value, settings.REPORTING_CURRENCY)


def _orders(count: int) -> str:
    return _("%(count)s orders") % {"count": number_text(count)} if count != 1 else _("1 order")


def _purchases(count: float | None) -> str:
    return _("%(count)s purchases") % {"count": number_text(count, 1)} if count is not None else MISSING


def model_inputs(profile: Profile) -> list[Definition]:
    """What the value models are given, under the models' own names."""
    score = profile.score
    if score is None:
        return []
    return [
        Definition("frequency", number_text(score.frequency), _("Repeat purchase days, which are not orders")),
        Definition("recency", days_text(score.recency), _("From the first to the latest purchase")),
        Definition("T", days_text(score.T), _("From the first purchase to the day of the results")),
        Definition("monetary_value", _money(score.monetary_value), _("Mean gross spend per repeat purchase day")),
        Definition(_("Average order"), _money(score.average_order_value), _("Gross spend per order")),
        Definition(_("Returned"), _money(score.returned_value), _returned(score.return_rate)),
        Definition(_("Different items"), number_text(score.distinct_items), _("Item codes bought at least once")),
        Definition(_("Revenue in 12 months"), _money(score.revenue_12m), _orders(score.orders_12m)),
    ]


def _returned(rate: float) -> str:
    return _("%(share)s of purchases") % {"share": share_text(rate)}


def spend_chart(months: Sequence[tuple[date, Any, Any]], snapshot: Snapshot | None) -> Chart | None:
    """Purchases and returns by month, the quiet months between them included; at most the latest two years."""
    if not months:
        return None
    found = {month: (gross, back) for month, gross, back in months}
    last = max(months[-1][0], snapshot.as_of.replace(day=1) if snapshot else months[-1][0])
    every = _months(months[0][0], last)[-MONTHS:]
    return Chart(
        "spend",
        _("Spend by month"),
        "bar",
        [
            Series(_("Purchases"), [found[month][0] if month in found else 0 for month in every]),
            Series(_("Returns"), [-found[month][1] if month in found else 0 for month in every]),
        ],
        x=[date_format(month, "M Y") for month in every],
        x_label=_("Month"),
        unit=settings.REPORTING_CURRENCY,
        digits=2,
        is_stacked=True,
        summary=_("Returns count below the line."),
    )


def _months(first: date, last: date) -> list[date]:
    start, end = first.year * 12 + first.month - 1, last.year * 12 + last.month - 1
    return [date(number // 12, number % 12 + 1, 1) for number in range(start, end + 1)]
