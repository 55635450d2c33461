"""What is odd, in words. Sentences name no person and no customer id: they are kept when a person is forgotten."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.formatting import days_text, money_text, number_text, share_text

MOST_RANGES = 4


def feature_label(feature: str) -> str:
    """The name of a figure as table headings say it."""
    labels = {
        "days_since_last_purchase": _("Days since the latest purchase"),
        "order_count": _("Orders"),
        "gross_revenue": _("Purchases"),
        "average_order_value": _("Average order"),
        "items": _("Pieces bought"),
        "distinct_items": _("Different items"),
        "return_rate": _("Share returned"),
        "revenue": _("Revenue"),
        "returned_value": _("Returns"),
        "orders": _("Orders"),
        "buyers": _("Known buyers"),
        "quantity": _("Pieces"),
        "unit_price": _("Price of one"),
        "amount": _("Amount"),
        "lines": _("Lines"),
    }
    return labels.get(feature, feature)


def feature_value(feature: str, value: float | None) -> str:
    """A figure with its unit."""
    if value is None:
        return "–"
    if feature in {"gross_revenue", "average_order_value", "revenue", "returned_value", "amount", "unit_price"}:
        return money_text(value, settings.REPORTING_CURRENCY)
    if feature == "return_rate":
        return share_text(value)
    if feature == "days_since_last_purchase":
        return days_text(value)
    return number_text(value, 0 if abs(value) >= 100 else None)


def times_text(times: float | None) -> str:
    """How many times the typical figure: 11 times, 0.05 times; a dash where that says nothing."""
    if times is None:
        return "–"
    return _("%(times)s times") % {"times": number_text(times, 0 if times >= 10 else 1 if times >= 0.1 else 2)}


def reason_text(reason: dict[str, Any]) -> str:
    """One figure that is far from usual, as the end of a sentence about a customer."""
    feature, times = reason["feature"], reason["times"]
    values = {
        "times": number_text(times, 0 if times >= 10 else 1) if times is not None else "",
        "value": feature_value(feature, reason["value"]),
        "typical": feature_value(feature, reason["typical"]),
    }
    above = {
        "return_rate": _("returns %(times)s times the usual share"),
        "average_order_value": _("spends %(times)s times the usual amount an order"),
        "order_count": _("orders %(times)s times as often as usual"),
        "gross_revenue": _("buys for %(times)s times the usual amount"),
        "items": _("buys %(times)s times the usual number of pieces"),
        "distinct_items": _("buys %(times)s times as many different items as usual"),
    }
    if feature == "return_rate" and reason["value"] >= 1.01:
        return _("returned more than they bought")
    if feature == "return_rate" and reason["value"] >= 0.99:
        return _("returned everything they bought")
    if reason["direction"] == "above" and times is not None and times >= 1.5 and feature in above:
        return above[feature] % values
    if feature == "days_since_last_purchase":
        return _("has not bought for %(value)s (usual: %(typical)s)") % values
    below = {
        "average_order_value": _("averages only %(value)s an order (usual: %(typical)s)"),
        "order_count": _("ordered only %(value)s times (usual: %(typical)s)"),
        "gross_revenue": _("bought for only %(value)s (usual: %(typical)s)"),
        "items": _("bought only %(value)s pieces (usual: %(typical)s)"),
        "distinct_items": _("bought only %(value)s different items (usual: %(typical)s)"),
    }
    if reason["direction"] == "below" and feature in below:
        return below[feature] % values
    label = {**values, "label": feature_label(feature).lower()}
    return _("stands out by %(label)s: %(value)s (usual: %(typical)s)") % label


def customer_summary(reasons: Sequence[dict[str, Any]]) -> str:
    """One sentence about a customer, the strongest figures first."""
    texts = [reason_text(reason) for reason in reasons[:2]]
    sentence = (_(" and ").join(texts) or _("stands apart in several figures at once")) + "."
    return sentence[0].upper() + sentence[1:]


def metric_summary(label: str, day: date, *, actual: float, expected: float) -> str:
    """One sentence about a day's figure in money."""
    values = {
        "label": label,
        "day": date_format(day, "l j F Y"),
        "actual": whole_money(actual),
        "expected": whole_money(expected),
        "share": share_text(abs(actual - expected) / abs(expected), 0) if expected else "",
    }
    if not expected:
        return _("%(label)s on %(day)s: %(actual)s where nothing was expected.") % values
    if actual < expected:
        return _("%(label)s %(share)s below what was expected on %(day)s: %(actual)s instead of %(expected)s.") % values
    return _("%(label)s %(share)s above what was expected on %(day)s: %(actual)s instead of %(expected)s.") % values


def closed_summary(days: Sequence[date]) -> str:
    """The question about days without sales."""
    ranges = _ranges(days)
    if len(ranges) > MOST_RANGES:
        values = {"count": len(days), "first": _day(days[0]), "last": _day(days[-1])}
        return _("No sales on %(count)s days from %(first)s to %(last)s: closed, or a missing file?") % values
    texts = [_range_text(first, last) for first, last in ranges]
    listed = texts[0] if len(texts) == 1 else _(" and ").join([", ".join(texts[:-1]), texts[-1]])
    return _("No sales on %(days)s: closed, or a missing file?") % {"days": listed}


def days_count_text(count: int) -> str:
    return ngettext("%(count)s day", "%(count)s days", count) % {"count": count}


def whole_money(value: float) -> str:
    """Money for a sentence, where pennies only distract: 26,686 GBP."""
    return f"{value:,.0f} {settings.REPORTING_CURRENCY}".replace("-", "\N{MINUS SIGN}")


def severity_word(severity: float) -> str:
    """High, medium or low, so that no one has to tell colours apart."""
    if severity >= 60:
        return _("High")
    return _("Medium") if severity >= 30 else _("Low")


def _ranges(days: Sequence[date]) -> list[tuple[date, date]]:
    ranges: list[tuple[date, date]] = []
    for day in days:
        if ranges and day - ranges[-1][1] == timedelta(days=1):
            ranges[-1] = (ranges[-1][0], day)
        else:
            ranges.append((day, day))
    return ranges


def _range_text(first: date, last: date) -> str:
    if first == last:
        return _day(first)
    if (first.year, first.month) == (last.year, last.month):
        return _("%(first)s to %(last)s") % {"first": first.day, "last": _day(last)}
    return _("%(first)s to %(last)s") % {"first": _day(first), "last": _day(last)}


def _day(day: date) -> str:
    return date_format(day, "j F Y")
