"""Question 8: what guarantees that the programme does anything. Without a control group: nothing, and it says so."""

import re
from math import sqrt
from typing import Any

import numpy as np
from statsmodels.stats.power import TTestIndPower

from loyalty.jobs.answers.material import (
    HIGH,
    LOW,
    Answer,
    Material,
    Picture,
    answered,
    median,
    money,
    people,
    percent,
    table,
)
from loyalty.selectors.experiments import verdict_of

CONTROL_SHARE = 0.10
POWER, ALPHA = 0.80, 0.05
WANTED_UPLIFT = 0.10
QUESTION = "What guarantees that the programme is better than the rest of the base?"
SENTENCE_END = re.compile(r"(?<=[.!?]) (?=[A-Z])")
GRADES = {
    "better": (HIGH, "the groups were drawn by chance, and the interval of the effect lies above nothing."),
    "worse": (HIGH, "the groups were drawn by chance, and the interval of the effect lies below nothing."),
    "small": (HIGH, "the groups were drawn by chance, and the whole interval lies below what was asked for."),
    "mismatch": (LOW, "the groups differ in size by more than chance does."),
}
UNKNOWN_YET = (LOW, "the groups were drawn by chance, but they are too few or too young for an answer.")
FEWEST = 20  # of both groups together: below that no sample size can be told from so few people's spread


def guarantee(material: Material) -> Answer:
    verdict = verdict_of(material.programme)
    return _unproven(material) if verdict is None else _shown(material, verdict)


def _unproven(material: Material) -> Answer:
    experiment = _experiment(material)
    return answered(
        QUESTION,
        "Nothing yet, because 0 customers are kept out of the programme by chance to compare its members with.",
        {"is_proven": False, "control_kept": False, "medians": _medians(material), "experiment": experiment},
        details=[*_selection(material), _needed(experiment)],
        basis=(
            f"Counted: {material.population()}; {material.rules_text()}; no model is in it. The plan of the experiment "
            "rests on the mean and spread of what eligible customers brought in the last 12 months."
        ),
        tables=[_comparison(material)],
        evidence=[("The list", "/insiders/")],
        grade=HIGH,
        reason="it is certain that nothing is proven: no control group was kept, so no effect can be told apart.",
        change=(
            "An experiment: when a review admits people, keep a share of them by chance without the programme's "
            "benefits, and compare the two groups."
        ),
    )


def _shown(material: Material, verdict: dict[str, Any]) -> Answer:
    """What the control group shows. The comparison of members with the rest stands beside it, labelled."""
    first, *more = SENTENCE_END.split(verdict["sentence"])
    revenue = verdict["revenue"] or {}
    interval = revenue.get("interval")
    how = "Counted" if interval is None else "Estimated"
    grade, reason = GRADES.get(verdict["word"], UNKNOWN_YET)
    return answered(
        QUESTION,
        first if first.endswith((".", "!", "?")) else f"{first}.",
        {
            "is_proven": verdict["is_proven"],
            "control_kept": True,
            "medians": _medians(material),
            "experiment": _experiment(material),
            "verdict": verdict,
        },
        interval=None if interval is None else [round(end, 6) for end in interval],
        details=[*more, *_selection(material)],
        basis=(
            f"{how}: the experiment “{verdict['name']}”, which keeps {percent(verdict['control_share'], 0)} of those "
            f"whom reviews admit out by chance{_read_on(verdict)}; {material.population()}; {material.rules_text()}; "
            "no model is in it."
        ),
        tables=[_arms(verdict), _comparison(material)],
        evidence=[("The experiment", verdict["url"]), ("The list", "/insiders/")],
        grade=grade,
        reason=reason,
        change="More people and more time in the experiment; the interval holds whenever one looks.",
    )


def _read_on(verdict: dict[str, Any]) -> str:
    return f", read on results as of {verdict['as_of']}" if verdict["as_of"] else ", not read yet"


