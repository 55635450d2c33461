"""The engine that adds the ledger up: DuckDB in the job's own process, or Spark on a cluster reading the same files.

SQL comes in DuckDB's dialect over the ledger's views (`analytics` holds it). What it gives stands in a DuckDB
connection either way, so that nobody but this package knows which engine did the work.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, Protocol, get_args

import duckdb
from django.conf import settings

from crm.ledger.reading import reading
from crm.models import CatalogueVersion

EngineName = Literal["duckdb", "spark"]
ENGINES: tuple[EngineName, ...] = get_args(EngineName)


class Engine(Protocol):
    """`connection` holds what was kept; the ledger's own lines are reached through `keep` and `query` alone."""

    connection: duckdb.DuckDBPyConnection

    def keep(self, name: str, sql: str) -> None:
        """Make the table `name` of the connection from a SELECT over the ledger's views."""

    def query(self, sql: str) -> duckdb.DuckDBPyConnection:
        """Rows of such a SELECT, in its order, to be fetched before the next query."""


class DuckDBEngine:
    """The ledger's views and the results in one connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def keep(self, name: str, sql: str) -> None:
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {sql}")

    def query(self, sql: str) -> duckdb.DuckDBPyConnection:
        return self.connection.execute(sql)


@contextmanager
def computing(
    version: CatalogueVersion | None, *, engine: EngineName | None = None, threads: int = 2, memory_mb: int = 1500
) -> Iterator[Engine]:
    """The named engine, or else the one of ANALYTICS_ENGINE, over a version of the ledger; for full scans in jobs.

    Raises Unavailable, with a sentence, where Spark is asked for and isn't there.
    """
    if (engine or settings.ANALYTICS_ENGINE) == "spark":
        from crm.ledger.engines.spark import on_spark

        with on_spark(version, threads=threads, memory_mb=memory_mb) as cluster:
            yield cluster
        return
    with reading(version, threads=threads, memory_mb=memory_mb) as connection:
        yield DuckDBEngine(connection)


def why_unavailable(engine: EngineName) -> str:
    """A sentence, with what to do, when the engine can't be used from this process now; else ""."""
    if engine == "duckdb":
        return ""
    from crm.ledger.engines.session import why_no_spark

    return why_no_spark()
