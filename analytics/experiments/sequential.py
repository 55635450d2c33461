"""Intervals that stay valid however often people look: normal-mixture confidence sequences.

Sources: Robbins 1970; Howard, Ramdas, McAuliffe & Sekhon 2021 (the boundary and its tuning); Waudby-Smith, Arbour,
Sinha, Kennedy & Ramdas 2024 (asymptotic confidence sequences, which need no more than a central limit theorem).

The clock is the variance of the sum that the effect is the mean of: V = (people * standard error)^2. It runs when
people are added, and it runs when the same people are watched for longer and their totals grow. Under no effect the sum
behaves like a Brownian motion at clock V; where what people spend in one week goes along with what they spend in the
next, its looks resemble each other more than a Brownian motion's do, and the interval errs on the safe side (Slepian
1962).
"""

from math import exp, log, sqrt

LEVEL = 0.95


def tuning(planned_variance: float, *, level: float = LEVEL) -> float:
    """The mixture's variance that makes the interval tightest when the clock reaches `planned_variance`.

    Fixed before the first look, from the plan; any positive value is valid, a good one is narrower.
    """
    doubt = -2 * log(1 - level)
    return planned_variance / (doubt + log(doubt) + 1)


def half_width(standard_error: float, people: int, mixture: float, *, level: float = LEVEL) -> float:
    """Half the interval's width, in the effect's own unit; infinite without people or spread to judge by."""
    if people < 1 or mixture <= 0 or not standard_error > 0:
        return float("inf")
    return standard_error * multiple((people * standard_error) ** 2, mixture, level=level)


def multiple(variance: float, mixture: float, *, level: float = LEVEL) -> float:
    """How many standard errors the interval reaches to either side when the clock stands at `variance`."""
    alpha = 1 - level
    return sqrt((variance + mixture) / variance * log((variance + mixture) / (mixture * alpha**2)))


def at_plan(*, level: float = LEVEL) -> float:
    """`multiple` when the clock stands where the plan put it: what planning has to reckon with (3.03 at 95 %)."""
    return multiple(1.0, tuning(1.0, level=level), level=level)


def p_value(value: float, standard_error: float, people: int, mixture: float) -> float:
    """The smallest 1 - level whose interval leaves out 0; without effect at most 5 % of tests ever fall to .05."""
    if people < 1 or mixture <= 0 or not standard_error > 0:
        return 1.0
    variance = (people * standard_error) ** 2
    evidence = (people * value) ** 2 / (2 * (variance + mixture))
    return min(1.0, exp(-evidence) * sqrt((variance + mixture) / mixture))
