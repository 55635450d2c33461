"""Comparing rules with a snapshot's scores and the list as it stands: who joins, is warned, renewed, or leaves.

Pure: arrays and dates in, decisions out; the same for the review job, its preview, and the check that recomputes it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.scoring import rules as scoring
from analytics.scoring.rules import Condition
from loyalty import rules
from loyalty.replay import Standing

JOINED, WARNED, RENEWED, LEFT, KEPT, IN_GRACE = "joined", "warned", "renewed", "left", "kept", "in_grace"


@dataclass(frozen=True)
class Decision:
    """What happens to one customer; `row` is the customer's place in the table, None for one who is not in it."""

    customer_key: int
    kind: str
    grace_until: date | None
    row: int | None


@dataclass(frozen=True)
class Evaluation:
    """Who would be a member afterwards, who changes, and the figures of the page and the command.

    `is_eligible` (n,) marks, over the rows of the table, everyone whom the rules admit or keep.
    """

    decisions: list[Decision]
    counts: Counter[str]
    is_eligible: NDArray[np.bool_]
    at_stake: list[int]

    @property
    def joined(self) -> int:
        return self.counts[JOINED]

    @property
    def left(self) -> int:
        return self.counts[LEFT]

    @property
    def kept(self) -> int:
        return self.counts[KEPT] + self.counts[RENEWED]

    @property
    def warned(self) -> int:
        """Members in grace afterwards, newly warned or still."""
        return self.counts[WARNED] + self.counts[IN_GRACE]

    @property
    def members(self) -> int:
        return self.joined + self.kept + self.warned


@dataclass(frozen=True)
class Terms:
    """The rules that a review applies, on the day that its snapshot speaks of."""

    entry: Sequence[Condition]
    stay: Sequence[Condition]
    as_of: date
    grace_days: int

    @property
    def grace_until(self) -> date:
        return self.as_of + timedelta(days=self.grace_days)


def evaluate(table: Mapping[str, Any], terms: Terms, members: Mapping[int, Standing]) -> Evaluation:
    """Compare; `table` holds `customer_key` (ascending) and each figure that the rules name."""
    keys: NDArray[np.int64] = np.asarray(table["customer_key"])
    may_enter = scoring.evaluate(terms.entry, table)
    may_stay = scoring.evaluate(terms.stay, table)
    places = dict(zip(keys.tolist(), range(len(keys)), strict=True)) if members else {}
    decisions: list[Decision] = []
    counts: Counter[str] = Counter()
    at_stake: list[int] = []
    is_eligible = may_enter.copy()
    for key, standing in sorted(members.items()):
        row = places.get(key)
        kind, grace_until = _of_member(row, may_stay, standing, terms)
        counts[kind] += 1
        if kind not in {KEPT, IN_GRACE}:
            decisions.append(Decision(key, kind, grace_until, row))
        if row is not None:
            is_eligible[row] = kind != LEFT
            if kind in {WARNED, IN_GRACE, LEFT}:
                at_stake.append(row)
    for row in np.flatnonzero(may_enter).tolist():
        if int(keys[row]) not in members:
            counts[JOINED] += 1
            decisions.append(Decision(int(keys[row]), JOINED, None, row))
    return Evaluation(decisions, counts, is_eligible, at_stake)


def _of_member(
    row: int | None, may_stay: NDArray[np.bool_], standing: Standing, terms: Terms
) -> tuple[str, date | None]:
    if row is None:  # no purchase on record any more, so that there is nothing to wait for
        return LEFT, None
    if may_stay[row]:
        return (RENEWED if standing.grace_until else KEPT), None
    if standing.grace_until is None:
        return (WARNED, terms.grace_until) if terms.grace_days else (LEFT, None)
    return (IN_GRACE if terms.as_of <= standing.grace_until else LEFT), None


def reasons_of(decision: Decision, table: Mapping[str, Any], terms: Terms) -> list[dict[str, Any]]:
    """The values and margins that led to a decision: entry rules for joining, stay rules for the rest."""
    if decision.row is None:
        return []
    rule = terms.entry if decision.kind == JOINED else terms.stay
    row = {name: table[name][decision.row] for name in rules.columns(rule)}
    return rules.reasons(rule, row)
