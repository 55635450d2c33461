"""Entry and stay rules: which figures they may name, checks, and words. The arithmetic is `analytics.scoring.rules`."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from analytics.scoring import rules as scoring
from analytics.scoring.features import feature
from analytics.scoring.rules import Condition, RuleError
from loyalty.wording import RFM_GROUPS, TIERS, WEEKDAYS
from segmentation import store
from segmentation.models import Segment

# Figures by which a condition may be set: every score and feature that a snapshot has, those most asked for first.
USUAL = (
    *("revenue_12m", "orders_12m", "days_since_last_purchase", "average_order_value", "revenue", "order_count"),
    *("clv_12m", "p_alive", "expected_purchases", "frequency", "items", "distinct_items", "return_rate"),
)
# Texts and names, of which a condition lists those that it admits.
LISTS = ("tier", "rfm_group", "segment_id", "country", "favourite_category", "favourite_brand", "favourite_weekday")
# The dates stand as days (since the first, since the latest purchase); reasons and keys are no figures.
_NO_FIGURES = {"customer_key", "first_purchase_on", "latest_purchase_on", "next_order_on", "value_reason"}
_OTHERS = tuple(name for name in store.COLUMNS if name not in {*USUAL, *LISTS, *_NO_FIGURES})
NUMERIC = (*USUAL, *_OTHERS)
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
    if condition["operator"] == "in":
        names = value_names(condition["feature"], condition["value"])
        return _("%(label)s is %(names)s") % {"label": label(condition["feature"]), "names": any_of(names)}
    return scoring.describe(condition, settings.REPORTING_CURRENCY)


def any_of(names: Iterable[str]) -> str:
    return _(" or ").join(names)


def value_names(name: str, values: Sequence[Any]) -> list[str]:
    """What people call values of a list: the RFM group at_risk is at risk, weekday 1 is Monday, segment 3 “Loyal”."""
    if name == "segment_id":
        return _segment_names(values)
    known = {"tier": TIERS, "rfm_group": RFM_GROUPS, "favourite_weekday": WEEKDAYS}.get(name, {})
    return [unknown_text() if value is None else str(known.get(str(value), value)) for value in values]


def value_name(name: str, value: Any) -> str:
    return value_names(name, [value])[0]


def _segment_names(values: Sequence[Any]) -> list[str]:
    """Names that are already known (texts, see `with_names`) stay."""
    keys = [value for value in values if isinstance(value, int)]
    known = dict(Segment.objects.filter(pk__in=keys).values_list("pk", "name")) if keys else {}
    return [value if isinstance(value, str) else _segment_name(known.get(value)) for value in values]


def _segment_name(name: str | None) -> str:
    return unknown_text() if name is None else f"“{name}”"


def with_names(rows: Iterable[Sequence[Mapping[str, Any]]]) -> list[list[Mapping[str, Any]]]:
    """The reasons of many customers with the names of their segments, which are read once for all of them."""
    found = [list(reasons) for reasons in rows]
    named = [reason for reasons in found for reason in reasons if reason["feature"] == "segment_id"]
    if not named:
        return found
    keys = list({key for reason in named for key in (*reason["value"], reason["actual"])})
    names = dict(zip(keys, _segment_names(keys), strict=True))
    return [[_with_name(reason, names) for reason in reasons] for reasons in found]


def _with_name(reason: Mapping[str, Any], names: Mapping[Any, str]) -> Mapping[str, Any]:
    if reason["feature"] != "segment_id":
        return reason
    return {**reason, "value": [names[key] for key in reason["value"]], "actual": names[reason["actual"]]}


def describe_all(rule: Iterable[Condition]) -> list[str]:
    return [describe(condition) for condition in rule]


def sentence(rule: Iterable[Condition]) -> str:
    return _(" and ").join(describe_all(rule))


def unknown_text() -> str:
    return str(_("not known"))


def others_text(count: int) -> str:
    return str(_("%(count)s others") % {"count": f"{count:,}"})


def label(name: str) -> str:
    return feature(name).label


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
