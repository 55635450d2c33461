"""SQL in DuckDB's dialect, said in Spark's."""

from functools import lru_cache

import sqlglot
from sqlglot import ErrorLevel, expressions


@lru_cache(maxsize=64)
def spark_sql(sql: str) -> str:
    """The same statement for Spark; raises sqlglot's UnsupportedError for what Spark has no word for."""
    statement = sqlglot.parse_one(sql, read="duckdb")
    for named in statement.find_all(expressions.CTE):
        # Whether a subquery is computed once is each engine's own matter; Spark has no word for it.
        named.set("materialized", None)
    return str(statement.sql(dialect="spark", unsupported_level=ErrorLevel.RAISE))
