"""Questions 6 and 7: what it takes to enter, and what ends a membership."""

from typing import Any

from analytics.scoring import rules as scoring
from loyalty import rules
from loyalty.jobs.answers.material import Answer, Mask, Material, Picture, counted, people, percent, table

PAGE = ("The rules, and what other thresholds would do", "/insiders/rules/")
CHANGE = "A person who proposes other thresholds and puts them in force; then the next review applies them."


def to_enter(material: Material) -> Answer:
    version = material.rules
    if version is None:
        return _none(material, "What are the conditions to enter?")
    admitted = _meeting(material, version.entry)
    return counted(
        material,
        "What are the conditions to enter?",
        f"A customer enters with {rules.sentence(version.entry)}, which {admitted.sum():,} of "
        f"{material.customers:,} customers meet.",
        {"rules": version.number, "conditions": _conditions(version.entry), "source": _source(version.source)},
        basis=_agreement(version.source),
        tables=[_each(material, version.entry, "How many meet each condition to enter")],
        meet=int(admitted.sum()),
        evidence=[PAGE],
        change=CHANGE,
    )


def to_be_removed(material: Material) -> Answer:
    version, programme = material.rules, material.programme
    if version is None:
        return _none(material, "What are the conditions to be removed?")
    grace = (
        f"is warned, and leaves at the first review after {programme.grace_days} days unless they hold again"
        if programme.grace_days
        else "leaves at once"
    )
    return counted(
        material,
        "What are the conditions to be removed?",
        f"A member who no longer meets these conditions {grace}: {rules.sentence(version.stay)}; "
        f"{people(material.warned, 'member is', 'members are')} in grace now.",
        {
            "rules": version.number,
            "conditions": _conditions(version.stay),
            "grace_days": programme.grace_days,
            "review_period_months": programme.review_period_months,
            "in_grace": material.warned,
        },
        basis="staying is easier than entering, so that nobody goes in and out",
        tables=[_each(material, version.stay, "How many meet each condition to stay")],
        evidence=[PAGE, ("Reviews", "/insiders/reviews/")],
        change=CHANGE,
    )


def _none(material: Material, question: str) -> Answer:
    return counted(
        material,
        question,
        "There are 0 conditions yet: the first review proposes them from the best value segment.",
        {"rules": None, "conditions": []},
        evidence=[PAGE],
        change="The first review.",
    )


def _meeting(material: Material, rule: list[Any]) -> Mask:
    return scoring.evaluate(scoring.freeze(rule, material.table), material.table)


def _each(material: Material, rule: list[Any], caption: str) -> Picture:
    """Each condition alone: among all customers, and among members."""
    rows = []
    for condition in rule:
        met = _meeting(material, [condition])
        mine = int((met & material.is_member).sum())
        everybody = max(material.customers, 1)
        share = percent(mine / material.members) if material.members else "–"
        rows.append([rules.describe(condition), f"{met.sum():,}", percent(met.sum() / everybody), f"{mine:,}", share])
    return table(caption, ["Condition", "Customers", "Share of all", "Members", "Share of members"], rows)


def _conditions(rule: list[Any]) -> list[dict[str, Any]]:
    return [{**condition, "text": rules.describe(condition)} for condition in rule]


def _source(source: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in source.items() if name != "reason"}


def _agreement(source: dict[str, Any]) -> str:
    if source.get("kind") != "segment":
        return "set by a person" if source.get("kind") == "edited" else "about the top fifth by revenue"
    return (
        f"read off the segment “{source['name']}” with a precision of {source['precision']:.3f} and a recall of "
        f"{source['recall']:.3f} (both counted on the results they were proposed from)"
    )
