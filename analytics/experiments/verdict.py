"""What may be said of an effect today, as a word; the words' sentences are the page's."""

from dataclasses import dataclass
from typing import Literal

from analytics.experiments.planning import Growth, Intake, weeks_needed

Word = Literal["better", "worse", "small", "not_yet", "too_small", "mismatch", "waiting"]
FEWEST_CONTROL = 20


@dataclass(frozen=True)
class Verdict:
    """`more_weeks`: how long until the wanted uplift would show at this size; None: not within two years, or moot."""

    word: Word
    more_weeks: int | None = None


def judge(
    *,
    interval: tuple[float, float] | None,
    wanted: float,
    treated: int,
    control: int,
    weeks: float,
    curve: Growth | None,
    uplift: float,
    is_mismatch: bool,
) -> Verdict:
    """`interval` is the always-valid one of the effect per person, `wanted` the difference asked for, in its unit.

    A sample ratio that chance can't explain comes before everything else. `small`: whatever the effect is, it is
    certainly less than wanted.
    """
    if control == 0 or treated == 0:
        return Verdict("waiting")
    if is_mismatch:
        return Verdict("mismatch")
    if control < FEWEST_CONTROL:
        return Verdict("too_small")
    if interval is not None:
        if interval[0] > 0:
            return Verdict("better")
        if interval[1] < 0:
            return Verdict("worse")
        if wanted > 0 and interval[1] < wanted:
            return Verdict("small")
    people = treated + control
    needed = weeks_needed(curve, uplift, Intake(people), control / people) if curve else None
    return Verdict("not_yet", None if needed is None else max(1, round(needed - weeks)))
