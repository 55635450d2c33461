"""Conditions that a person can read: checked, evaluated, explained and relaxed in numpy and plain Python.

A rule is a list of conditions joined by "and". A condition is plain data:
`{"feature": "revenue_12m", "operator": ">=", "value": 1200}`. Operators: ">=", "<=", "top_share" (value is a
share of the table, 0 to 1; ties at the cut-off are all in) and "in" (value is a list of texts).
"""

from collections.abc import Mapping, Sequence
from math import ceil, floor, isfinite, log10
from typing import Any, NotRequired, TypedDict

import numpy as np
from numpy.typing import NDArray

from analytics.scoring.features import feature, format_value

OPERATORS = (">=", "<=", "top_share", "in")
Mask = NDArray[np.bool_]


class Condition(TypedDict):
    """`cutoff` is present once `freeze` has turned a share into the number that it meant on one table."""

    feature: str
    operator: str
    value: Any
    cutoff: NotRequired[float]


class Margin(TypedDict):
    """How one row stands to one condition; `margin` > 0 is room to spare, < 0 is what is missing, None for
    "in"."""

    feature: str
    operator: str
    needed: Any
    actual: Any
    margin: float | None
    met: bool
    text: str


Rule = Sequence[Condition]


class RuleError(ValueError):
    """The rule cannot be used; the message says what to change."""


def check(rule: Rule, features: Sequence[str] | None = None) -> None:
    """Raise RuleError for a rule that is empty, malformed, or names a column outside `features`."""
    if not rule:
        raise RuleError("The rule has no condition: add at least one.")
    for condition in rule:
        _check_condition(condition)
        if features is not None and condition["feature"] not in features:
            raise RuleError(f"The feature “{condition['feature']}” is not known: choose one of {', '.join(features)}.")


def _check_condition(condition: Condition) -> None:
    missing = {"feature", "operator", "value"} - set(condition)
    if missing:
        raise RuleError(f"A condition lacks {', '.join(sorted(missing))}.")
    operator, value = condition["operator"], condition["value"]
    if not isinstance(condition["feature"], str):
        raise RuleError("The feature of a condition must be the name of a figure.")
    if operator not in OPERATORS:
        raise RuleError(f"The comparison “{operator}” is not known: use one of {', '.join(OPERATORS)}.")
    if operator == "in":
        if isinstance(value, str) or not isinstance(value, Sequence) or not value:
            raise RuleError(f"{feature(condition['feature']).label}: list at least one value.")
        return
    if not _is_number(value):
        raise RuleError(f"{feature(condition['feature']).label}: the value must be a number.")
    if operator == "top_share" and not 0 < value <= 1:
        raise RuleError(f"{feature(condition['feature']).label}: the top share must be above 0 and at most 100 %.")


