"""What an experiment could show, before it starts: answered at once from the groundwork of the current results."""

from dataclasses import dataclass
from typing import Any

from analytics.experiments import planning
from loyalty.models import Groundwork

AXIS = (4, 8, 13, 18, 26, 39, 52)
COMPARED_SHARES = (0.1, 0.25, 0.5)


@dataclass(frozen=True)
class Plan:
    """Money is revenue per person over the weeks; `smallest_share` and `line` are shares of the control's mean."""

    people: int
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


def plan(ground: Groundwork, population: str, *, share: float, weeks: int, uplift: float) -> Plan | None:
    """None where the group is empty or bought nothing that could vary."""
    spread: dict[str, Any] | None = ground.content["spreads"].get(population)
    windows = [planning.Spread(**window) for window in spread["revenue"]] if spread else []
    curve = planning.growth(windows)
    if spread is None or curve is None or curve.mean_per_week <= 0 or spread["people"] < 4:
        return None
    people, mean, deviation = spread["people"], curve.mean(weeks), curve.residual(weeks)
    smallest = planning.smallest_effect(people, deviation, share)
    axis = sorted({*AXIS, weeks})
    return Plan(
        people=people,
        control=round(people * share),
        mean=mean,
        smallest=smallest,
        smallest_share=smallest / mean,
        smallest_once=planning.smallest_effect(people, deviation, share, is_always_valid=False) / mean,
        power=planning.power_of(uplift * mean, people, deviation, share),
        people_needed=planning.people_needed(uplift * mean, deviation, share),
        weeks_needed=planning.weeks_needed(curve, uplift, people, share),
        explained=max(window.correlation for window in windows) ** 2,
        weeks=axis,
        lines={
            each: [planning.smallest_effect(people, curve.residual(at), each) / curve.mean(at) for at in axis]
            for each in COMPARED_SHARES
        },
    )
