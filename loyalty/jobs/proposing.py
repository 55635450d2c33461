"""Rules read off a segment, the best one unless said, so that people can understand them."""

from typing import Any

import numpy as np
from django.conf import settings

from analytics.rules import NoRuleError, Proposal, propose
from analytics.scoring.rules import Condition, evaluate, humane, relax
from segmentation import store
from segmentation.models import Segment, Snapshot

RANDOM_STATE = 20_101_201
# What a customer can act on and a clerk can explain; a model's estimate is neither.
OF_VALUE = ("revenue_12m", "orders_12m", "average_order_value")
FEATURES = (*OF_VALUE, "days_since_last_purchase")
SMALLEST_SHARE, FEWEST = 0.01, 5
TOP_SHARE = 0.2

Rules = tuple[list[Condition], list[Condition], dict[str, Any]]


def first_rules(snapshot: Snapshot, segment_id: int | None = None) -> Rules:
    """Entry, stay and their source: from a segment (the best), or the top fifth by revenue where none stands out."""
    table = store.read_scores(snapshot, ["customer_key", "segment_id", "clv_12m", *FEATURES])
    if segment_id is None:
        segment_id = best_segment(table)
    is_target = table["segment_id"] == segment_id
    try:
        found = _proposal(table, is_target)
    except NoRuleError as error:
        return _top_share(table, str(error))
    names = ("precision", "recall", "members", "target_size", "in_both", "only_rule", "only_target", "stay_members")
    source = {
        "kind": "segment",
        "segment": segment_id,
        "name": Segment.objects.get(pk=segment_id).name,
        "stay_factor": found.stay_factor,
        **{name: getattr(found, name) for name in names},
    }
    return found.entry, found.stay, source


def _proposal(table: dict[str, Any], is_target: Any) -> Proposal:
    """The best rule that asks for orders or money: having bought lately alone makes nobody a loyal customer."""
    options: dict[str, Any] = {"currency": settings.REPORTING_CURRENCY, "random_state": RANDOM_STATE}
    found = propose(table, is_target, names=FEATURES, **options)
    if any(condition["feature"] in OF_VALUE for condition in found.entry):
        return found
    return propose(table, is_target, names=OF_VALUE, **options)


def best_segment(table: dict[str, Any]) -> int:
    """The segment with the highest mean expected value (revenue where that is missing) among those not tiny."""
    worth = np.where(np.isfinite(table["clv_12m"]), table["clv_12m"], table["revenue_12m"])
    ids, places = np.unique(table["segment_id"], return_inverse=True)
    sizes = np.bincount(places)
    means = np.bincount(places, weights=worth) / sizes
    smallest = min(max(FEWEST, SMALLEST_SHARE * len(worth)), sizes.max())
    return int(ids[np.argmax(np.where(sizes >= smallest, means, -np.inf))])


def _top_share(table: dict[str, Any], reason: str) -> Rules:
    """A threshold of revenue that the top fifth reaches, as a number that people would have chosen."""
    revenue = np.sort(table["revenue_12m"])[::-1]
    cutoff = float(revenue[max(int(np.ceil(TOP_SHARE * len(revenue))) - 1, 0)])
    # Nobody is admitted for having bought nothing.
    bound = humane(cutoff, -1) if cutoff > 0 else 0.01
    entry = [Condition(feature="revenue_12m", operator=">=", value=bound)]
    stay = relax(entry)
    source = {
        "kind": "top_share",
        "share": TOP_SHARE,
        "reason": reason,
        "members": int(evaluate(entry, table).sum()),
        "stay_members": int(evaluate(stay, table).sum()),
    }
    return entry, stay, source
