"""Ids get their keys whether there are few of them or more than are asked for one by one, and nobody gets two."""

from typing import Any

import duckdb
import pytest
from django.utils import timezone

from crm.intake.columns import Columns
from crm.intake.dialect import Dialect
from crm.intake.kinds import SPECS, Shop
from crm.jobs import customer_keys
from crm.jobs.customer_keys import make_keys
from crm.models import Customer

pytestmark = [pytest.mark.django_db, pytest.mark.any_world]
NOW = timezone.now()


@pytest.fixture(params=[3, 50_000], ids=["many", "few"])
def limits(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(customer_keys, "MANY", request.param)
    monkeypatch.setattr(customer_keys, "BATCH", 4)
    monkeypatch.setattr(customer_keys, "READ", 5)


def keyed(*ids: str | None) -> tuple[int, list[tuple[str, int]]]:
    """How many are new, and the table of keys by name."""
    columns = Columns(Dialect(",", True, 1, ["customer_id"], []), {"customer_id": "customer_id"}, {}, "UTC")
    connection = duckdb.connect()
    connection.execute("CREATE TABLE cleaned (customer VARCHAR, order_id VARCHAR, reason VARCHAR)")
    connection.executemany("INSERT INTO cleaned VALUES (?, 'A1', NULL)", [[name] for name in ids])
    made = make_keys(connection, SPECS["transactions"](columns, Shop("UTC", "GBP")), now=NOW)
    rows = connection.execute("SELECT person, customer_key FROM keys ORDER BY person").fetchall()
    return made, rows


def expected(*names: str) -> list[tuple[str, int]]:
    return [(name, Customer.objects.get(external_id=name).pk) for name in sorted(names)]


@pytest.mark.usefixtures("limits")
def test_new_and_known_ids_get_one_key_each() -> None:
    known = [f"k{n}" for n in range(7)]
    assert keyed(*known) == (7, expected(*known))
    fresh = [f"n{n:02d}" for n in range(11)]
    made, rows = keyed(*known[:5], *fresh, *fresh, None)
    assert (made, rows) == (11, expected(*known[:5], *fresh))
    assert Customer.objects.count() == 18


@pytest.mark.usefixtures("limits")
def test_ids_that_end_in_point_zero_are_those_of_before() -> None:
    keyed("1", "2")
    made, rows = keyed("1.0", "2.0", "3.0")
    assert made == 1
    assert [(name, key) for name, key in rows] == [
        (f"{n}.0", Customer.objects.get(external_id=str(n)).pk) for n in (1, 2, 3)
    ]


@pytest.mark.usefixtures("limits")
def test_ids_that_somebody_else_makes_meanwhile_are_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"c{n}" for n in range(9)]
    insert = customer_keys._insert

    def after_another(*arguments: Any) -> None:
        Customer.objects.create(external_id="c4", search_key="c4", created_at=NOW)
        Customer.objects.create(external_id="else", search_key="else", created_at=NOW)
        insert(*arguments)

    monkeypatch.setattr(customer_keys, "_insert", after_another)
    assert keyed(*names)[1] == expected(*names)
    assert Customer.objects.filter(external_id="c4").count() == 1
