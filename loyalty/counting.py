"""How many customers rules would admit: what stands beside a threshold while it is dragged."""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics.scoring.rules import Condition, evaluate
from loyalty import rules
from segmentation import store
from segmentation.models import Snapshot


@dataclass(frozen=True)
class Count:
    """Customers who meet the entry and the stay rules; with a target segment, how well entry finds it."""

    customers: int
    entering: int
    staying: int
    target_size: int = 0
    in_both: int = 0

    @property
    def share(self) -> float:
        return self.entering / self.customers if self.customers else 0.0

    @property
    def precision(self) -> float | None:
        """Of those whom the rules admit, the share that belongs to the segment."""
        return self.in_both / self.entering if self.entering else None

    @property
    def recall(self) -> float | None:
        """Of the segment, the share whom the rules admit."""
        return self.in_both / self.target_size if self.target_size else None

    @property
    def only_rules(self) -> int:
        return self.entering - self.in_both

    @property
    def only_target(self) -> int:
        return self.target_size - self.in_both


def count_rules(
    snapshot: Snapshot, entry: Sequence[Condition], stay: Sequence[Condition], *, target: int | None = None
) -> Count:
    """Count on these results; an empty rule admits everybody. `target` is a segment."""
    names = rules.columns(entry, stay)
    table = store.read_scores(snapshot, list(dict.fromkeys(["segment_id", *names])))
    customers = len(table["segment_id"])
    inside = evaluate(entry, table) if entry else None
    entering = customers if inside is None else int(inside.sum())
    staying = int(evaluate(stay, table).sum()) if stay else customers
    if target is None:
        return Count(customers, entering, staying)
    is_target = table["segment_id"] == target
    both = is_target if inside is None else is_target & inside
    return Count(customers, entering, staying, int(is_target.sum()), int(both.sum()))
