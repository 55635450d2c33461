"""The one list of kinds and fields, and that what repeats its names says the same."""

import pytest

from crm.fields import DATE_FORMATS, KINDS, Kind
from crm.intake import values


def test_the_date_formats_offered_are_those_that_can_be_read() -> None:
    assert list(values.DATE_FORMATS) == list(DATE_FORMATS)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_kind_asks_only_for_fields_that_it_has(kind: Kind) -> None:
    assert len(set(kind.names)) == len(kind.names)
    assert {name for requirement in kind.required for name in requirement.fields} <= set(kind.names)
    assert not kind.time or kind.field(kind.time).type == "time"


def test_an_amount_or_quantity_and_price_is_enough() -> None:
    kind = KINDS["transactions"]
    assert not list(kind.missing({"ordered_at", "amount"}))
    assert not list(kind.missing({"ordered_at", "quantity", "unit_price"}))
    (missing,) = kind.missing({"ordered_at", "quantity"})
    assert missing.fields == ("amount", "quantity", "unit_price")


def test_a_session_or_a_visitor_is_enough() -> None:
    kind = KINDS["events"]
    assert not list(kind.missing({"occurred_at", "session_id"}))
    assert not list(kind.missing({"occurred_at", "user_id"}))
    assert [requirement.fields for requirement in kind.missing({"user_id"})] == [("occurred_at",)]
