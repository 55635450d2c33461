"""Reviews under a cap, with pins and controls: whatever people buy, each promise holds and the book gives the list."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyalty.evaluation import CAP, PIN, Decision, Exceptions, Terms, evaluate
from loyalty.replay import Standing, standings, standings_on
from tests.loyalty.test_evaluation import ENTRY, START, STAY, Event

pytestmark = pytest.mark.any_world

PEOPLE = st.integers(1, 8)


@dataclass(frozen=True)
class Day:
    """What one review meets: orders by customer, days since the one before, the cap, and the exceptions."""

    orders: dict[int, int]
    gap: int
    most: int | None
    pinned_in: set[int] = field(default_factory=set)
    pinned_out: set[int] = field(default_factory=set)
    controls: set[int] = field(default_factory=set)

    @property
    def exceptions(self) -> Exceptions:
        return Exceptions(
            frozenset(self.pinned_in - self.pinned_out), frozenset(self.pinned_out), frozenset(self.controls)
        )


few = st.sets(PEOPLE, max_size=2)
days = st.builds(
    Day,
    st.dictionaries(PEOPLE, st.integers(0, 8), max_size=8),
    st.integers(1, 90),
    st.none() | st.integers(0, 5),
    few,
    few,
    few,
)
histories = st.lists(days, min_size=1, max_size=8)


def table(orders: dict[int, int]) -> dict[str, Any]:
    """More orders do not mean more money: the key turns the order of the two around."""
    keys = sorted(orders)
    return {
        "customer_key": np.array(keys, dtype=np.int64),
        "orders_12m": np.array([orders[key] for key in keys], dtype=np.int64),
        "revenue_12m": np.array([(orders[key] * 7 + key * 3) % 5 for key in keys], dtype=float),
    }


@dataclass
class Reviewed:
    day: Day
    as_of: date
    before: dict[int, Standing]
    after: dict[int, Standing]
    decided: dict[int, Decision]


def lived(history: list[Day], grace_days: int) -> tuple[list[Event], list[Reviewed]]:
    events: list[Event] = []
    told: list[Reviewed] = []
    as_of = START
    for day in history:
        as_of += timedelta(days=day.gap)
        before = standings(events)
        found = evaluate(table(day.orders), Terms(ENTRY, STAY, as_of, grace_days, day.most), before, day.exceptions)
        events += [Event(one.customer_key, one.kind, as_of, one.grace_until) for one in found.decisions]
        after = standings(events)
        assert found.members == len(after)
        assert found.warned == sum(standing.grace_until is not None for standing in after.values())
        told.append(Reviewed(day, as_of, before, after, {one.customer_key: one for one in found.decisions}))
    return events, told


@settings(max_examples=150, deadline=None)
@given(histories, st.integers(0, 60))
def test_replay_equals_the_list_on_every_day(history: list[Day], grace_days: int) -> None:
    events, told = lived(history, grace_days)
    for review in told:
        assert standings_on(events, review.as_of) == review.after
        assert standings_on(events, review.as_of - timedelta(days=1)) == review.before


@settings(max_examples=150, deadline=None)
@given(histories, st.integers(1, 60))
def test_nobody_leaves_inside_the_grace_but_by_a_persons_word(history: list[Day], grace_days: int) -> None:
    for review in lived(history, grace_days)[1]:
        for key, decision in review.decided.items():
            if decision.kind == "left" and decision.cause != PIN and key in review.day.orders:
                until = review.before[key].grace_until
                assert until is not None
                assert until < review.as_of


@settings(max_examples=200, deadline=None)
@given(histories, st.integers(0, 60))
def test_the_cap_admits_nobody_beyond_it_and_takes_the_best(history: list[Day], grace_days: int) -> None:
    for review in lived(history, grace_days)[1]:
        joined = {key for key, one in review.decided.items() if one.kind == "joined"}
        by_rule = joined - review.day.exceptions.pinned_in
        if review.day.most is not None and by_rule:
            assert len(review.after) <= review.day.most
        figures = table(review.day.orders)
        worth = dict(zip(figures["customer_key"].tolist(), figures["revenue_12m"].tolist(), strict=True))
        exceptions = review.day.exceptions
        barred = exceptions.pinned_out | exceptions.controls | review.before.keys() | exceptions.pinned_in
        asking = [key for key, count in review.day.orders.items() if count >= 6 and key not in barred]
        assert by_rule == set(sorted(asking, key=lambda key: (-worth[key], key))[: len(by_rule)])
        if review.day.most is None:
            assert by_rule == set(asking)


@settings(max_examples=150, deadline=None)
@given(histories)
def test_without_grace_the_list_never_exceeds_the_cap_but_by_pins(history: list[Day]) -> None:
    for review in lived(history, 0)[1]:
        if review.day.most is not None:
            assert len(review.after) <= max(review.day.most, len(review.day.exceptions.pinned_in))


@settings(max_examples=200, deadline=None)
@given(histories, st.integers(0, 60))
def test_pins_are_kept_and_controls_never_join(history: list[Day], grace_days: int) -> None:
    for review in lived(history, grace_days)[1]:
        exceptions = review.day.exceptions
        assert not exceptions.pinned_out & review.after.keys()
        inside = exceptions.pinned_in - (exceptions.controls - review.before.keys())
        assert inside <= review.after.keys()
        assert all(review.after[key].grace_until is None for key in inside)
        joined = {key for key, one in review.decided.items() if one.kind == "joined"}
        assert not joined & exceptions.controls


@settings(max_examples=100, deadline=None)
@given(histories, st.integers(0, 60))
def test_the_same_review_again_decides_nothing(history: list[Day], grace_days: int) -> None:
    events, told = lived(history, grace_days)
    last = told[-1].day
    terms = Terms(ENTRY, STAY, told[-1].as_of, grace_days, last.most)
    again = evaluate(table(last.orders), terms, standings(events), last.exceptions)
    assert again.decisions == []


def test_a_smaller_cap_warns_the_members_with_the_least_revenue_first() -> None:
    figures = table({1: 8, 2: 8, 3: 8})
    figures["revenue_12m"] = np.array([50.0, 900.0, 50.0])
    present = {key: Standing(START) for key in (1, 2, 3)}
    found = evaluate(figures, Terms(ENTRY, STAY, START, 30, 2), present)
    assert [(one.customer_key, one.kind, one.cause, one.place) for one in found.decisions] == [(3, "warned", CAP, 3)]
    assert found.is_eligible.all()


def test_who_is_held_back_or_finds_no_place_is_still_eligible() -> None:
    found = evaluate(
        table({1: 8, 2: 8, 3: 8}), Terms(ENTRY, STAY, START, 30, 1), {}, Exceptions(controls=frozenset({2}))
    )
    assert (found.joined, found.held_back, found.without_place) == (1, 1, 1)
    assert found.is_eligible.tolist() == [True, True, True]


def test_nobody_is_pinned_both_ways() -> None:
    with pytest.raises(ValueError, match="in and out at once"):
        Exceptions(frozenset({1}), frozenset({1}))
