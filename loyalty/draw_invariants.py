"""Invariant 5, of experiments: chance drew what the book says, and nobody steered it."""

from analytics.experiments.drawing import draw, fraction
from core.invariants import Finding, invariant
from loyalty.models import Assignment, Draw

DRAWS_CHECKED = 12


@invariant(5, "The groups of experiments follow from their seeds.")
def draws_recompute() -> Finding:
    """The newest draws only: each costs a digest a person."""
    checked = list(Draw.objects.order_by("-pk")[:DRAWS_CHECKED])
    for row in checked:
        if wrong := _differences(row):
            return (
                False,
                f"{wrong} people of draw {row.pk} ({row.experiment}) are not in the group that its seed gives.",
            )
    return True, f"{len(checked)} draws were repeated."


def _differences(row: Draw) -> int:
    found = list(row.assignments.order_by("customer_id").values_list("customer_id", "stratum", "arm"))
    if not found:
        return 0
    keys, strata, arms = zip(*found, strict=True)
    is_control = [arm == Assignment.Arm.CONTROL for arm in arms]
    if len(found) == row.people:
        again = draw(list(keys), list(strata), share=row.share, seed=row.seed)
        return sum(one != other for one, other in zip(is_control, again.tolist(), strict=True))
    return _out_of_order(row.seed, list(keys), list(strata), is_control)


def _out_of_order(seed: str, keys: list[int], strata: list[int], is_control: list[bool]) -> int:
    """Where people were erased since, the sizes no longer tell; but a control's number is below every other's still."""
    highest: dict[int, float] = {}
    for key, stratum, control in zip(keys, strata, is_control, strict=True):
        if control:
            highest[stratum] = max(highest.get(stratum, 0.0), fraction(seed, key))
    pairs = zip(keys, strata, is_control, strict=True)
    return sum(not control and fraction(seed, key) < highest.get(stratum, 0.0) for key, stratum, control in pairs)
