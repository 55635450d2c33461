"""Conditions for people: they mean what they say, and staying is never harder than entering."""

import json
import subprocess
import sys
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.scoring.rules import (
    Condition,
    RuleError,
    check,
    describe,
    describe_rule,
    evaluate,
    freeze,
    humane,
    is_easier,
    margins,
    relax,
)

TABLE = {
    "revenue_12m": np.array([100.0, 1200.0, 5000.0, np.nan]),
    "days_since_last_purchase": np.array([10, 400, 90, 5]),
    "country": np.array(["France", "Spain", "France", "Norway"]),
}


def at_least(feature: str, value: float) -> Condition:
    return Condition(feature=feature, operator=">=", value=value)


def at_most(feature: str, value: float) -> Condition:
    return Condition(feature=feature, operator="<=", value=value)


def top(feature: str, share: float) -> Condition:
    return Condition(feature=feature, operator="top_share", value=share)


def test_conditions_are_joined_by_and() -> None:
    rule = [at_least("revenue_12m", 1200), at_most("days_since_last_purchase", 90)]
    assert evaluate(rule, TABLE).tolist() == [False, False, True, False]


def test_bounds_are_inclusive_and_a_missing_value_meets_nothing() -> None:
    assert evaluate([at_least("revenue_12m", 1200)], TABLE).tolist() == [False, True, True, False]
    assert evaluate([at_most("revenue_12m", 1e9)], TABLE).tolist() == [True, True, True, False]


def test_a_top_share_takes_ties_in_and_leaves_missing_values_out() -> None:
    assert evaluate([top("revenue_12m", 0.34)], TABLE).tolist() == [False, True, True, False]
    assert evaluate([top("x", 0.5)], {"x": np.array([1, 2, 2, 2])}).tolist() == [False, True, True, True]
    assert evaluate([top("x", 0.1)], {"x": np.arange(10.0)}).sum() == 1


def test_a_list_matches_its_members() -> None:
    rule = [Condition(feature="country", operator="in", value=["France", "Norway"])]
    assert evaluate(rule, TABLE).tolist() == [True, False, True, True]


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (at_least("revenue_12m", 1200), "revenue in the last 12 months at least 1,200 GBP"),
        (at_most("days_since_last_purchase", 90), "time since the latest purchase at most 90 days"),
        (at_least("orders_12m", 4), "orders in the last 12 months at least 4"),
        (top("clv_12m", 0.1), "among the top 10 % by expected value over the next 12 months"),
        (
            Condition(feature="country", operator="in", value=["France", "Spain"]),
            "country is France or Spain",
        ),
        (at_most("return_rate", 0.125), "share of purchases returned at most 12.5 %"),
    ],
)
def test_conditions_read_as_words_with_units(condition: Condition, words: str) -> None:
    assert describe(condition, "GBP") == words


def test_without_a_currency_money_is_a_plain_number() -> None:
    assert describe(at_least("revenue_12m", 1200)) == "revenue in the last 12 months at least 1,200"


def test_a_rule_reads_as_one_phrase() -> None:
    rule = [at_least("orders_12m", 4), at_most("days_since_last_purchase", 1)]
    expected = "orders in the last 12 months at least 4 and time since the latest purchase at most 1 day"
    assert describe_rule(rule) == expected


def test_margins_tell_what_is_missing_and_what_is_to_spare() -> None:
    rule = [at_least("revenue_12m", 1200), at_most("days_since_last_purchase", 90)]
    first, second = margins(rule, {"revenue_12m": 1000, "days_since_last_purchase": 30})
    assert (first["met"], first["margin"], first["needed"], first["actual"]) == (False, -200, 1200, 1000)
    assert (second["met"], second["margin"]) == (True, 60)


def test_decimals_and_empty_cells_of_the_database_are_understood() -> None:
    table = {"revenue_12m": np.array([Decimal("1200.10"), None, Decimal("5")], dtype=object)}
    rule = [at_least("revenue_12m", 1200)]
    assert evaluate(rule, table).tolist() == [True, False, False]
    (entry,) = margins(rule, {"revenue_12m": Decimal("1200.10")})
    assert json.loads(json.dumps(entry)) == entry
    assert entry["margin"] == pytest.approx(0.1)


def test_margins_of_an_unknown_value_are_not_met() -> None:
    (entry,) = margins([at_least("revenue_12m", 1)], {})
    assert not entry["met"]
    assert entry["margin"] is None


