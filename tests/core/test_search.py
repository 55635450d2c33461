"""Search by prefix finds what begins so, and nothing else, through the index."""

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from core.search import _next_text, starts_with
from crm.models import Customer
from tests.factories import make_customer

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=6)


class TestPrefix(TestCase):
    @given(st.lists(TEXTS, max_size=6, unique=True), TEXTS)
    def test_it_finds_exactly_what_begins_so(self, names: list[str], prefix: str) -> None:
        for number, name in enumerate([*names, f"{prefix}x"]):
            Customer.objects.create(external_id=f"{number}", search_key=name, created_at="2025-01-01T00:00Z")
        found = set(Customer.objects.filter(starts_with("search_key", prefix)).values_list("search_key", flat=True))
        assert found == {name for name in [*names, f"{prefix}x"] if name.startswith(prefix)}


def test_the_end_of_the_range_steps_over_what_no_text_holds() -> None:
    assert _next_text("ab") == "ac"
    assert _next_text("a" + chr(0xD7FF)) == "a" + chr(0xE000)
    assert _next_text("a" + chr(0x10FFFF)) == "b"
    assert _next_text(chr(0x10FFFF)) == ""


@pytest.mark.django_db
@pytest.mark.parametrize("prefix", ["50%", "a_", "a\\"])
def test_signs_that_mean_something_to_like_are_only_signs(prefix: str) -> None:
    make_customer(f"{prefix}1")
    make_customer("50 and more")
    make_customer("abc")
    found = Customer.objects.filter(starts_with("search_key", prefix))
    assert [customer.external_id for customer in found] == [f"{prefix}1"]


@pytest.mark.django_db
def test_on_sqlite_the_index_is_used() -> None:
    if connection.vendor == "postgresql":
        pytest.skip("PostgreSQL plans small tables without their indexes")
    plan = Customer.objects.filter(starts_with("search_key", "ab")).order_by("search_key").explain()
    assert "search_key>? AND search_key<?" in plan
