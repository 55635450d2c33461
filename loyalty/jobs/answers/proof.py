"""Question 8: what guarantees that the programme does anything. Without a control group: nothing, and it says so."""

import re
from typing import Any

from analytics.experiments.planning import LEVEL, POWER
from loyalty.experiment_words import plan_sentences
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
from loyalty.jobs.proof import variation
from loyalty.selectors.experiments import is_ground_fresh, verdict_of
from loyalty.selectors.plans import USUAL_SHARE, USUAL_UPLIFT, USUAL_WEEKS, Plan, plan, spread_of_programme

QUESTION = "What guarantees that the programme is better than the rest of the base?"
SENTENCE_END = re.compile(r"(?<=[.!?]) (?=[A-Z])")
GRADES = {
    "better": (HIGH, "the groups were drawn by chance, and the interval of the effect lies above nothing."),
    "worse": (HIGH, "the groups were drawn by chance, and the interval of the effect lies below nothing."),
    "small": (HIGH, "the groups were drawn by chance, and the whole interval lies below what was asked for."),
    "mismatch": (LOW, "the groups differ in size by more than chance does."),
}
UNKNOWN_YET = (LOW, "the groups were drawn by chance, but they are too few or too young for an answer.")


def guarantee(material: Material) -> Answer:
    verdict = verdict_of(material.programme)
    return _unproven(material) if verdict is None else _shown(material, verdict)


def _unproven(material: Material) -> Answer:
    found, experiment = _plan(material)
    return answered(
        QUESTION,
        "Nothing yet, because 0 customers are kept out of the programme by chance to compare its members with.",
        {"is_proven": False, "control_kept": False, "medians": _medians(material), "experiment": experiment},
        details=[*_selection(material), *_planned(found, experiment)],
        basis=(
            f"Counted: {material.population()}; {material.rules_text()}; no model is in it. The plan of the experiment "
            "rests on how much the spending of eligible customers varied in past weeks."
        ),
        tables=[_comparison(material)],
        evidence=[("Plan an experiment", "/insiders/experiments/plan/"), ("The list", "/insiders/")],
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
        [label, f"{arms[name]['people']:,}", f"{arms[name]['buyers']:,}", _each(arms[name]["revenue_per_person"])]
        for name, label in (("treatment", "In the programme"), ("control", "Kept out by chance"))
        if name in arms
    ]
    columns = ["Group", "People", "Bought since the draw", "Revenue per person since the draw"]
    return table("The groups of the experiment", columns, rows)


def _each(amount: float | None) -> str:
    return "–" if amount is None else money(amount)


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


def _plan(material: Material) -> tuple[Plan | None, dict[str, Any]]:
    """The experiment that the plan page opens with, and what the answer tells of it."""
    programme, snapshot = material.programme, material.snapshot
    ground = programme.groundwork.filter(snapshot=snapshot).first()
    if ground is not None and is_ground_fresh(programme, snapshot):
        spreads = ground.content["spreads"]
    else:
        spreads = variation.spreads(programme, snapshot, only=("eligible", "joiners"))
    spread = spread_of_programme(programme, spreads, USUAL_WEEKS)
    found = plan(spread, share=USUAL_SHARE, weeks=USUAL_WEEKS, uplift=USUAL_UPLIFT)
    people_of = spread or {"people": 0, "joiners": 0, "later": 0}
    told = {name: people_of[name] for name in ("people", "joiners", "later")}
    asked = {"control_share": USUAL_SHARE, "weeks": USUAL_WEEKS, "uplift": USUAL_UPLIFT, "power": POWER, "level": LEVEL}
    return found, {
        **asked,
        **told,
        "control": found and found.control,
        "mean": found and round(found.mean, 2),
        "smallest_effect": found and round(found.smallest, 2),
        "smallest_uplift": found and round(found.smallest_share, 4),
        "chance": found and round(found.power, 4),
        "people_needed": found and found.people_needed,
        "weeks_needed": found and found.weeks_needed,
    }


def _planned(found: Plan | None, told: dict[str, Any]) -> list[str]:
    """In the words of the plan page."""
    if found is not None:
        first = (
            f"An experiment would show it. Planned with {percent(USUAL_SHARE, 0)} kept as control for {USUAL_WEEKS} "
            "weeks, read by an interval that holds whenever one looks:"
        )
        return [first, *plan_sentences(found, {"about": "programme", "weeks": USUAL_WEEKS, "uplift": USUAL_UPLIFT})]
    few = people(told["people"], "customer who would join is", "customers who would join are")
    return [
        f"An experiment would show it, but {few} too few, or too much alike, to plan one: present members stay "
        "members, so a control is drawn from those who join from then on."
    ]
