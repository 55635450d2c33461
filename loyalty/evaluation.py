"""Comparing rules with a snapshot's scores and the list as it stands: who joins, is warned, renewed, or leaves.

Pure: arrays and dates in, decisions out; the same for the review job, its preview, and the check that recomputes it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
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


RULES, PIN, CAP = "rules", "pin", "cap"
RANKED_BY = "revenue_12m"


@dataclass(frozen=True)
class Decision:
    """What happens to one customer; `row` is the customer's place in the table, None for one who is not in it.

    `cause` tells what decided: the rules, a person who pinned the customer, or the cap; then `place` is the member's
    place among those who meet the stay rules, by revenue of 12 months.
    """

    customer_key: int
    kind: str
    grace_until: date | None
    row: int | None
    cause: str = RULES
    place: int | None = None


@dataclass(frozen=True)
class Evaluation:
    """Who would be a member afterwards, who changes, and the figures of the page and the command.

    `is_eligible` (n,) marks, over the rows of the table, everyone whom the rules admit or keep, held back or not.
    `held_back` counts controls who meet the entry rules, `without_place` those for whom the cap leaves no room.
    """

    decisions: list[Decision]
    counts: Counter[str]
    is_eligible: NDArray[np.bool_]
    at_stake: list[int]
    held_back: int = 0
    without_place: int = 0

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
    """The rules that a review applies, on the day that its snapshot speaks of; None for `most_members` is no cap."""

    entry: Sequence[Condition]
    stay: Sequence[Condition]
    as_of: date
    grace_days: int
    most_members: int | None = None

    @property
    def grace_until(self) -> date:
        return self.as_of + timedelta(days=self.grace_days)


@dataclass(frozen=True)
class Exceptions:
    """Customers (by key) for whom a person decided, and those whom an experiment holds back.

    Who is pinned in joins and stays whatever the rules and the cap say; who is pinned out never joins, and leaves at
    once. Controls meet the rules but never join, pinned or not, and take no place under the cap.
    """

    pinned_in: frozenset[int] = frozenset()
    pinned_out: frozenset[int] = frozenset()
    controls: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        if both := self.pinned_in & self.pinned_out:
            raise ValueError(f"Pinned in and out at once: {sorted(both)[:5]}.")


NOBODY = Exceptions()


def evaluate(
    table: Mapping[str, Any], terms: Terms, members: Mapping[int, Standing], exceptions: Exceptions = NOBODY
) -> Evaluation:
    """Compare; `table` holds `customer_key` (ascending) and each figure that the rules name.

    With a cap it holds `revenue_12m` too: the best by it (then the lower key) are taken. Present members come before
    newcomers; when the cap has become smaller than the list, the members beyond it are warned, and leave after their
    grace like everybody else.
    """
    known = _Known(table, terms, exceptions)
    known.look_up(members)
    found = [known.of_member(key, standing) for key, standing in sorted(_ranked(known, members).items())]
    counts = Counter(decision.kind for decision in found)
    is_eligible = known.may_enter.copy()
    at_stake: list[int] = []
    for decision in found:
        if decision.row is not None:
            is_eligible[decision.row] = decision.kind != LEFT or decision.cause == CAP
            if decision.kind in {WARNED, IN_GRACE, LEFT}:
                at_stake.append(decision.row)
    joining, without_place = _newcomers(known, members, len(found) - counts[LEFT])
    counts[JOINED] = len(joining)
    is_eligible[[one.row for one in joining if one.row is not None]] = True
    is_eligible[known.rows_of(exceptions.pinned_out)] = False
    changes = [decision for decision in found if decision.kind not in {KEPT, IN_GRACE}]
    return Evaluation([*changes, *joining], counts, is_eligible, at_stake, known.held_back(members), without_place)


@dataclass(frozen=True)
class _Ranked:
    """A present member with the place that the cap gives them; None where it does not matter."""

    standing: Standing
    place: int | None = None


class _Known:
    """The table, asked the questions of a review."""

    def __init__(self, table: Mapping[str, Any], terms: Terms, exceptions: Exceptions) -> None:
        self.table, self.terms, self.exceptions = table, terms, exceptions
        self.keys: NDArray[np.int64] = np.asarray(table["customer_key"], dtype=np.int64)
        self.may_enter = scoring.evaluate(terms.entry, table)
        self.may_stay = scoring.evaluate(terms.stay, table)
        self.looked_up: dict[int, int | None] = {}

    def look_up(self, keys: Iterable[int]) -> None:
        """Find the rows of many customers at once: one by one takes most of a review of a hundred thousand members."""
        wanted = np.fromiter(keys, dtype=np.int64)
        if not len(self.keys):
            return
        places = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        is_there = self.keys[places] == wanted
        pairs = zip(wanted.tolist(), places.tolist(), is_there.tolist(), strict=True)
        self.looked_up = {key: place if there else None for key, place, there in pairs}

    def row(self, key: int) -> int | None:
        if key in self.looked_up:
            return self.looked_up[key]
        place = int(np.searchsorted(self.keys, key))
        return place if place < len(self.keys) and self.keys[place] == key else None

    def rows_of(self, keys: Iterable[int]) -> NDArray[np.int64]:
        return np.flatnonzero(np.isin(self.keys, np.fromiter(keys, dtype=np.int64)))

    def best_first(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Rows by revenue, highest first, then by key; an unknown revenue comes last."""
        worth = np.nan_to_num(np.asarray(self.table[RANKED_BY], dtype=float)[rows], nan=-np.inf)
        return rows[np.lexsort((self.keys[rows], -worth))]

    def held_back(self, members: Mapping[int, Standing]) -> int:
        return int(self.may_enter[self.rows_of(self.exceptions.controls - members.keys())].sum())

    def of_member(self, key: int, ranked: _Ranked) -> Decision:
        row, standing, terms = self.row(key), ranked.standing, self.terms
        if key in self.exceptions.pinned_out:
            return Decision(key, LEFT, None, row, PIN)
        if row is not None and self.may_stay[row] and ranked.place is None:
            return Decision(key, RENEWED if standing.grace_until else KEPT, None, row)
        if key in self.exceptions.pinned_in:
            return Decision(key, RENEWED if standing.grace_until else KEPT, None, row, PIN)
        if row is None:  # no purchase on record any more, so that there is nothing to wait for
            return Decision(key, LEFT, None, None)
        cause = CAP if self.may_stay[row] else RULES
        if standing.grace_until is None and terms.grace_days:
            return Decision(key, WARNED, terms.grace_until, row, cause, ranked.place)
        if standing.grace_until is not None and terms.as_of <= standing.grace_until:
            return Decision(key, IN_GRACE, None, row, cause, ranked.place)
        return Decision(key, LEFT, None, row, cause, ranked.place)


