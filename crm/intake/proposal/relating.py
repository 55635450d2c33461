"""How columns stand to each other: which determines which, and which two multiply to a third."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import permutations

import duckdb

from crm.intake.dialect import Dialect
from crm.intake.profiling import PROFILED, ColumnProfile
from crm.intake.proposal.found import position_of
from crm.intake.values import number_sql, text_sql

# Nearly always is always: real files have slips.
NEARLY = 0.98
# Checking every pair of a wide table would take long.
MOST = 6


@dataclass(frozen=True)
class Relations:
    connection: duckdb.DuckDBPyConnection
    dialect: Dialect
    profiles: dict[str, ColumnProfile]

    def determines(self, one: str, other: str) -> bool:
        """Whether each value of `one` stands beside a single value of `other`."""
        a, b = (text_sql(self._place(name)) for name in (one, other))
        row = self.connection.execute(f"""
            SELECT count(DISTINCT a), count(DISTINCT (a, b)) FROM (
                SELECT {a} AS a, {b} AS b FROM raw WHERE n <= {PROFILED}) WHERE a IS NOT NULL AND b IS NOT NULL
        """).fetchone() or (0, 0)
        return bool(row[1]) and row[0] / row[1] >= NEARLY

    def products(self, wholes: Iterable[str], numbers: Iterable[str]) -> Iterator[tuple[str, str, str]]:
        """(quantity, price, amount) among columns where quantity times price is the amount."""
        for quantity in list(wholes)[:MOST]:
            for price, amount in permutations(list(numbers)[:MOST], 2):
                if quantity not in (price, amount) and self._multiply(quantity, price, amount):
                    yield quantity, price, amount

    def _multiply(self, quantity: str, price: str, amount: str) -> bool:
        q, p, a = (f"{number_sql(self._place(name), '.')}::DOUBLE" for name in (quantity, price, amount))
        row = self.connection.execute(f"""
            SELECT count(*) FILTER (abs(q * p - a) <= 0.011), count(*), count(*) FILTER (q <> 1) FROM (
                SELECT {q} AS q, {p} AS p, {a} AS a FROM raw WHERE n <= {PROFILED})
            WHERE q IS NOT NULL AND p IS NOT NULL AND a IS NOT NULL""").fetchone() or (0, 0, 0)
        return bool(row[2]) and row[0] / row[1] >= NEARLY

    def _place(self, name: str) -> str:
        return position_of(self.dialect, name)
