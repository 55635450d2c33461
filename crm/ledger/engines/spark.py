"""Spark as the engine: the cluster reads the ledger's files itself, and what it found comes back through the driver.

Results travel as lines of CSV, so that executors need Java alone and the right to read, and a result of any size passes
through in pieces. Decimals are exact in it, and doubles are written with all the digits that tell them apart.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import duckdb

from crm.ledger.engines.session import spark_session
from crm.ledger.engines.translating import spark_sql
from crm.ledger.reading import connect, entries_of, quoted
from crm.ledger.relations import RELATIONS, Relation
from crm.ledger.storage import address, scratch
from crm.models import CatalogueEntry, CatalogueVersion

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

SPARK_TYPES = {"VARCHAR": "STRING", "TIMESTAMP": "TIMESTAMP_NTZ"}
LOCAL_TYPES = {
    "bigint": "BIGINT",
    "int": "INTEGER",
    "smallint": "SMALLINT",
    "double": "DOUBLE",
    "string": "VARCHAR",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp_ntz": "TIMESTAMP",
}
# NULL is nothing at all and an empty text is "", which is how both sides tell them apart.
CSV_WRITTEN = {
    "nullValue": "",
    "emptyValue": '""',
    "escape": '"',
    "ignoreLeadingWhiteSpace": "false",
    "ignoreTrailingWhiteSpace": "false",
}
CSV_READ = """auto_detect = false, header = false, delim = ',', quote = '"', escape = '"', nullstr = '',
    allow_quoted_nulls = false"""


class SparkEngine:
    """The ledger's views in Spark's session, the results in a connection of this process."""

    def __init__(self, session: "SparkSession", connection: duckdb.DuckDBPyConnection) -> None:
        self.session = session
        self.connection = connection

    def keep(self, name: str, sql: str) -> None:
        found = self.session.sql(spark_sql(sql))
        path = scratch() / f"{uuid4().hex}.csv"
        try:
            _write(found, path)
            self.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {_read(found, path)}")
        finally:
            path.unlink(missing_ok=True)

    def query(self, sql: str) -> duckdb.DuckDBPyConnection:
        self.keep("answer", sql)
        return self.connection.execute("FROM answer")


@contextmanager
def on_spark(version: CatalogueVersion | None, *, threads: int, memory_mb: int) -> Iterator[SparkEngine]:
    entries = entries_of(version)
    with spark_session() as session:
        for relation in RELATIONS.values():
            _rows(session, entries, relation).createOrReplaceTempView(relation.name)
        connection = connect(threads=threads, memory_mb=memory_mb)
        try:
            yield SparkEngine(session, connection)
        finally:
            connection.close()


def _rows(session: "SparkSession", entries: list[CatalogueEntry], relation: Relation) -> "DataFrame":
    """All rows of a kind that count in these entries, as `reading.rows_sql` says it to DuckDB."""
    from pyspark.sql import functions as f

    mine = [entry for entry in entries if entry.file.kind in relation.kinds]
    plain = [entry.file.path for entry in mine if entry.merged is None and not entry.shadow_path]
    parts = [_parquet(session, relation, plain)] if plain else []
    for entry in mine:
        if entry.merged is None and entry.shadow_path:
            shadow = session.read.schema("line_no BIGINT").parquet(address(entry.shadow_path))
            parts.append(_parquet(session, relation, [entry.file.path]).join(shadow, "line_no", "left_anti"))
    for path in sorted({entry.merged.path for entry in mine if entry.merged}):
        uploads = [entry.file.upload_id for entry in mine if entry.merged and entry.merged.path == path]
        parts.append(_parquet(session, relation, [path]).where(f.col("upload_id").isin(uploads)))
    rows = parts[0] if parts else session.createDataFrame([], _schema(relation))
    for part in parts[1:]:
        rows = rows.unionByName(part)
    if "order_key" in relation.columns:
        rows = rows.withColumn("order_key", f.coalesce("order_key", "order_id"))
    return rows


def _parquet(session: "SparkSession", relation: Relation, paths: list[str]) -> "DataFrame":
    return session.read.schema(_schema(relation)).parquet(*[address(path) for path in paths])


def _schema(relation: Relation) -> str:
    return ", ".join(f"{name} {SPARK_TYPES.get(kind, kind)}" for name, kind in relation.columns.items())


def _write(found: "DataFrame", path: Path) -> None:
    from pyspark.sql import functions as f

    # A leading 1 keeps a row of nothing but NULL from being an empty line.
    row = f.to_csv(f.struct(f.lit(1), *[f.col(f"`{name}`") for name in found.columns]), CSV_WRITTEN)
    with path.open("w", encoding="utf-8", newline="") as file:
        for (line,) in found.select(row).toLocalIterator(prefetchPartitions=True):
            file.write(f"{line}\n")


def _read(found: "DataFrame", path: Path) -> str:
    columns: dict[str, Any] = {"always_1": "INTEGER"}
    for field in found.schema.fields:
        kind = field.dataType.simpleString()
        columns[field.name] = kind.upper() if kind.startswith("decimal") else LOCAL_TYPES[kind]
    listed = ", ".join(f"{quoted(name)}: {quoted(kind)}" for name, kind in columns.items())
    return f"SELECT * EXCLUDE (always_1) FROM read_csv({quoted(path)}, columns = {{{listed}}}, {CSV_READ})"