def _ranked(known: _Known, members: Mapping[int, Standing]) -> dict[int, _Ranked]:
    """Members with their place where it lies beyond the cap; who is pinned in takes a place before all others."""
    most, exceptions = known.terms.most_members, known.exceptions
    ranked = {key: _Ranked(standing) for key, standing in members.items()}
    if most is None:
        return ranked
    pinned = exceptions.pinned_in | exceptions.pinned_out
    taken = len(exceptions.pinned_in - (exceptions.controls - members.keys()))
    rows = known.rows_of(members.keys() - pinned)
    best = known.best_first(rows[known.may_stay[rows]])
    for number, row in enumerate(best.tolist(), start=taken + 1):
        if number > most:
            key = int(known.keys[row])
            ranked[key] = _Ranked(members[key], number)
    return ranked


def _newcomers(known: _Known, members: Mapping[int, Standing], staying: int) -> tuple[list[Decision], int]:
    """Who joins, by key, and how many would, had the cap room for them."""
    exceptions, most = known.exceptions, known.terms.most_members
    pinned = sorted(exceptions.pinned_in - exceptions.controls - members.keys())
    joining = {key: _of_pinned(known, key) for key in pinned}
    is_asking = known.may_enter.copy()
    for keys in (members.keys(), exceptions.pinned_in, exceptions.pinned_out, exceptions.controls):
        is_asking[known.rows_of(keys)] = False
    asking = np.flatnonzero(is_asking)
    room = len(asking) if most is None else max(most - staying - len(joining), 0)
    taken = asking if room >= len(asking) else known.best_first(asking)[:room]
    for row in taken.tolist():
        key = int(known.keys[row])
        joining[key] = Decision(key, JOINED, None, row)
    return [joining[key] for key in sorted(joining)], len(asking) - len(taken)


def _of_pinned(known: _Known, key: int) -> Decision:
    row = known.row(key)
    return Decision(key, JOINED, None, row, RULES if row is not None and known.may_enter[row] else PIN)


def reasons_of(decision: Decision, table: Mapping[str, Any], terms: Terms) -> list[dict[str, Any]]:
    """The values and margins that led to a decision: entry rules for joining, stay rules for the rest."""
    if decision.row is None:
        return []
    rule = terms.entry if decision.kind == JOINED else terms.stay
    row = {name: table[name][decision.row] for name in rules.columns(rule)}
    return rules.reasons(rule, row)


def detail_of(decision: Decision, terms: Terms, pin: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What decided beside the rules, as the book keeps it; `pin` is what a person said of this customer."""
    if decision.cause == CAP:
        return {"cause": CAP, "place": decision.place, "places": terms.most_members}
    return {"cause": PIN, **(pin or {})} if decision.cause == PIN else {}
