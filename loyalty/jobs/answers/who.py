"""Questions 1 to 3: who, how many, and what they are like."""

from collections import Counter
from typing import Any

import numpy as np
from django.conf import settings

from analytics.scoring.features import feature, format_value
from loyalty.jobs.answers.material import (
    Answer,
    Mask,
    Material,
    Picture,
    chart,
    counted,
    day,
    median,
    people,
    percent,
    table,
)
from loyalty.models import Review
from segmentation.wording import RFM_WORDS

FIGURES = (
    *("order_count", "revenue", "average_order_value", "days_since_last_purchase", "distinct_items"),
    "return_rate",
)
COUNTRIES_SHOWN = 5
REVIEWS_SHOWN = 12
MEMBERS_PAGE = ("The list with everyone's reasons", "/insiders/")
REVIEWS_PAGE = ("Reviews", "/insiders/reviews/")
EVERY_CUSTOMER = ("Every customer's figures", "customers")


def who(material: Material) -> Answer:
    """Its value is filled in when the report is read: the keys of all who are eligible may be a million."""
    eligible = int(material.is_eligible.sum())
    share = eligible / material.customers if material.customers else 0.0
    return counted(
        material,
        "Who is eligible?",
        f"{people(eligible)} of {material.customers:,} ({percent(share)}) meet the entry rules, or are members who "
        "may stay; each is listed with the reasons.",
        None,
        count=eligible,
        share=round(share, 6),
        charts=[_groups_chart(material)],
        tables=[_tiers_table(material)],
        evidence=[MEMBERS_PAGE, ("The rules", "/insiders/rules/"), EVERY_CUSTOMER],
        change="Other thresholds, new purchases, or time going by: most conditions look at the last 12 months.",
    )


def _groups_chart(material: Material) -> Picture:
    groups = np.asarray(material.table["rfm_group"]).astype(str)
    names = [name for name in RFM_WORDS if (groups == name).any()]
    inside = [int((material.is_eligible & (groups == name)).sum()) for name in names]
    outside = [int((~material.is_eligible & (groups == name)).sum()) for name in names]
    return chart(
        "Eligible customers by RFM group",
        [str(RFM_WORDS[name].label) for name in names],
        [("Eligible", inside), ("Not eligible", outside)],
        unit="customers",
        x_label="RFM group",
        is_stacked=True,
    )


def _tiers_table(material: Material) -> Picture:
    tiers = np.asarray(material.table["tier"]).astype(str)
    rows = []
    for name in ("platinum", "gold", "silver"):
        inside, everybody = int((material.is_eligible & (tiers == name)).sum()), int((tiers == name).sum())
        if everybody:
            rows.append([name.capitalize(), f"{inside:,}", f"{everybody:,}", percent(inside / everybody)])
    return table("Eligible customers by tier", ["Tier", "Eligible", "All customers", "Share eligible"], rows)


def how_many(material: Material) -> Answer:
    review = material.review
    if review is None:
        text = "0 customers are members yet, because no review was applied."
    else:
        text = (
            f"{people(material.members, 'customer is a member', 'customers are members')} as of "
            f"{day(material.as_of)}: the latest review let {review.joined:,} join and {review.left:,} leave, "
            f"{review.kept:,} were kept, and {material.warned:,} stand in their grace period."
        )
    waiting = int(material.is_candidate.sum())
    return counted(
        material,
        "How many are they?",
        text,
        material.members,
        details=[f"{people(waiting, 'more is', 'more are')} eligible and no members now."] if waiting else [],
        charts=[_members_chart(material)],
        tables=[_standing_table(material, waiting)],
        waiting=waiting,
        evidence=[MEMBERS_PAGE, REVIEWS_PAGE],
        change="The next review, or other rules.",
    )


def _members_chart(material: Material) -> Picture:
    """Members after each of the latest reviews that were applied, up to the one that this report stands on."""
    last = material.review.pk if material.review else 0
    applied = material.programme.reviews.filter(state=Review.State.APPLIED, pk__lte=last).select_related("snapshot")
    found = list(applied.order_by("-decided_at", "-pk")[:REVIEWS_SHOWN])[::-1]
    return chart(
        "Members after each review",
        [day(review.snapshot.as_of) for review in found],
        [("Members", [review.members for review in found])],
        unit="members",
        x_label="Review as of",
    )


def _standing_table(material: Material, waiting: int) -> Picture:
    rows = [
        ("Members", material.members),
        ("of them in their grace period", material.warned),
        ("Eligible and no members", waiting),
        ("All other customers", int(material.is_rest.sum())),
    ]
    return table("Where customers stand", ["Standing", "Customers"], [[name, f"{count:,}"] for name, count in rows])


def what_are_they_like(material: Material) -> Answer:
    inside, outside = _profile(material, material.is_member), _profile(material, ~material.is_member)
    countries = _countries(material)
    return counted(
        material,
        "What are their main characteristics?",
        _likeness(material, inside, outside),
        {"members": inside, "rest": outside, "countries": countries},
        basis="medians of each figure",
        details=_first_country(countries),
        charts=[_countries_chart(countries)],
        tables=[_likeness_table(inside, outside)],
        evidence=[("Segments", "/segments/"), MEMBERS_PAGE, EVERY_CUSTOMER],
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
    mine.pop("None", None)
    return [
        {
            "country": name,
            "members": count,
            "share_of_members": round(count / material.members, 6),
            "share_of_rest": round(rest[name] / max(int((~inside).sum()), 1), 6),
        }
        for name, count in mine.most_common(COUNTRIES_SHOWN)
    ]


def _first_country(countries: list[dict[str, Any]]) -> list[str]:
    if not countries:
        return []
    first = countries[0]
    return [
        f"{percent(first['share_of_members'])} of the members are from {first['country']} "
        f"({percent(first['share_of_rest'])} of the rest)."
    ]


def _countries_chart(countries: list[dict[str, Any]]) -> Picture:
    series = [("Members", "share_of_members"), ("Rest", "share_of_rest")]
    return chart(
        "The members' most frequent countries",
        [entry["country"] for entry in countries],
        [(name, [entry[key] for entry in countries]) for name, key in series],
        unit="%",
        x_label="Country",
        is_share=True,
    )


def _likeness(material: Material, inside: dict[str, Any], outside: dict[str, Any]) -> str:
    if not material.members:
        return "There are 0 members yet, so there is nothing to compare."
    parts = [_compared(name, inside[name], outside[name]) for name in FIGURES if _is_telling(inside[name])]
    return f"The median member beside the rest: {'; '.join(parts)}."


def _likeness_table(inside: dict[str, Any], outside: dict[str, Any]) -> Picture:
    rows = [
        [feature(name).label.capitalize(), _cell(name, inside[name]), _cell(name, outside[name])] for name in FIGURES
    ]
    return table("Medians of members and of the rest", ["Median", "Members", "Rest"], rows)


def _cell(name: str, value: float | None) -> str:
    return "–" if value is None else _text(name, value)


def _is_telling(value: float | None) -> bool:
    return value is not None and value != 0


def _compared(name: str, mine: float, theirs: float | None) -> str:
    other = "none" if theirs is None else _text(name, theirs)
    return f"{feature(name).label} {_text(name, mine)} (rest: {other})"


def _text(name: str, value: float) -> str:
    return format_value(name, round(value, 3 if feature(name).kind == "share" else 2), settings.REPORTING_CURRENCY)
