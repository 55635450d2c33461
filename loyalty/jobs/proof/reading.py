"""One experiment on one day: both groups, the effect with CUPED and an interval for ever, and the verdict."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from analytics.experiments import planning, sequential
from analytics.experiments.effects import Arm, cuped, difference_of_means, sample_ratio
from analytics.experiments.four_groups import FourGroups, four_groups
from analytics.experiments.verdict import FEWEST_CONTROL, judge
from core.money import plain
from loyalty.jobs.proof.ledger_outcomes import (
    Numbers,
    Outcomes,
    day_number,
    exact_revenue,
    open_ledger,
    outcomes,
)
from loyalty.models import Assignment, Experiment, Review
from loyalty.selectors.reviews import current_standings
from segmentation import store
from segmentation.models import Snapshot

FORMAT_VERSION = 1
FEWEST_IN_A_CELL = 10
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class People:
    """Who was drawn before the day, by ascending key; `is_high`: upper half of their draw by value."""

    keys: NDArray[np.int64]
    days: NDArray[np.int64]
    is_treated: Mask
    is_high: Mask
    has_halves: bool


def read(experiment: Experiment, snapshot: Snapshot) -> dict[str, Any] | None:
    """The content of a reading; None while nobody was drawn."""
    as_of = min(snapshot.as_of, experiment.ended_on or snapshot.as_of)
    people = _people(experiment, as_of)
    if people is None:
        return None
    with open_ledger(snapshot) as connection:
        found = outcomes(connection, people.keys, people.days, as_of)
        arms = _arms(connection, people, found)
    weeks = float((day_number(as_of) - people.days).mean() / 7)
    ratio = sample_ratio([arms["treatment"]["people"], arms["control"]["people"]], _drawn(experiment))
    revenue = _effect(experiment, people, found.revenue, found.revenue_before, "revenue", as_of)
    content = {
        "format_version": FORMAT_VERSION,
        "as_of": as_of.isoformat(),
        "snapshot": snapshot.pk,
        "first_on": _day(people.days.min()),
        "weeks": round(weeks, 2),
        "arms": arms,
        "sample_ratio": {"p_value": ratio.p_value, "is_mismatch": ratio.is_mismatch},
        "revenue": revenue,
        "orders": _effect(experiment, people, found.orders, found.orders_before, "orders", as_of),
        "four_groups": _four(people, found.revenue),
        "naive": _naive(experiment, snapshot),
    }
    return {**content, "verdict": _verdict(experiment, content)}


def _people(experiment: Experiment, as_of: date) -> People | None:
    rows = experiment.assignments.filter(assigned_on__lt=as_of)
    if experiment.kind == Experiment.Kind.PROGRAMME_CONTROL:
        rows = rows.filter(draw__review__state=Review.State.APPLIED)
    found = list(
        rows.order_by("customer_id")
        .values_list("customer_id", "assigned_on", "arm", "stratum", "draw__strata")
        .iterator(chunk_size=5_000)
    )
    if not found:
        return None
    keys, days, arms, strata, counts = zip(*found, strict=True)
    return People(
        np.array(keys),
        np.array([day_number(day) for day in days]),
        np.array(arms) == Assignment.Arm.TREATMENT,
        np.array(strata) * 2 >= np.array(counts),
        max(counts) > 1,
    )


def _drawn(experiment: Experiment) -> list[float]:
    """The sizes that the draws gave; who left the books since, by law or by mistake, left from one arm or the other."""
    draws = list(experiment.draws.all())
    if experiment.kind == Experiment.Kind.PROGRAMME_CONTROL:
        draws = [each for each in draws if each.review and each.review.state == Review.State.APPLIED]
    controls, people = sum(each.controls for each in draws), sum(each.people for each in draws)
    share = controls / people if 0 < controls < people else experiment.control_share
    return [1 - share, share]


def _arms(connection: duckdb.DuckDBPyConnection, people: People, found: Outcomes) -> dict[str, Any]:
    arms = {}
    for name, mask in (("treatment", people.is_treated), ("control", ~people.is_treated)):
        count = int(mask.sum())
        arms[name] = {
            "people": count,
            "revenue": plain(exact_revenue(connection, people.keys[mask])),
            "orders": int(found.orders[mask].sum()),
            "buyers": int((found.orders[mask] > 0).sum()),
            "revenue_per_person": round(float(found.revenue[mask].mean()), 6) if count else None,
            "orders_per_person": round(float(found.orders[mask].mean()), 6) if count else None,
        }
    return arms


def _effect(
    experiment: Experiment, people: People, values: Numbers, before: Numbers, name: str, as_of: date
) -> dict[str, Any]:
    """Per person since the draw. The covariates were known then: the year before, and how long ago it was."""
    treated = people.is_treated
    adjusted = cuped(values, np.column_stack([before, day_number(as_of) - people.days]), treated)
    once = difference_of_means(Arm.of(adjusted.outcome[treated]), Arm.of(adjusted.outcome[~treated]))
    raw = difference_of_means(Arm.of(values[treated]), Arm.of(values[~treated]))
    mixture, size = experiment.plan.get("mixture", {}).get(name, 0.0), len(values)
    reach = sequential.half_width(once.standard_error, size, mixture)
    is_known = np.isfinite(reach) and once.interval is not None
    base = raw.value / raw.relative if raw.relative else None
    return {
        "value": round(once.value, 6),
        "interval": [round(once.value - reach, 6), round(once.value + reach, 6)] if is_known else None,
        "level": sequential.LEVEL,
        "p_value": sequential.p_value(once.value, once.standard_error, size, mixture),
        "standard_error": round(once.standard_error, 6),
        "relative": round(once.value / base, 6) if base else None,
        "explained": round(adjusted.explained, 4),
        "once": {"interval": _listed(once.interval), "p_value": once.p_value},
        "unadjusted": {"value": round(raw.value, 6), "interval": _listed(raw.interval)},
    }


def _four(people: People, revenue: Numbers) -> dict[str, Any] | None:
    """None where a cell has too few people to say anything."""
    cells = [
        mask & side for mask in (people.is_treated, ~people.is_treated) for side in (people.is_high, ~people.is_high)
    ]
    if not people.has_halves or min(int(cell.sum()) for cell in cells) < FEWEST_IN_A_CELL:
        return None
    found: FourGroups = four_groups(revenue, people.is_high, people.is_treated)
    arms = ("high_treated", "high_control", "low_treated", "low_control")
    effects = ("effect_high", "effect_low", "score", "aiming")
    return {
        **{name: {"people": getattr(found, name).people, "mean": round(getattr(found, name).mean, 6)} for name in arms},
        **{
            name: {"value": round(getattr(found, name).value, 6), "interval": _listed(getattr(found, name).interval)}
            for name in effects
        },
    }


def _naive(experiment: Experiment, snapshot: Snapshot) -> dict[str, Any] | None:
    """Members beside everybody else: what people look at first, and what shows the choice, not an effect."""
    if experiment.kind != Experiment.Kind.PROGRAMME_CONTROL:
        return None
    table = store.read_scores(snapshot, ["customer_key", "revenue_12m"])
    members = np.fromiter(current_standings(experiment.programme), dtype=np.int64)
    is_member, revenue = np.isin(table["customer_key"], members), np.asarray(table["revenue_12m"], dtype=float)
    if is_member.all() or not is_member.any():
        return None
    inside, outside = float(revenue[is_member].mean()), float(revenue[~is_member].mean())
    return {"members": round(inside, 6), "rest": round(outside, 6), "difference": round(inside - outside, 6)}


def _verdict(experiment: Experiment, content: dict[str, Any]) -> dict[str, Any]:
    revenue, arms, weeks = content["revenue"], content["arms"], content["weeks"]
    windows = experiment.plan.get("spread", {}).get("revenue", [])
    curve = planning.growth([planning.Spread(**window) for window in windows])
    treated, control = arms["treatment"]["people"], arms["control"]["people"]
    if curve and revenue["standard_error"] > 0 and min(treated, control) >= FEWEST_CONTROL and weeks >= 1:
        unit = planning.standard_error(treated + control, 1.0, control / (treated + control))
        curve = curve.scaled(weeks, revenue["standard_error"] / unit)
    base = arms["control"]["revenue_per_person"] or (curve.mean(weeks) if curve else 0.0)
    wanted = experiment.uplift * base
    found = judge(
        interval=tuple(revenue["interval"]) if revenue["interval"] else None,
        wanted=wanted,
        treated=treated,
        control=control,
        weeks=weeks,
        curve=curve,
        uplift=experiment.uplift,
        is_mismatch=content["sample_ratio"]["is_mismatch"],
    )
    return {"word": found.word, "more_weeks": found.more_weeks, "wanted": round(wanted, 6)}


def _day(number: Any) -> str:
    return date.fromordinal(date(1970, 1, 1).toordinal() + int(number)).isoformat()


def _listed(interval: tuple[float, float] | None) -> list[float] | None:
    return None if interval is None else [round(interval[0], 6), round(interval[1], 6)]
