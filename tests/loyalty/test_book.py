"""The book and the list: they agree whatever happened, and a change by hand is noticed."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loyalty import invariants
from loyalty.models import Membership, MembershipEvent, Review
from tests.factories import make_rules, reviewed
from tests.loyalty.test_review import JULY, MAY, ORDERS, assert_book_is_right
from tests.loyalty.world import publish_scores

pytestmark = pytest.mark.django_db


def test_an_altered_list_is_noticed() -> None:
    make_rules()
    publish_scores(MAY, ORDERS)
    reviewed()
    Membership.objects.filter(customer=1).update(entered_on=JULY)
    assert not invariants.list_equals_book()[0]


def test_an_altered_book_is_noticed() -> None:
    make_rules()
    publish_scores(MAY, ORDERS)
    reviewed()
    MembershipEvent.objects.filter(customer=1).update(customer=3)
    assert not invariants.decisions_recompute()[0]


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.dictionaries(st.integers(1, 5), st.integers(0, 8), min_size=1, max_size=5), min_size=2, max_size=4),
    st.integers(1, 80),
)
def test_replay_equals_the_list_under_random_results(history: list[dict[int, int]], days: int) -> None:
    MembershipEvent.objects.all().delete()
    Membership.objects.all().delete()
    Review.objects.update(previous=None)
    Review.objects.all().delete()
    make_rules()
    for number, orders in enumerate(history):
        publish_scores(MAY + timedelta(days=days * number), orders)
        reviewed()
        assert_book_is_right()
