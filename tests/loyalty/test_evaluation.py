"""Reviews one after the other, whatever people buy: the book gives the list, and nobody is put out too early."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.scoring import rules as scoring
from analytics.scoring.rules import Condition, RuleError
from loyalty.evaluation import Terms, evaluate
from loyalty.replay import BrokenBook, Standing, Stay, replay, standings
from loyalty.rules import check_rules

START = date(2025, 1, 31)


def at_least(value: float, feature: str = "orders_12m") -> list[Condition]:
    return [Condition(feature=feature, operator=">=", value=value)]


ENTRY, STAY = at_least(6), at_least(4)


@dataclass(frozen=True)
class Event:
    customer_id: int
    kind: str
    effective_on: date
    grace_until: date | None


def table(orders: dict[int, int]) -> dict[str, Any]:
    keys = sorted(orders)
    return {"customer_key": np.array(keys, dtype=np.int64), "orders_12m": np.array([orders[key] for key in keys])}


# One snapshot: orders by customer (those who are missing have no purchase), and the days since the one before.
snapshots = st.lists(
    st.tuples(st.dictionaries(st.integers(1, 6), st.integers(0, 8), max_size=6), st.integers(1, 90)), max_size=12
)


def reviewed(history: list[tuple[dict[int, int], int]], grace_days: int) -> list[Event]:
    events: list[Event] = []
    as_of = START
    for orders, days in history:
        as_of += timedelta(days=days)
        found = evaluate(table(orders), Terms(ENTRY, STAY, as_of, grace_days), standings(events))
        events += [Event(one.customer_key, one.kind, as_of, one.grace_until) for one in found.decisions]
        members = standings(events)
        assert found.members == len(members)
        assert found.warned == sum(standing.grace_until is not None for standing in members.values())
    return events


@settings(max_examples=200, deadline=None)
@given(snapshots, st.integers(0, 60))
def test_nobody_leaves_inside_their_grace(history: list[tuple[dict[int, int], int]], grace_days: int) -> None:
    events = reviewed(history, grace_days)
    by_day = dict(zip(_days(history), (orders for orders, _ in history), strict=True))
    warned: dict[int, date] = {}
    for event in events:
        if event.kind == "warned":
            assert event.grace_until is not None
            warned[event.customer_id] = event.grace_until
        elif event.kind == "left" and event.customer_id in by_day[event.effective_on] and grace_days:
            assert event.effective_on > warned.pop(event.customer_id)
        else:
            warned.pop(event.customer_id, None)


def _days(history: list[tuple[dict[int, int], int]]) -> list[date]:
    days, as_of = [], START
    for _, gap in history:
        as_of += timedelta(days=gap)
        days.append(as_of)
    return days


@settings(max_examples=200, deadline=None)
@given(snapshots, st.integers(0, 60))
def test_a_customer_joins_only_when_entry_holds_and_stays_while_stay_holds(
    history: list[tuple[dict[int, int], int]], grace_days: int
) -> None:
    by_day = dict(zip(_days(history), (orders for orders, _ in history), strict=True))
    for event in reviewed(history, grace_days):
        count = by_day[event.effective_on].get(event.customer_id, -1)
        assert (count >= 6) if event.kind == "joined" else True
        assert (count >= 4) if event.kind == "renewed" else True
        assert (count < 4) if event.kind in {"warned", "left"} else True


@settings(max_examples=100, deadline=None)
@given(snapshots, st.integers(0, 60))
def test_the_same_review_again_decides_nothing(history: list[tuple[dict[int, int], int]], grace_days: int) -> None:
    events = reviewed(history, grace_days)
    if history:
        orders, as_of = history[-1][0], _days(history)[-1]
        assert evaluate(table(orders), Terms(ENTRY, STAY, as_of, grace_days), standings(events)).decisions == []


@settings(max_examples=100, deadline=None)
@given(st.floats(0.1, 1e6), st.floats(0.05, 1), st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20))
def test_whoever_enters_may_stay(bound: float, factor: float, values: list[float]) -> None:
    entry = at_least(bound, "revenue_12m")
    stay = scoring.relax(entry, factor)
    check_rules(entry, stay)
    figures = {"revenue_12m": np.array(values)}
    assert not (scoring.evaluate(entry, figures) & ~scoring.evaluate(stay, figures)).any()


def test_rules_under_which_members_would_leave_at_once_are_refused() -> None:
    with pytest.raises(RuleError, match="no harder than the entry rules"):
        check_rules(at_least(4), at_least(6))


def test_a_rule_on_an_unknown_figure_is_refused() -> None:
    with pytest.raises(RuleError, match="not known"):
        check_rules(at_least(4, "shoe_size"), at_least(4, "shoe_size"))


def test_replay_tells_every_membership_with_its_days() -> None:
    later = START + timedelta(days=40)
    end = START + timedelta(days=90)
    told = replay(
        [
            Event(1, "joined", START, None),
            Event(1, "warned", later, end),
            Event(1, "left", end, None),
            Event(1, "joined", end, None),
        ]
    )
    assert told == [Stay(1, START, end), Stay(1, end)]


def test_a_book_that_contradicts_itself_is_noticed() -> None:
    with pytest.raises(BrokenBook, match="Customer 1"):
        replay([Event(1, "left", START, None)])


def test_a_member_without_any_purchase_on_record_leaves_at_once() -> None:
    found = evaluate(table({2: 1}), Terms(ENTRY, STAY, START, 60), {1: Standing(START)})
    assert [(one.customer_key, one.kind) for one in found.decisions] == [(1, "left")]


def test_results_of_an_earlier_day_never_end_a_membership_before_it_began() -> None:
    told = replay([Event(1, "joined", START, None), Event(1, "left", START - timedelta(days=9), None)])
    assert told == [Stay(1, START, START)]
