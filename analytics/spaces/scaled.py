"""The features themselves, each by its median and spread, heavy tails in logarithms: distances that people can read."""

from collections.abc import Mapping, Sequence
from typing import Any

from analytics.scaling import fit_transform_plan
from analytics.scoring.transform import apply_transform
from analytics.spaces.contract import Laid, Space


def lay(features: Mapping[str, Any], columns: Sequence[str], *, random_state: int) -> Laid:
    """One axis a feature; nothing here is random."""
    plan = fit_transform_plan(features, columns, spread="robust")
    return Laid(apply_transform(plan, features), tuple(columns), lambda others: apply_transform(plan, others))


SPACE = Space("scaled", "Scaled figures", max_rows=5_000_000, is_slow=False, lay=lay)
