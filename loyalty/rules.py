"""Entry and stay rules: which figures they may name, checks, and words. The arithmetic is `analytics.scoring.rules`."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from analytics.scoring import rules as scoring
from analytics.scoring.features import FEATURES, feature
from analytics.scoring.rules import Condition, RuleError
from segmentation.models import Segment

NUMERIC = tuple(
    name
    for name in (
        *("revenue_12m", "orders_12m", "days_since_last_purchase", "average_order_value", "revenue", "order_count"),
        *("frequency", "items", "distinct_items", "return_rate", "monetary_value"),
        *("p_alive", "expected_purchases", "clv_12m"),
    )
    if name in FEATURES
)
LISTS = ("tier", "rfm_group", "segment_id", "country")
CHOICES = (*NUMERIC, *LISTS)
# More than anybody can read; and comparing each with each must stay cheap.
MOST_CONDITIONS = 20


def check_rules(entry: Sequence[Condition], stay: Sequence[Condition]) -> None:
    """Raise RuleError, with what to change, for rules that can't be used as a pair."""
    if max(len(entry), len(stay)) > MOST_CONDITIONS:
        raise RuleError(_("Use at most %(most)s conditions to enter, and as many to stay.") % {"most": MOST_CONDITIONS})
    scoring.check(entry, CHOICES)
    scoring.check(stay, CHOICES)
    if not scoring.is_easier(stay, entry):
        raise RuleError(
            _(
                "The stay rules must be no harder than the entry rules, condition by condition: whoever may enter "
                "must also be able to stay, or members would leave on the day they joined."
            )
        )


def columns(*rules: Iterable[Condition]) -> list[str]:
    """The figures that these rules name, each once."""
    return list(dict.fromkeys(condition["feature"] for rule in rules for condition in rule))


def describe(condition: Condition) -> str:
    """The condition in words, with the reporting currency and the segments' names."""
    if condition["feature"] == "segment_id":
        names = Segment.objects.filter(pk__in=condition["value"]).values_list("name", flat=True)
        return _("segment is %(names)s") % {"names": _(" or ").join(f"“{name}”" for name in names)}
    return scoring.describe(condition, settings.REPORTING_CURRENCY)


def describe_all(rule: Iterable[Condition]) -> list[str]:
    return [describe(condition) for condition in rule]


def sentence(rule: Iterable[Condition]) -> str:
    return _(" and ").join(describe_all(rule))


def label(name: str) -> str:
    return {"segment_id": _("segment"), "rfm_group": _("RFM group"), "tier": _("tier")}.get(name, feature(name).label)


def reasons(rule: Sequence[Condition], row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """How one customer stands to each condition, as an event keeps it. Top shares must be frozen first."""
    return [
        {
            "feature": margin["feature"],
            "operator": margin["operator"],
            "value": margin["needed"],
            "actual": _plain(margin["actual"]),
            "margin": None if margin["margin"] is None else round(margin["margin"], 6),
            "holds": margin["met"],
        }
        for margin in scoring.margins(rule, row)
    ]


def _plain(value: Any) -> Any:
    """A value that JSON keeps: whole numbers whole, floats to six digits, missing ones as null."""
    if value is None or isinstance(value, str):
        return value
    number = round(float(value), 6)
    if number != number:
        return None
    return int(number) if number.is_integer() else number
