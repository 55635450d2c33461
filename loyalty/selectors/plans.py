"""What an experiment could show, before it starts: answered at once from the groundwork of the current results."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analytics.experiments import planning
from loyalty.models import Programme, Review

AXIS = (4, 8, 13, 18, 26, 39, 52)
# What a plan reckons with until somebody asks for something else.
USUAL_SHARE, USUAL_WEEKS, USUAL_UPLIFT = 0.1, 26, 0.1
COMPARED_SHARES = (0.1, 0.25, 0.5)
# Of fewer people a spread says next to nothing.
FEWEST_TO_KNOW = 20


def spread_of_programme(programme: Programme, spreads: Mapping[str, Any], weeks: int) -> dict[str, Any] | None:
    """The spread of those who would join, with as many people as a control can be drawn from in these weeks.

    Present members stay members: drawn are those who would join now, and those who join later at the pace of past
    reviews, who are watched for the weeks that are left then. `joiners` and `later` tell them apart. Where too few
    would join now, everybody whom the rules admit stands for those who join later (`is_of_eligible`), although members
    buy more than newcomers. None where the rules admit nobody.
    """
    now, eligible = spreads.get("joiners", {}), spreads.get("eligible")
    if eligible is None:
        return None
    joiners, later = now.get("people", 0), round(joined_per_week(programme) * weeks)
    is_of_eligible = joiners < FEWEST_TO_KNOW
    known = eligible if is_of_eligible else now
    return {**known, "people": joiners + later, "joiners": joiners, "later": later, "is_of_eligible": is_of_eligible}


def joined_per_week(programme: Programme) -> float:
    """The pace of joining after the first review, which admits whoever had gathered before; 0 without a second."""
    applied = programme.reviews.filter(state=Review.State.APPLIED).order_by("pk")
    found = list(applied.values_list("snapshot__as_of", "joined"))
    days = (found[-1][0] - found[0][0]).days if len(found) > 1 else 0
    return 7 * sum(joined for _as_of, joined in found[1:]) / days if days > 0 else 0.0


def intake_of(spread: Mapping[str, Any], weeks: int) -> planning.Intake:
    """Whom a plan of so many weeks draws from, and when."""
    later = spread.get("later", 0)
    return planning.Intake(spread["people"] - later, later / weeks)


@dataclass(frozen=True)
class Plan:
    """Money is revenue per person over the weeks watched; `smallest_share` and `lines` are shares of its mean."""

    people: int
    later: int
    control: int
    mean: float
    smallest: float
    smallest_share: float
    smallest_once: float
    power: float
    people_needed: int | None
    weeks_needed: int | None
    explained: float
    weeks: list[int]
    lines: dict[float, list[float]]
    is_of_eligible: bool


def plan(spread: dict[str, Any] | None, *, share: float, weeks: int, uplift: float) -> Plan | None:
    """None where the group is empty or bought nothing that could vary."""
    windows = [planning.Spread(**window) for window in spread["revenue"]] if spread else []
    curve = planning.growth(windows)
    if spread is None or curve is None or curve.mean_per_week <= 0 or spread["people"] < 4:
        return None
    people, intake = spread["people"], intake_of(spread, weeks)
    mean, deviation = intake.mean(curve, weeks), intake.residual(curve, weeks)
    smallest = planning.smallest_effect(people, deviation, share)
    axis = sorted({*AXIS, weeks})
    return Plan(
        people=people,
        later=spread.get("later", 0),
        control=round(people * share),
        mean=mean,
        smallest=smallest,
        smallest_share=smallest / mean,
        smallest_once=planning.smallest_effect(people, deviation, share, is_always_valid=False) / mean,
        power=planning.power_of(uplift * mean, people, deviation, share),
        people_needed=planning.people_needed(uplift * mean, deviation, share),
        weeks_needed=planning.weeks_needed(curve, uplift, intake, share),
        explained=max(window.correlation for window in windows) ** 2,
        weeks=axis,
        lines={each: [_smallest_share(curve, intake, each, at) for at in axis] for each in COMPARED_SHARES},
        is_of_eligible=spread.get("is_of_eligible", False),
    )


def smallest_share(plan: Mapping[str, Any], share: float, weeks: int) -> float | None:
    """The smallest effect that an experiment's own plan lets show, as a share of the control's mean; None: unknown."""
    spread = plan.get("spread", {})
    curve = planning.growth([planning.Spread(**window) for window in spread.get("revenue", [])])
    if curve is None or curve.mean_per_week <= 0 or not share:
        return None
    return _smallest_share(curve, intake_of(spread, weeks), share, weeks)


def _smallest_share(curve: planning.Growth, intake: planning.Intake, share: float, weeks: int) -> float:
    deviation = intake.residual(curve, weeks)
    return planning.smallest_effect(intake.people(weeks), deviation, share) / intake.mean(curve, weeks)
