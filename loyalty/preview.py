"""What rules would do, counted without writing anything: for the dry run, the rules page and the API."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from analytics.scoring.rules import Condition
from loyalty import scores
from loyalty.evaluation import evaluate
from loyalty.models import Programme, RuleVersion
from loyalty.selectors.reviews import current_standings
from segmentation.models import Snapshot


@dataclass(frozen=True)
class Preview:
    """Figures in people and in money; revenue is that of the 12 months before `as_of`."""

    snapshot: int
    joined: int
    left: int
    kept: int
    warned: int
    members: int
    customers: int
    eligible: int
    revenue_at_stake: Decimal
    revenue: Decimal
    members_before: int
    revenue_before: Decimal
    revenue_all: Decimal


def preview_rules(
    *, programme: Programme, snapshot: Snapshot, entry: Sequence[Condition], stay: Sequence[Condition], grace_days: int
) -> Preview:
    """Compare these rules with the results and today's list."""
    version = RuleVersion(programme=programme, entry=list(entry), stay=list(stay))
    table = scores.read_table(snapshot, version)
    members = current_standings(programme)
    found = evaluate(table, scores.terms_of(version, snapshot, table, grace_days=grace_days), members)
    keys = table["customer_key"]
    return Preview(
        snapshot=snapshot.pk,
        joined=found.joined,
        left=found.left,
        kept=found.kept,
        warned=found.warned,
        members=found.members,
        customers=len(keys),
        eligible=int(found.is_eligible.sum()),
        revenue_at_stake=scores.money_of(snapshot, [int(keys[row]) for row in found.at_stake]),
        revenue=scores.money_of(snapshot, keys[found.is_eligible].tolist()),
        members_before=len(members),
        revenue_before=scores.money_of(snapshot, list(members)),
        revenue_all=scores.money_of(snapshot, keys.tolist()),
    )
