"""Finding a rule that people can read for a group that a model found: shallow trees turned into one conjunction."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.tree import DecisionTreeClassifier

from analytics.scoring.features import feature
from analytics.scoring.rules import Condition, Mask, describe_rule, evaluate, humane, relax

RULE_FEATURES = (
    "revenue_12m",
    "orders_12m",
    "days_since_last_purchase",
    "average_order_value",
    "clv_12m",
)
MOST_CONDITIONS = 3
TREE_ROWS = 100_000
STAY_FACTOR = 0.8
FEWEST_IN_LEAF = 5
PRICE_OF_A_CONDITION = 0.01  # F1 that one more condition must bring to be worth reading


class NoRuleError(ValueError):
    """No rule can be proposed; the message says why."""


@dataclass(frozen=True)
class Proposal:
    """A rule for entry, an easier one for staying, and how well entry meets the target group on the given base.

    `precision`: share of the rule's customers who are in the target; `recall`: share of the target whom the rule finds.
    `in_both`, `only_rule` and `only_target` count customers on either side; `stay_members` those who meet `stay`.
    """

    entry: list[Condition]
    stay: list[Condition]
    stay_factor: float
    precision: float
    recall: float
    members: int
    target_size: int
    in_both: int
    only_rule: int
    only_target: int
    stay_members: int
    text: str


def propose(
    features: Mapping[str, Any],
    is_target: ArrayLike,
    *,
    names: Sequence[str] = RULE_FEATURES,
    most_conditions: int = MOST_CONDITIONS,
    stay_factor: float = STAY_FACTOR,
    currency: str = "",
    random_state: int,
) -> Proposal:
    """The conjunction over `names` (columns of `features`, each of length n) that best finds `is_target` (n,) by F1.

    Trees of depth 1 to `most_conditions` are fitted (Breiman et al. 1984); the path to each leaf becomes a rule, bounds
    against a feature's good direction are dropped (nobody is refused for spending too much), and thresholds are rounded
    to numbers that people would have chosen. Of rules that do about equally well the shorter one wins. Meeting `entry`
    always implies meeting `stay`, whose bounds are relaxed by `stay_factor`. Raises NoRuleError when the target is
    empty or everyone, or no figure tells it apart.
    """
    target = np.asarray(is_target, dtype=bool)
    if not target.any() or target.all():
        raise NoRuleError("There is nobody to tell apart: the target group must hold some customers, but not all.")
    table = {name: np.asarray(features[name], dtype=float) for name in names}
    rules = list(_candidates(table, target, names, most_conditions, random_state))
    if not rules:
        raise NoRuleError("No figure tells the target group from the rest: choose another group or other figures.")
    best = max(rules, key=lambda rule: (round(_worth(rule, table, target), 4), -len(rule)))
    return _measured(best, relax(best, stay_factor), table, target, stay_factor, currency)


def _candidates(
    table: Mapping[str, NDArray[np.float64]], target: Mask, names: Sequence[str], most: int, random_state: int
) -> Iterator[list[Condition]]:
    matrix = np.column_stack([table[name] for name in names])
    rows = _tree_rows(len(target), random_state)
    for depth in range(1, most + 1):
        tree = DecisionTreeClassifier(
            max_depth=depth, min_samples_leaf=FEWEST_IN_LEAF, class_weight="balanced", random_state=random_state
        )
        if target[rows].any() and not target[rows].all():
            for bounds in _paths(tree.fit(matrix[rows], target[rows]).tree_, names):
                yield from _humane_rules(bounds, table, target)


def _tree_rows(size: int, random_state: int) -> NDArray[np.int64]:
    if size <= TREE_ROWS:
        return np.arange(size)
    return np.sort(np.random.default_rng(random_state).choice(size, size=TREE_ROWS, replace=False))


Bounds = dict[tuple[str, str], float]


def _paths(tree: Any, names: Sequence[str]) -> Iterator[Bounds]:
    """The bounds on the way to each leaf, the tightest of each kind; only those in the feature's good direction."""
    waiting: list[tuple[int, Bounds]] = [(0, {})]
    while waiting:
        node, bounds = waiting.pop()
        if tree.children_left[node] < 0:
            if bounds:
                yield bounds
            continue
        name, threshold = names[tree.feature[node]], float(tree.threshold[node])
        waiting.append((int(tree.children_left[node]), _tightened(bounds, name, "<=", threshold)))
        waiting.append((int(tree.children_right[node]), _tightened(bounds, name, ">=", threshold)))


def _tightened(bounds: Bounds, name: str, operator: str, threshold: float) -> Bounds:
    good = feature(name).good
    if (good > 0 and operator == "<=") or (good < 0 and operator == ">="):
        return bounds
    before = bounds.get((name, operator), threshold)
    tighter = max if operator == ">=" else min
    return {**bounds, (name, operator): tighter(before, threshold)}


def _humane_rules(bounds: Bounds, table: Mapping[str, NDArray[np.float64]], target: Mask) -> Iterator[list[Condition]]:
    """The path with its thresholds rounded one by one to the better of the two humane numbers around them."""
    rule = [Condition(feature=name, operator=operator, value=value) for (name, operator), value in bounds.items()]
    for place, condition in enumerate(rule):
        values = _roundings(condition, table[condition["feature"]])
        options = [[*rule[:place], _with_value(condition, value), *rule[place + 1 :]] for value in values]
        rule = max(options, key=lambda option: _worth(option, table, target))
    yield rule


def _with_value(condition: Condition, value: float) -> Condition:
    return Condition(feature=condition["feature"], operator=condition["operator"], value=value)


def _roundings(condition: Condition, values: NDArray[np.float64]) -> list[float]:
    threshold = condition["value"]
    known = values[np.isfinite(values)]
    if np.array_equal(known, np.round(known)) and abs(threshold) < 100:
        # A tree splits whole numbers half way: "more than 3.5 orders" is "at least 4".
        return [int(np.ceil(threshold) if condition["operator"] == ">=" else np.floor(threshold))]
    return sorted({humane(threshold, -1), humane(threshold, 1)})


def _worth(rule: Sequence[Condition], table: Mapping[str, Any], target: Mask) -> float:
    """F1 of the rule against the target, less a small price for each condition."""
    inside = evaluate(rule, table)
    found = int((inside & target).sum())
    return 2 * found / int(inside.sum() + target.sum()) - PRICE_OF_A_CONDITION * len(rule)


def _measured(
    entry: list[Condition],
    stay: list[Condition],
    table: Mapping[str, Any],
    target: Mask,
    stay_factor: float,
    currency: str,
) -> Proposal:
    inside = evaluate(entry, table)
    both = int((inside & target).sum())
    return Proposal(
        entry=entry,
        stay=stay,
        stay_factor=stay_factor,
        precision=both / max(int(inside.sum()), 1),
        recall=both / int(target.sum()),
        members=int(inside.sum()),
        target_size=int(target.sum()),
        in_both=both,
        only_rule=int(inside.sum()) - both,
        only_target=int(target.sum()) - both,
        stay_members=int(evaluate(stay, table).sum()),
        text=describe_rule(entry, currency),
    )
