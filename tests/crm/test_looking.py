"""Look-ups share one engine of a process: nobody sees another's views, and an error leaves a new one."""

import threading
from collections.abc import Iterator
from datetime import date

import duckdb
import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from crm import ledger
from crm.ledger.reading import _engine, looking
from crm.selectors import current_version
from tests.analytics.ledger import Line
from tests.factories import make_ledger


@pytest.fixture(autouse=True)
def own_engine() -> Iterator[None]:
    _engine.forget()
    yield
    _engine.forget()


def test_two_who_look_at_once_see_their_own_views() -> None:
    found: dict[int, int] = {}
    both = threading.Barrier(2)

    def look(number: int) -> None:
        with looking() as connection:
            connection.execute(f"CREATE TEMP VIEW lines AS SELECT {number} AS number")
            both.wait(timeout=20)
            found[number] = (connection.execute("SELECT number FROM lines").fetchone() or (0,))[0]

    people = [threading.Thread(target=look, args=(number,)) for number in (1, 2)]
    for person in people:
        person.start()
    for person in people:
        person.join(timeout=30)
    assert found == {1: 1, 2: 2}


def test_an_error_leaves_a_new_engine_and_others_their_own() -> None:
    with looking() as other:
        other.execute("CREATE TEMP TABLE mine AS SELECT 7 AS number")
        before = _engine.connection
        with pytest.raises(duckdb.Error), looking() as connection:
            connection.execute("SELECT * FROM read_parquet('/nowhere.parquet')")
        assert other.execute("SELECT number FROM mine").fetchone() == (7,)
    with looking() as connection:
        assert connection.execute("SELECT current_setting('TimeZone')").fetchone() == ("UTC",)
    assert _engine.connection is not before


@pytest.mark.django_db
def test_a_versions_files_are_asked_for_once_and_another_versions_anew(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    make_ledger([Line(1, "A", date(2025, 1, 1), "5")])
    first = current_version()
    assert len(ledger.customer_history(first, 1).orders) == 1
    with django_assert_num_queries(0):
        assert len(ledger.customer_history(first, 1).orders) == 1
    make_ledger([Line(1, "A", date(2025, 1, 1), "5"), Line(1, "B", date(2025, 1, 2), "5")])
    assert len(ledger.customer_history(current_version(), 1).orders) == 2