def test_a_top_share_judges_one_customer_once_frozen() -> None:
    rule = [top("revenue_12m", 0.34)]
    with pytest.raises(RuleError, match="cut-off"):
        margins(rule, {"revenue_12m": 1300})
    frozen = freeze(rule, TABLE)
    assert frozen[0]["cutoff"] == 1200
    assert margins(frozen, {"revenue_12m": 1300})[0]["margin"] == 100
    assert evaluate(frozen, TABLE).tolist() == evaluate(rule, TABLE).tolist()
    assert "cutoff" not in rule[0]


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ([], "at least one"),
        ([{"feature": "revenue", "operator": ">="}], "lacks value"),
        ([{"feature": "revenue", "operator": "==", "value": 1}], "not known"),
        ([{"feature": "revenue", "operator": ">=", "value": "many"}], "must be a number"),
        ([{"feature": "revenue", "operator": ">=", "value": float("nan")}], "must be a number"),
        ([{"feature": "revenue", "operator": "top_share", "value": 10}], "100 %"),
        ([{"feature": "country", "operator": "in", "value": "France"}], "list at least one"),
    ],
)
def test_a_bad_rule_is_refused_with_a_sentence(rule: list[Condition], sentence: str) -> None:
    with pytest.raises(RuleError, match=sentence):
        check(rule)


def test_an_unknown_column_is_named() -> None:
    with pytest.raises(RuleError, match="shoe_size"):
        evaluate([at_least("shoe_size", 40)], TABLE)
    with pytest.raises(RuleError, match="shoe_size"):
        check([at_least("shoe_size", 40)], ["revenue"])


@pytest.mark.parametrize(
    ("value", "below", "above"),
    [
        (1234, 1200, 1300),
        (87, 85, 90),
        (5678, 5500, 6000),
        (0.123, 0.12, 0.13),
        (0.3, 0.3, 0.3),
        (0, 0, 0),
        (-87, -90, -85),
    ],
)
def test_humane_numbers_lie_on_either_side(value: float, below: float, above: float) -> None:
    assert (humane(value, -1), humane(value, 1)) == (below, above)


def test_relaxing_counts_and_days_gives_whole_numbers() -> None:
    eased = relax([at_least("orders_12m", 3), at_most("days_since_last_purchase", 90), at_least("orders_12m", 1)])
    assert [condition["value"] for condition in eased] == [2, 120, 1]


numbers = st.one_of(st.integers(-10_000, 10_000), st.floats(-1e6, 1e6, allow_nan=False))
conditions = st.one_of(
    st.builds(at_least, st.sampled_from(["a", "b"]), numbers),
    st.builds(at_most, st.sampled_from(["a", "b"]), numbers),
    st.builds(top, st.sampled_from(["a", "b"]), st.floats(0.001, 1)),
)


@given(
    rule=st.lists(conditions, min_size=1, max_size=4),
    factor=st.floats(0.05, 1),
    a=st.lists(numbers, min_size=8, max_size=8),
    b=st.lists(numbers, min_size=8, max_size=8),
)
def test_whoever_may_enter_may_stay(rule: list[Condition], factor: float, a: list[float], b: list[float]) -> None:
    table = {"a": np.array(a, dtype=float), "b": np.array(b, dtype=float)}
    stay = relax(rule, factor)
    assert is_easier(stay, rule)
    assert not (evaluate(rule, table) & ~evaluate(stay, table)).any()


def test_a_harder_stay_rule_is_seen() -> None:
    assert not is_easier([at_least("a", 2)], [at_least("a", 1)])
    assert not is_easier([at_least("b", 1)], [at_least("a", 1)])
    assert is_easier([at_most("a", 2)], [at_most("a", 1), at_least("b", 3)])


def test_a_frozen_rule_is_not_relaxed() -> None:
    with pytest.raises(RuleError, match="first"):
        relax(freeze([top("revenue_12m", 0.1)], TABLE))


def test_a_rule_survives_json() -> None:
    rule = freeze([top("revenue_12m", 0.34), at_most("days_since_last_purchase", 90)], TABLE)
    assert json.loads(json.dumps(rule)) == rule


def test_the_light_half_loads_nothing_heavy() -> None:
    program = (
        "import sys, analytics.scoring.rules, analytics.scoring.segments, analytics.scoring.outliers\n"
        "heavy = {'pandas', 'scipy', 'sklearn', 'statsmodels'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
