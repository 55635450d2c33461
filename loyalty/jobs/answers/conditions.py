"""Questions 6 and 7: what it takes to enter, and what ends a membership."""

from typing import Any

from loyalty import rules
from loyalty.jobs.answers.material import Answer, Material, counted, people

PAGE = ("The rules, and what other thresholds would do", "/insiders/rules/")
CHANGE = "A person who proposes other thresholds and puts them in force; then the next review applies them."


def to_enter(material: Material) -> Answer:
    version = material.rules
    if version is None:
        return _none("What are the conditions to enter?")
    return counted(
        "What are the conditions to enter?",
        f"A customer enters with {rules.sentence(version.entry)}.",
        {"rules": version.number, "conditions": _conditions(version.entry), "source": _source(version.source)},
        basis=f"rules version {version.number}; {_agreement(version.source)}",
        evidence=[PAGE],
        change=CHANGE,
    )


def to_be_removed(material: Material) -> Answer:
    version, programme = material.rules, material.programme
    if version is None:
        return _none("What are the conditions to be removed?")
    grace = (
        f"is warned, and leaves at the first review after {programme.grace_days} days unless they hold again"
        if programme.grace_days
        else "leaves at once"
    )
    return counted(
        "What are the conditions to be removed?",
        f"A member who no longer meets these conditions {grace}: {rules.sentence(version.stay)}. "
        f"{people(material.warned, 'member is', 'members are')} in grace now.",
        {
            "rules": version.number,
            "conditions": _conditions(version.stay),
            "grace_days": programme.grace_days,
            "review_period_months": programme.review_period_months,
            "in_grace": material.warned,
        },
        basis=f"rules version {version.number}; staying is easier than entering, so that nobody goes in and out",
        evidence=[PAGE, ("Reviews", "/insiders/reviews/")],
        change=CHANGE,
    )


def _none(question: str) -> Answer:
    return counted(
        question,
        "No rules are in force yet; the first review proposes them from the best value segment.",
        {"rules": None, "conditions": []},
        basis="versions of the rules",
        evidence=[PAGE],
        change="The first review.",
    )


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
