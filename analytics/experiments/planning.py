"""Before launch: how many people, how long, and the smallest effect that would show.

Normal approximation of the two-sample test (Cohen 1988; van Belle 2008, ch. 2), with arms of unequal size. Needs the
standard library alone, so that a page can answer at once; it agrees with statsmodels' t test to within 1 % from 50
people in the smaller arm on.
"""

from dataclasses import dataclass
from math import ceil, exp, log, sqrt
from statistics import NormalDist

from analytics.experiments import sequential

POWER, LEVEL = 0.80, 0.95
LONGEST_WEEKS = 104
SMALLEST_ARM = 50

_NORMAL = NormalDist()


@dataclass(frozen=True)
class Spread:
    """What people bring in some weeks: `mean` and `deviation` per person, and how well the time before tells it.

    `correlation` is that of the window with the year before it; CUPED takes that part out.
    """

    weeks: float
    mean: float
    deviation: float
    correlation: float = 0.0

    @property
    def residual(self) -> float:
        """The deviation that is left after CUPED."""
        return self.deviation * sqrt(max(0.0, 1 - self.correlation**2))


def critical(*, level: float = LEVEL, is_always_valid: bool = True) -> float:
    """Standard errors between no effect and an interval that leaves it out, when looked at by plan."""
    return sequential.at_plan(level=level) if is_always_valid else _NORMAL.inv_cdf((1 + level) / 2)


def standard_error(people: float, deviation: float, control_share: float) -> float:
    """Of the difference of means, `people` in both arms together."""
    return deviation * sqrt(1 / (people * control_share) + 1 / (people * (1 - control_share)))


def smallest_effect(
    people: float, deviation: float, control_share: float, *, power: float = POWER, is_always_valid: bool = True
) -> float:
    """The difference per person that shows with a chance of `power`, in the unit of `deviation`."""
    reach = critical(is_always_valid=is_always_valid) + _NORMAL.inv_cdf(power)
    return reach * standard_error(people, deviation, control_share)


def power_of(
    effect: float, people: float, deviation: float, control_share: float, *, is_always_valid: bool = True
) -> float:
    """The chance that an effect of this size shows."""
    error = standard_error(people, deviation, control_share)
    if error == 0:
        return 1.0 if effect else 0.0
    bound, place = critical(is_always_valid=is_always_valid), abs(effect) / error
    return _NORMAL.cdf(place - bound) + _NORMAL.cdf(-place - bound)


def people_needed(
    effect: float, deviation: float, control_share: float, *, power: float = POWER, is_always_valid: bool = True
) -> int | None:
    """Both arms together; None for an effect of 0."""
    if effect == 0:
        return None
    return ceil(
        (smallest_effect(1, deviation, control_share, power=power, is_always_valid=is_always_valid) / effect) ** 2
    )


@dataclass(frozen=True)
class Growth:
    """How the figures grow with the weeks watched: the mean in proportion, the residual by a power of the weeks."""

    mean_per_week: float
    residual_at_one: float
    exponent: float

    def mean(self, weeks: float) -> float:
        return self.mean_per_week * weeks

    def residual(self, weeks: float) -> float:
        return self.residual_at_one * float(weeks**self.exponent)

    def scaled(self, weeks: float, residual: float) -> "Growth":
        """The same curve through what was really seen after so many weeks."""
        return Growth(self.mean_per_week, residual / weeks**self.exponent, self.exponent)


def growth(spreads: list[Spread]) -> Growth | None:
    """A curve through the windows' figures by least squares of logarithms; None where nobody bought anything.

    The exponent is held between .5 (weeks that know nothing of each other) and 1 (everybody always the same): beyond
    those lies noise.
    """
    known = [spread for spread in spreads if spread.mean > 0 and spread.residual > 0]
    if not known:
        return None
    rate = sum(spread.mean / spread.weeks for spread in known) / len(known)
    x, y = [log(spread.weeks) for spread in known], [log(spread.residual) for spread in known]
    centre = sum(x) / len(x)
    wide = sum((value - centre) ** 2 for value in x)
    slope = sum((a - centre) * b for a, b in zip(x, y, strict=True)) / wide if wide else 0.5
    exponent = min(1.0, max(0.5, slope))
    level = sum(b - exponent * a for a, b in zip(x, y, strict=True)) / len(x)
    return Growth(rate, exp(level), exponent)


@dataclass(frozen=True)
class Intake:
    """Whom chance can draw from: `now` people at the start, and `per_week` evenly over the weeks.

    Who comes later is watched for what is left of the weeks only: their mean is smaller in proportion, and so is an
    effect on it; their residual is smaller by a power of the weeks.
    """

    now: float
    per_week: float = 0.0

    def people(self, weeks: float) -> float:
        return self.now + self.per_week * weeks

    def late(self, weeks: float) -> float:
        """The share of the people who come later, 0 to 1."""
        people = self.people(weeks)
        return self.per_week * weeks / people if people else 0.0

    def mean(self, curve: Growth, weeks: float) -> float:
        """Per person; evenly spread arrivals are watched for half of the weeks on average."""
        return curve.mean(weeks) * (1 - self.late(weeks) / 2)

    def residual(self, curve: Growth, weeks: float) -> float:
        """The root of the mean variance; that of arrivals is the integral of (share of the weeks)^(2 exponent)."""
        left = 1 - self.late(weeks) * (1 - 1 / (2 * curve.exponent + 1))
        return curve.residual(weeks) * sqrt(left)


def weeks_needed(
    curve: Growth, uplift: float, intake: Intake, control_share: float, *, power: float = POWER
) -> int | None:
    """Weeks until an uplift (a share of the mean) shows with a chance of `power`; None when two years are too few."""
    for weeks in range(1, LONGEST_WEEKS + 1):
        effect, people = abs(uplift) * intake.mean(curve, weeks), intake.people(weeks)
        deviation = intake.residual(curve, weeks)
        if effect and people and smallest_effect(people, deviation, control_share, power=power) <= effect:
            return weeks
    return None
