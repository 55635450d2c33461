"""How a customer buys, for page and API: what is not known is left out, or null."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.formatting import money_text, number_text, share_text
from core.money import plain
from core.ui import Definition
from segmentation.outlook import Outlook

HABITS = (
    *("mean_days_between", "std_days_between", "favourite_weekday", "favourite_weekday_share", "items_per_order"),
    *("favourite_category", "favourite_category_share", "favourite_brand", "favourite_brand_share"),
    *("revenue_90d", "revenue_prev_90d", "revenue_trend", "return_lines", "discount", "discounted_share"),
)
MOSTLY = 0.5
# A change of less than this share is called none.
NOTEWORTHY = 0.05


def habits_data(outlook: Outlook | None) -> dict[str, Any]:
    """Every habit by its glossary name; money as exact text, null where it is not known."""
    row = outlook.row if outlook else {}
    return {name: plain(value) if isinstance(value := row.get(name), Decimal) else value for name in HABITS}


def habits(outlook: Outlook | None) -> list[Definition]:
    """What is known of the habits, one line each; empty for results from before they were computed."""
    row = outlook.row if outlook else {}
    if row.get("revenue_90d") is None:
        return []
    lines = (_rhythm, _weekday, _basket, _category, _brand, _trend, _returns, _discounts)
    return [found for line in lines if (found := line(row)) is not None]


def _rhythm(row: dict[str, Any]) -> Definition | None:
    mean, spread = row["mean_days_between"], row["std_days_between"]
    if mean is None:
        return Definition(_("Rhythm"), _("One day of purchase so far"))
    days = round(mean)
    value = ngettext("A purchase every day", "A purchase every %(days)s days", days) % {"days": number_text(days)}
    around = round(spread) if spread is not None else None
    if around is None:
        return Definition(_("Rhythm"), value, _("From two days of purchase only"))
    hint = ngettext("On average, give or take a day", "On average, give or take %(days)s days", around)
    return Definition(_("Rhythm"), value, hint % {"days": number_text(around)})


def _weekday(row: dict[str, Any]) -> Definition | None:
    number = row["favourite_weekday"]
    name = str(WEEKDAYS[number - 1]) if number else ""
    return _favourite(_("Day of the week"), name, row["favourite_weekday_share"], _of_days)


def _category(row: dict[str, Any]) -> Definition | None:
    return _favourite(_("Category"), row["favourite_category"], row["favourite_category_share"], _of_lines)


def _brand(row: dict[str, Any]) -> Definition | None:
    return _favourite(_("Brand"), row["favourite_brand"], row["favourite_brand_share"], _of_lines)


def _favourite(label: str, name: str | None, share: float, of: Callable[[float], str]) -> Definition | None:
    """Half and more is "mostly"; less is only more often than any other."""
    if not name:
        return None
    words = _("Mostly %(name)s") if share >= MOSTLY else _("%(name)s most often")
    return Definition(label, words % {"name": name}, of(share))


def _of_days(share: float) -> str:
    return _("%(share)s of the days of purchase") % {"share": share_text(share, 0)}


def _of_lines(share: float) -> str:
    return _("%(share)s of what was bought") % {"share": share_text(share, 0)}


def _basket(row: dict[str, Any]) -> Definition | None:
    pieces = row["items_per_order"]
    if pieces is None:
        return None
    value = _("%(count)s pieces an order") % {"count": number_text(pieces, 0 if pieces >= 10 else 1)}
    return Definition(_("Basket"), value, _("On average"))


def _trend(row: dict[str, Any]) -> Definition | None:
    change = row["revenue_trend"]
    if change is None:
        return None
    amounts = {"now": _money(row["revenue_90d"]), "before": _money(row["revenue_prev_90d"])}
    hint = _("%(now)s in the last 90 days, %(before)s in the 90 before") % amounts
    if abs(change) < NOTEWORTHY:
        return Definition(_("Trend"), _("About as before"), hint)
    words = _("Up by %(share)s") if change > 0 else _("Down by %(share)s")
    return Definition(_("Trend"), words % {"share": share_text(abs(change), 0)}, hint)


def _returns(row: dict[str, Any]) -> Definition | None:
    count = row["return_lines"]
    if not count:
        return None
    value = ngettext("One line taken back", "%(count)s lines taken back", count) % {"count": number_text(count)}
    return Definition(
        _("Returns"), value, _("%(share)s of purchases, by value") % {"share": share_text(row["return_rate"])}
    )


def _discounts(row: dict[str, Any]) -> Definition | None:
    if row["discount"] is None:
        return None
    value = _("In %(share)s of the orders") % {"share": share_text(row["discounted_share"], 0)}
    return Definition(_("Discounts"), value, _("%(money)s in all") % {"money": _money(row["discount"])})


def _money(value: Any) -> str:
    return money_text(value, settings.REPORTING_CURRENCY)
