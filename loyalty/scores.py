"""What the programme reads of a snapshot's stored scores: figures as arrays, money exact."""

from collections.abc import Sequence
from decimal import Decimal
from hashlib import sha256
from typing import Any

from analytics.scoring import rules as scoring
from analytics.scoring.rules import Condition
from loyalty import rules
from loyalty.evaluation import RANKED_BY, Terms
from loyalty.models import RuleVersion
from segmentation import store
from segmentation.models import Snapshot

Table = dict[str, Any]


def read_table(snapshot: Snapshot, version: RuleVersion, *more: str) -> Table:
    """`customer_key`, ascending, and every figure that the rules and a cap need, as arrays of equal length."""
    names = dict.fromkeys(["customer_key", RANKED_BY, *rules.columns(version.entry, version.stay), *more])
    return store.read_scores(snapshot, list(names))


def terms_of(
    version: RuleVersion, snapshot: Snapshot, table: Table, *, grace_days: int, most_members: int | None = None
) -> Terms:
    """The rules with their top shares turned into the numbers that they mean on this snapshot."""
    return Terms(
        entry=scoring.freeze(version.entry, table),
        stay=scoring.freeze(version.stay, table),
        as_of=snapshot.as_of,
        grace_days=grace_days,
        most_members=most_members,
    )


def money_of(snapshot: Snapshot, keys: Sequence[int], column: str = "revenue_12m") -> Decimal:
    """The exact sum of a money column over these customers."""
    if column not in {"revenue_12m", "revenue", "gross_revenue", "returned_value"}:
        raise ValueError(column)
    with store.connection(snapshot) as connection:
        row = connection.execute(
            f"SELECT coalesce(sum({column}), 0) FROM scores WHERE customer_key IN (SELECT unnest(?::BIGINT[]))",
            [list(keys)],
        ).fetchone()
    return Decimal(row[0]) if row else Decimal(0)


def frozen(rule: Sequence[Condition], snapshot: Snapshot) -> list[Condition]:
    """The rule with each top share as a number; reads the stored scores only when it has one."""
    if not any(condition["operator"] == "top_share" for condition in rule):
        return list(rule)
    return scoring.freeze(rule, store.read_scores(snapshot, rules.columns(rule)))


def holds(rule: Sequence[Condition], table: Table) -> Any:
    """Which rows meet the rule, whose top shares are frozen."""
    return scoring.evaluate(rule, table)


def model_version(snapshot: Snapshot) -> str:
    """A digest of the fitted models behind these results; empty where there are none."""
    found = sorted(snapshot.artifacts.values_list("kind", "checksum"))
    return sha256(repr(found).encode()).hexdigest()[:16] if found else ""
