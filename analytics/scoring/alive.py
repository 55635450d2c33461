"""P(alive) of one customer as it was on every day since the first purchase: numpy only, at once.

The models' own modules score a base; this gives one customer's curve for a page. Equal to theirs to the last digits.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BUYING_MODELS = ("bg_nbd", "mbg_nbd", "pareto_nbd")
_NODES, _NODE_WEIGHTS = np.polynomial.legendre.leggauss(64)
# Where the integrand has fallen by exp(-45) it adds nothing to a double.
_FALL = 45.0


def probability_alive(parameters: Mapping[str, Any], frequency: Floats, recency: Floats, T: Floats) -> Floats:
    """P(alive at T) of (n,) histories; `parameters` name their `model` and its numbers, times are in its unit.

    BG/NBD and MBG/NBD: Fader, Hardie & Lee (2005), Batislam, Denizel & Filiztekin (2007). Pareto/NBD: Schmittlein,
    Morrison & Colombo (1987), its integral over the day of departure by quadrature. Raises ValueError for a model
    that knows no departure.
    """
    model = parameters["model"]
    if model not in BUYING_MODELS:
        raise ValueError(f"The model {model!r} says nothing about who has left.")
    if model == "pareto_nbd":
        return _pareto(parameters, frequency, recency, T)
    r, alpha, a, b = (float(parameters[name]) for name in ("r", "alpha", "a", "b"))
    silence = (r + frequency) * (np.log(alpha + T) - np.log(alpha + recency))
    if model == "mbg_nbd":
        return _logistic(-(silence + np.log(a) - np.log(b + frequency)))
    log_odds_dead = silence + np.log(a) - np.log(b + np.maximum(frequency, 1) - 1)
    return np.asarray(np.where(frequency == 0, 1.0, _logistic(-log_odds_dead)), dtype=np.float64)


def _pareto(parameters: Mapping[str, Any], frequency: Floats, recency: Floats, T: Floats) -> Floats:
    """The odds of having left are the integral over tau in (recency, T) of

    s / (beta + tau) ((alpha + T) / (alpha + tau))^(r + x) ((beta + T) / (beta + tau))^s,

    here over u = log(alpha + tau), where a heavy buyer's sharp peak at the latest purchase becomes an exponential.
    """
    r, alpha, s, beta = (float(parameters[name]) for name in ("r", "alpha", "s", "beta"))
    shape = (r + frequency)[:, None]
    low, high = np.log(alpha + recency)[:, None], np.log(alpha + T)[:, None]
    high_used = np.minimum(high, low + _FALL / shape)
    width = high_used - low
    u = low + width * (_NODES + 1) / 2
    tau = np.maximum(np.exp(u) - alpha, 0.0)
    log_value = np.log(s) + u + shape * (high - u) + s * np.log(beta + T)[:, None] - (s + 1) * np.log(beta + tau)
    peak = log_value.max(axis=1)
    total = (np.exp(log_value - peak[:, None]) * _NODE_WEIGHTS).sum(axis=1) * width[:, 0] / 2
    with np.errstate(divide="ignore"):
        return _logistic(-(peak + np.log(total)))


def alive_path(
    parameters: Mapping[str, Any], purchase_days: Sequence[float], days: Sequence[float], *, days_per_unit: float
) -> Floats:
    """P(alive) at the end of each of `days` (k,), counted from the first purchase; NaN before it.

    `purchase_days` are the distinct days with a purchase, ascending from 0. A purchase counts from its own day on.
    """
    bought, at = np.asarray(purchase_days, dtype=np.float64), np.asarray(days, dtype=np.float64)
    if not len(bought) or bought[0] != 0 or np.any(np.diff(bought) <= 0):
        raise ValueError("Purchase days must be distinct, ascending, and counted from the first.")
    latest = np.searchsorted(bought, at, side="right") - 1
    found = np.full(len(at), np.nan)
    seen = latest >= 0
    recency = bought[np.maximum(latest, 0)]
    found[seen] = probability_alive(
        parameters, latest[seen].astype(np.float64), recency[seen] / days_per_unit, at[seen] / days_per_unit
    )
    return found


def _logistic(values: Floats) -> Floats:
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(-values)), dtype=np.float64)
