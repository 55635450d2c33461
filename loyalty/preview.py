"""What rules would do, counted without writing anything: for the dry run, the rules page and the API."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.scoring.rules import Condition
from loyalty import scores
from loyalty.borderline import Border, borders
from loyalty.breakdowns import BREAKDOWNS, Breakdown, measure
from loyalty.evaluation import JOINED, LEFT, Evaluation, Exceptions, evaluate
from loyalty.exceptions import exceptions_of
from loyalty.figures import check_held, held_figures
from loyalty.models import Programme, RuleVersion
from loyalty.replay import Standing
from segmentation.models import Snapshot

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Preview:
    """Figures in people and in money; revenue is exact, of the 12 months before `as_of`.

    `members_before` and `revenue_before` are the list as it stands now; shares are of all known customers' revenue;
    costs are for one review period, None where the programme has no cost of a member.
    """

    snapshot: int
    joined: int
    left: int
    kept: int
    warned: int
    members: int
    customers: int
    eligible: int
    without_place: int
    revenue_at_stake: Decimal
    revenue: Decimal
    members_before: int
    revenue_before: Decimal
    revenue_all: Decimal
    cost: Decimal | None
    cost_before: Decimal | None
    borders: list[Border]
    breakdowns: list[Breakdown]

    @property
    def share(self) -> float | None:
        return float(self.revenue / self.revenue_all) if self.revenue_all else None

    @property
    def share_before(self) -> float | None:
        return float(self.revenue_before / self.revenue_all) if self.revenue_all else None


def preview_rules(
    *, programme: Programme, snapshot: Snapshot, entry: Sequence[Condition], stay: Sequence[Condition], grace_days: int
) -> Preview:
    """Compare these rules with the results and today's list; raises FigureLacking with what to do."""
    check_held(snapshot, entry, stay)
    version = RuleVersion(programme=programme, entry=list(entry), stay=list(stay))
    table = scores.read_table(snapshot, version)
    members = _standings(programme, snapshot)
    terms = scores.terms_of(version, snapshot, table, grace_days=grace_days, most_members=programme.most_members)
    exceptions = exceptions_of(programme, snapshot.as_of) if programme.pk else Exceptions()
    found = evaluate(table, terms, members, exceptions)
    before, after, at_stake = _marks(table["customer_key"], found, members)
    held = [name for name in BREAKDOWNS if name in held_figures(snapshot)]
    money, breakdowns = measure(snapshot, table["customer_key"], before, after, at_stake, held)
    cost = programme.cost_per_member
    return Preview(
        snapshot=snapshot.pk,
        joined=found.joined,
        left=found.left,
        kept=found.kept,
        warned=found.warned,
        members=found.members,
        customers=len(table["customer_key"]),
        eligible=int(found.is_eligible.sum()),
        without_place=found.without_place,
        revenue_at_stake=money.at_stake,
        revenue=money.after,
        members_before=len(members),
        revenue_before=money.before,
        revenue_all=money.everybody,
        cost=None if cost is None else cost * found.members,
        cost_before=None if cost is None else cost * len(members),
        borders=borders(terms.entry, table),
        breakdowns=breakdowns,
    )


def _standings(programme: Programme, snapshot: Snapshot) -> dict[int, Standing]:
    """Today's list. Since when each belongs to it changes no decision, and reading that would take half of the time."""
    current = programme.memberships.filter(left_on__isnull=True)
    calm = current.filter(grace_until__isnull=True).values_list("customer_id", flat=True)
    found = dict.fromkeys(calm.iterator(chunk_size=20_000), Standing(snapshot.as_of))
    warned = current.filter(grace_until__isnull=False).values_list("customer_id", "grace_until")
    return found | {key: Standing(snapshot.as_of, until) for key, until in warned.iterator(chunk_size=20_000)}


def _marks(keys: Any, found: Evaluation, members: dict[int, Standing]) -> tuple[Mask, Mask, Mask]:
    """Over the rows of the table: who is a member now, who would be one, and who is warned or leaves."""
    before = np.isin(keys, np.fromiter(members, dtype=np.int64, count=len(members)))
    after = before.copy()
    for decision in found.decisions:
        if decision.row is not None and decision.kind in {JOINED, LEFT}:
            after[decision.row] = decision.kind == JOINED
    at_stake = np.zeros(len(keys), dtype=bool)
    at_stake[found.at_stake] = True
    return before, after, at_stake
