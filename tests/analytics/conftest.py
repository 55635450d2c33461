"""CDNOW as lifetimes ships it, so that checking published numbers needs nothing beside the project."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from importlib.metadata import distribution
from pathlib import Path

import duckdb
import numpy as np
import pytest

from analytics import features
from analytics.features import Unit
from analytics.lifetime.arrays import FloatArray
from tests.analytics.ledger import Line, create_lines

CALIBRATION_END = date(1997, 9, 30)
HOLDOUT_END = date(1998, 6, 30)


@dataclass(frozen=True)
class Base:
    """A customer base in columns, as the summaries give it."""

    frequency: FloatArray
    recency: FloatArray
    T: FloatArray
    monetary_value: FloatArray
    frequency_holdout: FloatArray


def dataset(name: str) -> Path:
    """A file of lifetimes' data sets, found without importing lifetimes."""
    return Path(str(distribution("lifetimes").locate_file("lifetimes"))) / "datasets" / name


@pytest.fixture(scope="session")
def cdnow_lines() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the 6,919 lines of the CDNOW sample in the relation `lines`."""
    text = dataset("CDNOW_sample.txt").read_text()
    lines = [
        Line(
            customer_key=int(master_id),
            order_key=f"{sample_id}-{day}-{number}",
            ordered_on=date(int(day[:4]), int(day[4:6]), int(day[6:])),
            amount=dollars,
            quantity=units,
        )
        for number, (master_id, sample_id, day, units, dollars) in enumerate(
            row.split() for row in text.splitlines() if row.strip()
        )
    ]
    with duckdb.connect() as connection:
        create_lines(connection, "lines", lines)
        yield connection


def cdnow_base(connection: duckdb.DuckDBPyConnection, unit: Unit) -> Base:
    summary = connection.execute(
        features.bgnbd_summary_sql("lines", observation_period_end=CALIBRATION_END, unit=unit)
    ).fetchnumpy()
    holdout = connection.execute(
        features.holdout_summary_sql(
            "lines", calibration_end=CALIBRATION_END, observation_period_end=HOLDOUT_END, unit=unit
        )
    ).fetchnumpy()
    np.testing.assert_array_equal(summary["customer_key"], holdout["customer_key"])
    names = ("frequency", "recency", "T", "monetary_value")
    columns = {name: summary[name].astype(float) for name in names}
    return Base(**columns, frequency_holdout=holdout["frequency_holdout"].astype(float))


@pytest.fixture(scope="session")
def cdnow_weeks(cdnow_lines: duckdb.DuckDBPyConnection) -> Base:
    return cdnow_base(cdnow_lines, "week")


@pytest.fixture(scope="session")
def cdnow_days(cdnow_lines: duckdb.DuckDBPyConnection) -> Base:
    return cdnow_base(cdnow_lines, "day")


@pytest.fixture(scope="session")
def cdnow_published() -> Base:
    """The summary published with the papers: weeks of two digits, customers in the file's order."""
    path = dataset("cdnow_customers_summary_with_transactions.csv")
    _, x, t_x, T, value = np.loadtxt(path, delimiter=",", skiprows=1, unpack=True)
    return Base(x, t_x, T, value, np.zeros_like(x))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`analytics` knows no database and no broker: its tests run once, on SQLite."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.any_world)
