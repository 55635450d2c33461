"""Decisions in sentences: what a customer had, what was needed, and what is still missing."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from analytics.scoring.features import feature, format_value
from core.formatting import money_text
from loyalty import rules

Reason = Mapping[str, Any]
RECENCY = "days_since_last_purchase"


def day(value: date) -> str:
    return date_format(value, "j F Y")


def value_text(name: str, value: Any) -> str:
    if value is None:
        return _("unknown")
    if isinstance(value, str):
        return value
    if feature(name).kind == "money" and not float(value).is_integer():
        return money_text(value, settings.REPORTING_CURRENCY)
    return format_value(name, value, settings.REPORTING_CURRENCY)


def clause(reason: Reason) -> str:
    """One condition as it stood: "9 orders in the last 12 months (6 needed)"."""
    name, needed = reason["feature"], reason["value"]
    if reason["operator"] == "in":
        return _listed(reason)
    label, actual = rules.label(name), value_text(name, reason["actual"])
    if reason["actual"] == 1:
        label = _numbered(label, 1)
    parts = {"actual": actual, "label": label, "needed": value_text(name, needed)}
    if name == RECENCY:
        return _("latest purchase %(actual)s ago (at most %(needed)s allowed)") % parts
    if feature(name).kind == "days":
        text = _("%(label)s %(actual)s (%(needed)s needed)")
        return (_("%(label)s %(actual)s (at most %(needed)s allowed)") if reason["operator"] == "<=" else text) % parts
    if reason["operator"] == "<=":
        return _("%(actual)s %(label)s (at most %(needed)s allowed)") % parts
    return _("%(actual)s %(label)s (%(needed)s needed)") % parts


def _listed(reason: Reason) -> str:
    """A condition of a list: what the customer is, and what was needed instead: "tier is gold (platinum needed)"."""
    *names, actual = rules.value_names(reason["feature"], [*reason["value"], reason["actual"]])
    parts = {"label": rules.label(reason["feature"]), "actual": actual, "needed": rules.any_of(names)}
    if reason["holds"]:
        return _("%(label)s is %(actual)s") % parts
    return _("%(label)s is %(actual)s (%(needed)s needed)") % parts


def clauses(reasons: Sequence[Reason]) -> str:
    return joined_by_commas([clause(reason) for reason in reasons])


def joined_by_commas(parts: Sequence[str]) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return _("%(first)s and %(last)s") % {"first": ", ".join(parts[:-1]), "last": parts[-1]}


def missing(reason: Reason) -> str:
    """What would make a failing condition hold: "2 more orders in the last 12 months"."""
    name, margin = reason["feature"], reason["margin"]
    if name == RECENCY:
        return _("a new purchase")
    if reason["operator"] == "in" or margin is None:
        return rules.describe({"feature": name, "operator": reason["operator"], "value": reason["value"]})
    parts = {"gap": value_text(name, abs(margin)), "label": _numbered(rules.label(name), abs(margin))}
    if reason["operator"] == "<=":
        return _("%(gap)s less %(label)s") % parts
    return _("%(gap)s more %(label)s") % parts


def _numbered(label: str, count: float) -> str:
    """Labels speak of several; one order is one order."""
    return f"order{label.removeprefix('orders')}" if count == 1 and label.startswith("orders") else label


def still_missing(reasons: Sequence[Reason]) -> list[str]:
    return [missing(reason) for reason in reasons if not reason["holds"]]


def event_sentence(
    kind: str,
    effective_on: date,
    grace_until: date | None,
    reasons: Sequence[Reason],
    detail: Mapping[str, Any] | None = None,
) -> str:
    """One event of the book, told to a person; `detail` is what decided when it was not the rules."""
    if detail and detail.get("cause") == "pin":
        return _pinned(kind, effective_on, reasons, detail)
    parts = {"day": day(effective_on), "reasons": clauses(reasons)}
    if kind == "joined":
        return _("Joined on %(day)s: %(reasons)s.") % parts
    if kind == "renewed":
        return _("Renewed on %(day)s: %(reasons)s.") % parts
    parts["failing"] = _place(detail) or clauses([reason for reason in reasons if not reason["holds"]])
    if kind == "warned" and grace_until:
        parts["until"] = day(grace_until)
        return _("Warned on %(day)s: %(failing)s. The grace runs until %(until)s.") % parts
    if not reasons:
        return _("Left on %(day)s: no purchase of this customer is on record any more.") % parts
    return _("Left on %(day)s: %(failing)s.") % parts


def _place(detail: Mapping[str, Any] | None) -> str:
    """Where the cap has no room any more."""
    if not detail or detail.get("cause") != "cap":
        return ""
    return _("place %(place)s by revenue in the last 12 months, and the programme has %(places)s places") % detail


def _pinned(kind: str, effective_on: date, reasons: Sequence[Reason], detail: Mapping[str, Any]) -> str:
    words = {
        "joined": _("Joined on %(day)s, pinned in: “%(reason)s”."),
        "renewed": _("Renewed on %(day)s, pinned in: “%(reason)s”."),
        "left": _("Left on %(day)s, pinned out: “%(reason)s”."),
    }
    text = words[kind] % {"day": day(effective_on), "reason": detail.get("reason", "")}
    if not reasons:
        return text
    return _("%(text)s The figures of that day: %(reasons)s.") % {"text": text, "reasons": clauses(reasons)}


def outlook(stay: Sequence[Reason], grace_until: date | None) -> str:
    """What keeps a member: how far they are from the stay rules, and by when."""
    gaps = [reason for reason in stay if not reason["holds"]]
    if not gaps:
        return _("Meets every condition to stay: %(rules)s.") % {"rules": clauses(stay)}
    if grace_until is None:
        parts = {"missing": joined_by_commas([missing(reason) for reason in gaps])}
        return _("Would be warned at the next review; what is missing: %(missing)s.") % parts
    return keeping(gaps, grace_until)


def outlook_until(now: Sequence[Reason], ahead: Sequence[Reason], until: date) -> str:
    """The same for a day to come, when older orders will have left the 12 months: what has to come until then."""
    gaps = [reason for reason in ahead if not reason["holds"]]
    if gaps:
        return keeping(gaps, until)
    parts = {"rules": clauses(now), "day": day(until)}
    return _("Meets every condition to stay: %(rules)s; still does on %(day)s without another purchase.") % parts


SPELLED = (
    "",
    gettext_noop("One"),
    gettext_noop("Two"),
    gettext_noop("Three"),
    gettext_noop("Four"),
    gettext_noop("Five"),
    gettext_noop("Six"),
    gettext_noop("Seven"),
    gettext_noop("Eight"),
    gettext_noop("Nine"),
)


def keeping(gaps: Sequence[Reason], until: date) -> str:
    """What has to come until a day: "Two more orders by 30 November 2025 keep the membership." """
    parts = [_without_period(missing(reason)) for reason in gaps]
    number, _space, rest = parts[0].partition(" ")
    is_counted = number.isdigit() and int(number) < len(SPELLED) and int(number) > 0
    first = f"{_(SPELLED[int(number)])} {rest}" if is_counted else f"{parts[0][:1].upper()}{parts[0][1:]}"
    values = {"missing": joined_by_commas([first, *parts[1:]]), "day": day(until)}
    if len(parts) == 1 and (number == "1" or gaps[0]["feature"] == RECENCY):
        return _("%(missing)s by %(day)s keeps the membership.") % values
    return _("%(missing)s by %(day)s keep the membership.") % values


def _without_period(text: str) -> str:
    """The day says until when, so that the rolling period need not be named."""
    return text.removesuffix(_(" in the last 12 months"))


def way_in(entry: Sequence[Reason], in_the_way: str = "") -> str:
    """What a customer who is no member lacks; `in_the_way` is what may keep out one who meets every condition."""
    gaps = still_missing(entry)
    if gaps:
        return _("To become a member: %(missing)s.") % {"missing": joined_by_commas(gaps)}
    parts = {"rules": clauses(entry), "but": in_the_way}
    if in_the_way:
        return _("Meets every entry condition (%(rules)s), but %(but)s.") % parts
    return _("Meets every entry condition, and joins at the next review: %(rules)s.") % parts
