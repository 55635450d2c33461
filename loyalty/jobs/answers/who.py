"""Questions 1 to 3: who, how many, and what they are like."""

from collections import Counter
from typing import Any

import numpy as np
from django.conf import settings

from analytics.scoring.features import feature, format_value
from loyalty.jobs.answers.material import Answer, Mask, Material, counted, day, median, people, percent

FIGURES = (
    *("order_count", "revenue", "average_order_value", "days_since_last_purchase", "distinct_items"),
    "return_rate",
)
COUNTRIES_SHOWN = 5
MEMBERS_PAGE = ("The list with everyone's reasons", "/insiders/")


def who(material: Material) -> Answer:
    keys = material.table["customer_key"][material.is_eligible].tolist()
    share = len(keys) / material.customers if material.customers else 0.0
    return counted(
        "Who is eligible?",
        f"{people(len(keys))} of {material.customers:,} ({percent(share)}) meet the entry rules, or are members who "
        "may stay; each is listed with the reasons.",
        keys,
        basis=f"{material.population()}, rules version {material.rules.number if material.rules else '–'}",
        evidence=[MEMBERS_PAGE, ("The rules", "/insiders/rules/")],
        change="Other thresholds, new purchases, or time going by: most conditions look at the last 12 months.",
    )


def how_many(material: Material) -> Answer:
    count, review = material.members, material.review
    if review is None:
        text = "Nobody is a member yet: no review was applied."
    else:
        text = (
            f"{people(count, 'customer is a member', 'customers are members')} as of {day(material.as_of)}: the latest "
            f"review let {review.joined:,} join and {review.left:,} leave, {review.kept:,} were kept, and "
            f"{material.warned:,} stand in their grace period."
        )
    eligible = int(material.is_eligible.sum())
    if eligible > count:
        text += f" {people(eligible - count, 'more is', 'more are')} eligible and would join at the next review."
    return counted(
        "How many are they?",
        text,
        count,
        basis=material.population(),
        evidence=[MEMBERS_PAGE, ("Reviews", "/insiders/reviews/")],
        change="The next review, or other rules.",
    )


def what_are_they_like(material: Material) -> Answer:
    inside, outside = _profile(material, material.is_member), _profile(material, ~material.is_member)
    countries = _countries(material)
    return counted(
        "What are their main characteristics?",
        _likeness(material, inside, outside, countries),
        {"members": inside, "rest": outside, "countries": countries},
        basis=f"medians over {material.population()}",
        evidence=[("Segments", "/segments/"), MEMBERS_PAGE],
        change="Another membership list. It describes whom the rules chose; it is no effect of being a member.",
    )


def _profile(material: Material, chosen: Mask) -> dict[str, Any]:
    medians = {name: median(material.table[name][chosen]) for name in FIGURES}
    return {"customers": int(chosen.sum()), **medians}


def _countries(material: Material) -> list[dict[str, Any]]:
    """The members' most frequent countries, beside how frequent they are among the rest."""
    country, inside = np.asarray(material.table["country"]).astype(str), material.is_member
    mine, rest = Counter(country[inside].tolist()), Counter(country[~inside].tolist())
    mine.pop("", None)
    return [
        {
            "country": name,
            "members": count,
            "share_of_members": round(count / material.members, 6),
            "share_of_rest": round(rest[name] / max(int((~inside).sum()), 1), 6),
        }
        for name, count in mine.most_common(COUNTRIES_SHOWN)
    ]


def _likeness(
    material: Material, inside: dict[str, Any], outside: dict[str, Any], countries: list[dict[str, Any]]
) -> str:
    if not material.members:
        return "There are no members yet, so there is nothing to compare."
    parts = [_compared(name, inside[name], outside[name]) for name in FIGURES if _is_telling(inside[name])]
    text = f"The median member beside the rest: {'; '.join(parts)}."
    if countries:
        first = countries[0]
        text += (
            f" {percent(first['share_of_members'])} of them are from {first['country']} "
            f"({percent(first['share_of_rest'])} of the rest)."
        )
    return text


def _is_telling(value: float | None) -> bool:
    return value is not None and value != 0


def _compared(name: str, mine: float, theirs: float | None) -> str:
    other = "none" if theirs is None else _text(name, theirs)
    return f"{feature(name).label} {_text(name, mine)} (rest: {other})"


def _text(name: str, value: float) -> str:
    return format_value(name, round(value, 3 if feature(name).kind == "share" else 2), settings.REPORTING_CURRENCY)
