"""How much what customers bring varies, group by group and for windows of several lengths: what plans rest on."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

import numpy as np

from loyalty.jobs.proof.ledger_outcomes import Outcomes, day_number, first_day, open_ledger, outcomes
from loyalty.models import Programme
from loyalty.populations import Mask, groups_of
from segmentation.models import Snapshot

WEEKS = (4, 8, 13, 26, 52)


def spreads(programme: Programme, snapshot: Snapshot, only: Collection[str] | None = None) -> dict[str, Any]:
    """For each group (or `only` some): people, and for revenue and orders fields of `planning.Spread` by window.

    A window is the last weeks up to the results' day, seen as if an experiment had begun before it; windows that begin
    before the shop's first purchase are left out.
    """
    keys, groups = groups_of(programme, snapshot)
    groups = {name: mask for name, mask in groups.items() if only is None or name in only}
    found: dict[str, Any] = {
        name: {"people": int(mask.sum()), "revenue": [], "orders": []} for name, mask in groups.items()
    }
    with open_ledger(snapshot) as connection:
        first = first_day(connection)
        for weeks in WEEKS:
            start = snapshot.as_of - timedelta(weeks=weeks)
            if first is None or start <= first:
                continue
            days = np.full(len(keys), day_number(start))
            window = outcomes(connection, keys, days, snapshot.as_of)
            for name, mask in groups.items():
                spread_of(found[name], weeks, window, mask)
    return found


def spread_of(group: dict[str, Any], weeks: int, window: Outcomes, mask: Mask) -> None:
    """Add one window of a group: for revenue and orders the fields of a `planning.Spread`."""
    for name in ("revenue", "orders"):
        values, before = getattr(window, name)[mask], getattr(window, f"{name}_before")[mask]
        varies = len(values) > 2 and values.std() > 0 and before.std() > 0
        group[name].append(
            {
                "weeks": weeks,
                "mean": round(float(values.mean()), 6),
                "deviation": round(float(values.std(ddof=1)), 6) if len(values) > 1 else 0.0,
                "correlation": round(float(np.corrcoef(values, before)[0, 1]), 6) if varies else 0.0,
            }
        )
