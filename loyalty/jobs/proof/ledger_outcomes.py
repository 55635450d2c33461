"""What each of some customers brought after a day, and in the year before it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from analytics.experiments.outcomes import outcomes_sql
from crm import ledger
from segmentation.models import Snapshot

EPOCH = date(1970, 1, 1)
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Outcomes:
    """One entry a person, by ascending key."""

    revenue: Numbers
    orders: Numbers
    revenue_before: Numbers
    orders_before: Numbers


@contextmanager
def open_ledger(snapshot: Snapshot) -> Iterator[duckdb.DuckDBPyConnection]:
    """The lines that these results were computed from."""
    with ledger.reading(snapshot.catalogue_version) as connection:
        yield connection


def outcomes(connection: duckdb.DuckDBPyConnection, keys: Any, days: Any, as_of: date) -> Outcomes:
    """Of customers `keys` (n,), ascending, each from the day after its own of `days` (n,; days since 1970)."""
    columns = {"customer_key": np.asarray(keys, dtype=np.int64), "day": np.asarray(days, dtype=np.int32)}
    connection.register("people_given", columns)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE people AS "
        "SELECT customer_key, DATE '1970-01-01' + day AS assigned_on FROM people_given"
    )
    connection.unregister("people_given")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE outcomes AS {outcomes_sql('lines', 'people', as_of=as_of)}")
    found = connection.execute(
        "SELECT revenue::DOUBLE AS revenue, orders::DOUBLE AS orders, revenue_before::DOUBLE AS revenue_before, "
        "orders_before::DOUBLE AS orders_before FROM outcomes ORDER BY customer_key"
    ).fetchnumpy()
    return Outcomes(**{name: np.asarray(values, dtype=float) for name, values in found.items()})


def exact_revenue(connection: duckdb.DuckDBPyConnection, keys: Any) -> Decimal:
    """The exact sum over these of the customers last asked for."""
    connection.register("asked", {"customer_key": np.asarray(keys, dtype=np.int64)})
    query = "SELECT coalesce(sum(revenue), 0) FROM outcomes SEMI JOIN asked USING (customer_key)"
    [(total,)] = connection.execute(query).fetchall()
    connection.unregister("asked")
    return Decimal(total)


def first_day(connection: duckdb.DuckDBPyConnection) -> date | None:
    [(found,)] = connection.execute("SELECT min(ordered_on) FROM lines WHERE is_purchase").fetchall()
    day: date | None = found
    return day


def day_number(day: date) -> int:
    return (day - EPOCH).days
