"""What members are told: a text with places for their own figures, filled in for each of them."""

import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.formatting import money_text, number_text
from core.problems import Problem
from loyalty.models import MessageText, Programme
from loyalty.selectors.members import Member

PLACE = re.compile(r"\{([^{}]*)\}")
PLACES = {
    "customer_id": gettext_lazy("the customer's id"),
    "programme": gettext_lazy("the name of the programme"),
    "member_since": gettext_lazy("the day of joining"),
    "warned_until": gettext_lazy("the last day of grace"),
    "revenue": gettext_lazy("revenue since the first purchase"),
    "revenue_12m": gettext_lazy("revenue in the last 12 months"),
    "orders_12m": gettext_lazy("orders in the last 12 months"),
    "order_count": gettext_lazy("orders since the first purchase"),
    "days_since_last_purchase": gettext_lazy("days since the last purchase"),
    "tier": gettext_lazy("the tier"),
    "reason": gettext_lazy("why, in a sentence"),
}


def check_text(text: str) -> None:
    """Raise Problem for a place that is not known, naming those that are."""
    if unknown := [name for name in PLACE.findall(text) if name not in PLACES]:
        known = ", ".join(f"{{{name}}}" for name in PLACES)
        message = _("There is no place called {%(name)s}. Use one of: %(known)s.")
        raise Problem("placeholder", message % {"name": unknown[0], "known": known})


def texts_of(programme: Programme) -> dict[str, str]:
    """The texts by kind; kinds without a text are left out."""
    return dict(programme.message_texts.exclude(text="").values_list("kind", "text"))


def message_for(texts: Mapping[str, str], programme: Programme, member: Member, kind: str = "") -> str:
    """The text of this kind for one customer; without a kind, what suits who is warned and who is not."""
    wanted = kind or (MessageText.Kind.WARNED if member.grace_until else MessageText.Kind.MEMBER)
    text = texts.get(wanted, "")
    return fill(text, values_of(programme, member)) if text else ""


def fill(text: str, values: Mapping[str, str]) -> str:
    """Each place with its value, and nothing else changed: a value that looks like a place stays as it is."""
    return PLACE.sub(lambda found: values.get(found[1], found[0]), text)


def values_of(programme: Programme, member: Member) -> dict[str, str]:
    figures = member.figures
    money = {name: _money(figures.get(name)) for name in ("revenue", "revenue_12m")}
    counts = {name: _count(figures.get(name)) for name in ("orders_12m", "order_count", "days_since_last_purchase")}
    return {
        "customer_id": member.external_id,
        "programme": programme.name,
        "member_since": date_format(member.entered_on, "j F Y"),
        "warned_until": date_format(member.grace_until, "j F Y") if member.grace_until else "",
        **money,
        **counts,
        "tier": str(figures.get("tier") or ""),
        "reason": member.reason,
    }


def _money(value: Any) -> str:
    return "" if value is None else money_text(value, settings.REPORTING_CURRENCY)


def _count(value: Any) -> str:
    return "" if value is None else number_text(value)