def _arms(verdict: dict[str, Any]) -> Picture:
    arms = verdict["arms"] or {}
    rows = [
        [label, f"{arms[name]['people']:,}"]
        for name, label in (("treatment", "In the programme"), ("control", "Kept out by chance"))
        if name in arms
    ]
    return table("The groups of the experiment", ["Group", "People"], rows)


def _comparison(material: Material) -> Picture:
    medians = _medians(material)
    rows = [
        [label, f"{count:,}", "–" if medians[name] is None else money(medians[name] or 0)]
        for name, label, count in (
            ("members", "Members", material.members),
            ("rest", "Everybody else", material.customers - material.members),
        )
    ]
    columns = ["Group", "Customers", "Median revenue in the last 12 months"]
    return table("Members beside everybody else: a choice, not an effect", columns, rows)


def _medians(material: Material) -> dict[str, float | None]:
    revenue = material.table["revenue_12m"]
    return {"members": median(revenue[material.is_member]), "rest": median(revenue[~material.is_member])}


def _selection(material: Material) -> list[str]:
    medians = _medians(material)
    if medians["members"] is None or medians["rest"] is None:
        return ["There are not both members and others to compare."]
    return [
        f"The median member brought {money(medians['members'])} in the last 12 months and the median other customer "
        f"{money(medians['rest'])}, but members were chosen for exactly that: comparing members with the rest shows "
        "the choice, not an effect of the programme."
    ]


def _experiment(material: Material) -> dict[str, Any]:
    """Sample sizes from the spread of the eligible customers' own revenue; None where they are too few."""
    revenue = material.table["revenue_12m"][material.is_eligible].astype(float)
    plan: dict[str, Any] = {
        "control_share": CONTROL_SHARE,
        "power": POWER,
        "alpha": ALPHA,
        "eligible": len(revenue),
        "mean": None,
        "standard_deviation": None,
        "smallest_effect": None,
        "smallest_uplift": None,
        "needed_for_10_percent": None,
    }
    if len(revenue) < FEWEST or revenue.std(ddof=1) <= 0 or revenue.mean() <= 0:
        return plan
    mean, spread = float(revenue.mean()), float(revenue.std(ddof=1))
    effect = _smallest_effect(len(revenue)) * spread
    return plan | {
        "mean": round(mean, 2),
        "standard_deviation": round(spread, 2),
        "smallest_effect": round(effect, 2),
        "smallest_uplift": round(effect / mean, 4),
        "needed_for_10_percent": _needed_people(WANTED_UPLIFT * mean / spread),
    }


def _smallest_effect(people_in_all: int) -> float:
    """In standard deviations, two-sided, with CONTROL_SHARE of the people in control."""
    control = max(round(CONTROL_SHARE * people_in_all), 2)
    treated = people_in_all - control
    found = TTestIndPower().solve_power(
        effect_size=None, nobs1=treated, alpha=ALPHA, power=POWER, ratio=control / treated
    )
    return float(np.asarray(found).item())


def _needed_people(effect_size: float) -> int:
    """Both groups together. The normal form of the same test, which has an answer for every effect."""
    z = 1.959963985 + 0.841621234
    return int(np.ceil((z * sqrt(1 / CONTROL_SHARE + 1 / (1 - CONTROL_SHARE)) / effect_size) ** 2))


def _needed(plan: dict[str, Any]) -> str:
    if plan["smallest_effect"] is None:
        few = people(plan["eligible"], "eligible customer is", "eligible customers are")
        return f"An experiment would show it, but {few} too few, or too much alike, to plan one."
    return (
        f"An experiment would show it: with 10 % of the {plan['eligible']:,} eligible customers kept as control for a "
        f"year, the smallest effect that shows with a chance of 80 % is {money(plan['smallest_effect'])} per person "
        f"({percent(plan['smallest_uplift'])} of what they bring); an uplift of 10 % would need "
        f"{plan['needed_for_10_percent']:,} people."
    )
