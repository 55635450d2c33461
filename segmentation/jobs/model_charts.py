"""What the models page draws: how the used model tracked the past, how the contest went, and what histories mean."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import numpy as np

from analytics import lifetime, tracking
from analytics.features import DAYS_PER_UNIT
from crm.ledger import Engine
from segmentation.jobs.inputs import Columns, Options
from segmentation.jobs.values import NAIVE, NAIVE_IN_CONTEST, Models

STEP_DAYS = 7
MOST_STEPS = 160
TRACKED = ("on", "actual", "expected", "foreseen")
FREQUENCIES = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30, 50, 100, 200)
COLUMNS = 12


def model_charts(engine: Engine, customers: Columns, models: Models, options: Options) -> dict[str, Any]:
    """What the models page draws; every figure is rounded, none is NaN.

    * `repeat_purchases`: `on, actual, expected, foreseen` at weekly steps (or steps of several weeks, `MOST_STEPS` at
      most), added up since the first day. `expected` is the used model's; `foreseen` is the same kind of model's as
      fitted before the holdout began, null without one.
    * `weekly_purchases`: the same for each whole step alone; `step_days` is its length.
    * `holdout_from`: the first day of the holdout, null without one.
    * `calibration`: null without a contest, else `groups` (`frequency, customers, actual`, and `expected` by model:
      means in the holdout; the last group holds its frequency or more), and by model `skill` (share of the simple
      rate's error removed, averaged over five measures) and `calibration_error`; `order`: those that may be used, best
      first.
    * `frequency_recency`: `frequencies` (rows), `days_since` (columns), `T` in days, `horizon_days`, and two matrices
      `p_alive` (null under a simple rate) and `expected_purchases`, of customers as old as the oldest.
    """
    steps = _tracked(engine, models, options)
    days = max(1, (steps[1]["day"] - steps[0]["day"]) if len(steps) > 1 else STEP_DAYS)
    return {
        "repeat_purchases": [{name: step[name] for name in TRACKED} for step in steps],
        "weekly_purchases": _each_step(steps, days),
        "step_days": days,
        "holdout_from": _holdout_from(models, options),
        "calibration": _calibration(models.contest),
        "frequency_recency": _frequency_recency(customers, models, options),
    }


def _tracked(engine: Engine, models: Models, options: Options) -> list[dict[str, Any]]:
    """`day, on, actual, expected, foreseen`, added up since the first purchase day."""
    found = engine.query(tracking.repeat_days_sql("lines", as_of=options.as_of)).fetchnumpy()
    first = found["ordered_on"].astype("datetime64[D]")[0]
    offsets = (found["ordered_on"].astype("datetime64[D]") - first).astype(float)
    length = int((np.datetime64(options.as_of) - first).astype(int))
    step = STEP_DAYS * max(1, -(-length // (STEP_DAYS * MOST_STEPS)))
    ends = np.append(np.arange(step, length, step), length).astype(float)
    actual = np.cumsum(found["buyers"] - found["newcomers"])[np.searchsorted(offsets, ends, side="right") - 1]
    newcomers = found["newcomers"].astype(float)
    expected = tracking.expected_cumulative(models.used, offsets, newcomers, ends)
    before = _before_holdout(models)
    foreseen = tracking.expected_cumulative(before, offsets, newcomers, ends) if before else None
    return [
        {
            "day": int(end),
            "on": str(first + np.timedelta64(int(end), "D")),
            "actual": int(actual[place]),
            "expected": round(float(expected[place]), 1),
            "foreseen": None if foreseen is None else round(float(foreseen[place]), 1),
        }
        for place, end in enumerate(ends)
    ]


def _each_step(steps: list[dict[str, Any]], days: int) -> list[dict[str, Any]]:
    """What each whole step added."""
    start = {"day": 0, "actual": 0, "expected": 0.0, "foreseen": 0.0}
    return [
        {
            "on": after["on"],
            **{
                name: None if after[name] is None else round(after[name] - before[name], 1)
                for name in ("actual", "expected", "foreseen")
            },
        }
        for before, after in pairwise([start, *steps])
        if after["day"] - before["day"] == days
    ]


def _before_holdout(models: Models) -> lifetime.PurchaseParameters | None:
    fit = models.contest.fits.get(models.champion) if models.contest else None
    return None if fit is None or fit.is_fallback else fit.parameters


def _holdout_from(models: Models, options: Options) -> str | None:
    return None if models.contest is None else str(options.as_of - timedelta(days=options.holdout_days - 1))


def _calibration(contest: lifetime.Contest | None) -> dict[str, Any] | None:
    if contest is None:
        return None
    scores = {(NAIVE if score.model == NAIVE_IN_CONTEST else score.model): score for score in contest.scores}
    groups = [
        {
            "frequency": group.frequency,
            "customers": group.customers,
            "actual": round(group.actual, 6),
            "expected": {name: round(score.by_frequency[place], 6) for name, score in scores.items()},
        }
        for place, group in enumerate(contest.groups)
    ]
    return {
        "groups": groups,
        "skill": {name: round(score.skill, 6) for name, score in scores.items()},
        "calibration_error": {name: round(score.calibration_error, 6) for name, score in scores.items()},
        "order": list(contest.order),
    }


def _frequency_recency(customers: Columns, models: Models, options: Options) -> dict[str, Any]:
    oldest = float(np.max(customers["T"]))
    most = max(5.0, float(np.quantile(customers["frequency"], 0.99)))
    frequencies = [number for number in FREQUENCIES if number <= most]
    since = np.unique(np.round(oldest * np.arange(COLUMNS) / COLUMNS))
    x, silence = (side.ravel() for side in np.meshgrid(frequencies, since, indexing="ij"))
    history = (
        x,
        (oldest - silence) / DAYS_PER_UNIT[options.unit],
        np.full(len(x), oldest / DAYS_PER_UNIT[options.unit]),
    )
    horizon = lifetime.in_unit(options.horizon_days, options.unit)
    expected = lifetime.conditional_expected_purchases(models.used, horizon, *history)
    alive = None if models.champion == NAIVE else lifetime.probability_alive(models.used, *history)
    shape = (len(frequencies), len(since))
    return {
        "frequencies": frequencies,
        "days_since": since.astype(int).tolist(),
        "T": int(oldest),
        "horizon_days": options.horizon_days,
        "p_alive": None if alive is None else np.round(alive, 6).reshape(shape).tolist(),
        "expected_purchases": np.round(expected, 6).reshape(shape).tolist(),
    }