def _is_number(value: Any) -> bool:
    """Whether it is a finite number that a float can hold; a whole number of the language may be larger."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return isfinite(value)
    except OverflowError:
        return False


def evaluate(rule: Rule, table: Mapping[str, Any]) -> Mask:
    """Which rows of `table` (columns of equal length n) meet every condition; shape (n,). A missing value
    never does.

    Raises RuleError for a malformed rule or a column that the table lacks.
    """
    check(rule)
    masks = [_condition_mask(condition, _column(table, condition["feature"])) for condition in rule]
    result: Mask = np.logical_and.reduce(masks)
    return result


def _column(table: Mapping[str, Any], name: str) -> NDArray[Any]:
    try:
        return np.asarray(table[name])
    except KeyError:
        raise RuleError(f"The feature “{name}” is not among the customer figures.") from None


def _condition_mask(condition: Condition, column: NDArray[Any]) -> Mask:
    if condition["operator"] == "in":
        return _among(column, condition["value"])
    numbers = column.astype(float)
    if condition["operator"] == "<=":
        return np.asarray(numbers <= condition["value"])
    return np.asarray(numbers >= _lower_bound(condition, numbers))


def _among(column: NDArray[Any], values: Sequence[Any]) -> Mask:
    """Which rows hold one of the values, as text; a column of whole numbers may have come as floats."""
    wanted = {str(value) for value in values}
    if column.dtype.kind in "iuf":
        numbers = [float(value) for value in wanted if value.removeprefix("-").isdecimal()]
        return np.asarray(np.isin(column.astype(float), numbers))
    return np.fromiter((_text(value) in wanted for value in column), dtype=bool, count=len(column))


def _text(value: Any) -> str:
    """3.0 is the third segment, too."""
    is_whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if is_whole else str(value)


def _lower_bound(condition: Condition, numbers: NDArray[np.float64]) -> float:
    if condition["operator"] == ">=":
        return float(condition["value"])
    if "cutoff" in condition:
        return float(condition["cutoff"])
    known = numbers[~np.isnan(numbers)]
    if not known.size:
        return float("inf")
    place = known.size - max(ceil(round(condition["value"] * known.size, 9)), 1)
    return float(np.partition(known, place)[place])


def freeze(rule: Rule, table: Mapping[str, Any]) -> list[Condition]:
    """The same rule with the cut-off of each top share on `table` written in, so that one row alone can be
    judged."""
    check(rule)
    frozen = [condition.copy() for condition in rule]
    for condition in frozen:
        if condition["operator"] == "top_share":
            condition["cutoff"] = _lower_bound(condition, _column(table, condition["feature"]).astype(float))
    return frozen


def margins(rule: Rule, row: Mapping[str, Any], currency: str = "") -> list[Margin]:
    """One entry per condition for one customer's `row` (feature to value); top shares must be frozen
    first."""
    check(rule)
    return [_margin(condition, row.get(condition["feature"]), currency) for condition in rule]


def _margin(condition: Condition, actual: Any, currency: str) -> Margin:
    operator = condition["operator"]
    needed = _needed(condition)
    margin: float | None = None
    if operator == "in":
        met = actual is not None and _text(actual) in [str(value) for value in needed]
    elif actual is None or np.isnan(float(actual)):
        met = False
    else:
        actual = float(actual)  # a row from the database brings decimals, which JSON does not know
        margin = float(needed) - actual if operator == "<=" else actual - float(needed)
        met = margin >= 0
    return Margin(
        feature=condition["feature"],
        operator=operator,
        needed=needed,
        actual=actual,
        margin=margin,
        met=bool(met),
        text=describe(condition, currency),
    )


def _needed(condition: Condition) -> Any:
    if condition["operator"] != "top_share":
        return condition["value"]
    if "cutoff" not in condition:
        raise RuleError(
            f"{describe(condition)}: judge one customer only after the cut-off has been taken from the base."
        )
    return condition["cutoff"]


def describe(condition: Condition, currency: str = "") -> str:
    """The condition in words with units, such as "revenue in the last 12 months at least 1,200"."""
    name, operator, value = condition["feature"], condition["operator"], condition["value"]
    label = feature(name).label
    if operator == "in":
        return f"{label} is {' or '.join(str(item) for item in value)}"
    if operator == "top_share":
        cutoff = condition.get("cutoff")
        tail = "" if cutoff is None else f" (at least {format_value(name, cutoff, currency)})"
        return f"among the top {format_value('p_alive', value)} by {label}{tail}"
    return f"{label} {'at least' if operator == '>=' else 'at most'} {format_value(name, value, currency)}"


def describe_rule(rule: Rule, currency: str = "") -> str:
    """All conditions of the rule in one phrase, joined by "and"."""
    return " and ".join(describe(condition, currency) for condition in rule)


def relax(rule: Rule, factor: float = 0.8) -> list[Condition]:
    """An easier rule: whoever meets `rule` on a table meets the result on the same table.

    Lower bounds are multiplied by `factor` (0 < factor <= 1), upper bounds and top shares divided by it; the
    result is rounded outwards to a number that reads well. Lists stay as they are. Raises RuleError for a
    frozen rule.
    """
    check(rule)
    if not 0 < factor <= 1:
        raise RuleError("The relief must be above 0 and at most 1.")
    if any("cutoff" in condition for condition in rule):
        raise RuleError("Relax the rule first, then take its cut-offs from the base.")
    return [_relax_condition(condition, factor) for condition in rule]


def _relax_condition(condition: Condition, factor: float) -> Condition:
    easier = condition.copy()
    operator, value = condition["operator"], condition["value"]
    if operator == "top_share":
        easier["value"] = min(1.0, max(round(value / factor, 4), value))
    elif operator == ">=":
        easier["value"] = min(value, _easier_bound(value, value * factor if value > 0 else value / factor, -1))
    elif operator == "<=":
        easier["value"] = max(value, _easier_bound(value, value / factor if value > 0 else value * factor, 1))
    return easier


def _easier_bound(value: float, relaxed: float, direction: int) -> float:
    rounded = humane(relaxed, direction)
    if not float(value).is_integer():
        return rounded
    whole = (floor if direction < 0 else ceil)(rounded)
    # "At least 0 orders" would be no condition at all.
    return max(whole, 1) if value >= 1 else whole


def humane(value: float, direction: int) -> float:
    """The next number below (`direction` < 0) or above that people would have chosen: two leading digits, the
    second one 0 or 5 when the first is at least 5 (1,234 gives 1,200 or 1,300; 87 gives 85 or 90)."""
    if value == 0 or not np.isfinite(value):
        return value
    exponent = floor(log10(abs(value)))
    steps_a_decade = 2 if abs(value) / 10.0**exponent >= 5 else 10
    unit = 10.0**exponent / steps_a_decade
    # The quotient is rounded first: 0.3 / 0.01 must not become 29 steps.
    steps = (floor if direction < 0 else ceil)(round(value / unit, 9))
    rounded = round(steps * unit, max(0, 2 - exponent))
    return int(rounded) if float(rounded).is_integer() else rounded


def is_easier(stay: Rule, entry: Rule) -> bool:
    """Whether meeting `entry` implies meeting `stay`, condition by condition, whatever the table."""
    check(stay)
    check(entry)
    return all(any(_implies(have, want) for have in entry) for want in stay)


def _implies(have: Condition, want: Condition) -> bool:
    if (have["feature"], have["operator"]) != (want["feature"], want["operator"]):
        return False
    if want["operator"] == "in":
        return {str(value) for value in have["value"]} <= {str(value) for value in want["value"]}
    if want["operator"] == ">=":
        return bool(have["value"] >= want["value"])
    return bool(have["value"] <= want["value"])
