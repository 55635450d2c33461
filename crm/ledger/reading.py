"""Opening a version of the ledger: a view for each kind of rows over its files, without the shadowed ones."""

import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from threading import Lock
from typing import Any

import duckdb
from django.utils import timezone

from crm.ledger.relations import LINES, RELATIONS, Relation
from crm.ledger.storage import attach, bring_near, bucket, explained, location, scratch
from crm.models import CatalogueEntry, CatalogueVersion, MergedFile

# How rows are kept: what a customer's look-up costs is half the table of contents of the row groups, half their size.
PARQUET = "FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2, ROW_GROUP_SIZE 61440"
# What all look-ups of a process may hold at once; beyond it they spill like everybody else.
LOOKUP_MB = 512


def connect(*, threads: int = 2, memory_mb: int = 1500) -> duckdb.DuckDBPyConnection:
    """A private engine in memory that spills to the scratch folder when it needs more."""
    connection = duckdb.connect(
        ":memory:",
        config={
            "threads": threads,
            "memory_limit": f"{memory_mb}MB",
            "temp_directory": str(scratch()),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )
    connection.execute("SET TimeZone = 'UTC'")
    attach(connection)
    return connection


class _Engine:
    """One engine for all who wait in this process: opening one costs more than a look-up, and so does reading the
    table of contents of a large file, which it remembers. It does not outlive a fork, a change of the storage, or an
    error, which might have left it unusable."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.belongs_to: tuple[Any, ...] = ()
        self.connection: duckdb.DuckDBPyConnection | None = None

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of its own to the engine; what it makes under TEMP is seen by nobody else."""
        now = (os.getpid(), bucket(), scratch())
        with self.lock:
            if self.connection is None or self.belongs_to != now:
                self.connection, self.belongs_to = connect(threads=1, memory_mb=LOOKUP_MB), now
                self.connection.execute("SET GLOBAL TimeZone = 'UTC'")
            cursor = self.connection.cursor()
        cursor.execute("SET parquet_metadata_cache = true")
        return cursor

    def forget(self) -> None:
        """Begin anew with the next look; cursors that are in use stay whole."""
        with self.lock:
            self.connection = None


_engine = _Engine()


@contextmanager
def looking() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection for a person who waits: one thread, little memory, opened in a millisecond."""
    cursor = _engine.cursor()
    try:
        with explained():
            yield cursor
    except duckdb.Error:
        _engine.forget()
        raise
    finally:
        cursor.close()


def quoted(path: object) -> str:
    """A path or text as an SQL literal."""
    return "'" + str(path).replace("'", "''") + "'"


def entry_sql(file_path: str, shadow_path: str) -> str:
    """One file's lines that count."""
    source = f"SELECT * FROM read_parquet({quoted(location(file_path))})"
    if shadow_path:
        source += f" WHERE line_no NOT IN (SELECT line_no FROM read_parquet({quoted(location(shadow_path))}))"
    return source


def rows_sql(entries: Sequence[CatalogueEntry], relation: Relation = LINES) -> str:
    """All rows of a kind that count in these entries; without any an empty relation of the same columns."""
    mine = [entry for entry in entries if entry.file.kind in relation.kinds]
    bring_near(paths_of(mine))
    own = [entry for entry in mine if entry.merged is None]
    plain = [quoted(location(entry.file.path)) for entry in own if not entry.shadow_path]
    parts = [entry_sql(entry.file.path, entry.shadow_path) for entry in own if entry.shadow_path]
    parts += [_merged_sql(of) for of in _by_merged(mine)]
    if plain:
        parts.insert(0, f"SELECT * FROM read_parquet([{', '.join(plain)}])")
    if not parts:
        columns = ", ".join(f"NULL::{kind} AS {name}" for name, kind in relation.columns.items())
        return f"SELECT {columns} WHERE false"
    return f"SELECT {relation.read_sql} FROM ({' UNION ALL '.join(parts)})"


def _by_merged(entries: list[CatalogueEntry]) -> Collection[list[tuple[CatalogueEntry, MergedFile]]]:
    found: dict[int, list[tuple[CatalogueEntry, MergedFile]]] = {}
    for entry in entries:
        if entry.merged is not None:
            found.setdefault(entry.merged.pk, []).append((entry, entry.merged))
    return found.values()


def _merged_sql(found: list[tuple[CatalogueEntry, MergedFile]]) -> str:
    """The rows of a merged file; without those of uploads that went, or are read from their own files again."""
    merged = found[0][1]
    source = f"SELECT * FROM read_parquet({quoted(location(merged.path))})"
    if len(found) == merged.files:
        return source
    uploads = sorted({entry.file.upload_id for entry, _ in found})
    return f"{source} WHERE upload_id IN ({', '.join(map(str, uploads))})"


def create_view(
    connection: duckdb.DuckDBPyConnection, entries: Sequence[CatalogueEntry], relation: Relation = LINES
) -> None:
    """The view of a relation's name over what counts in these entries, for this connection alone."""
    connection.execute(f"CREATE TEMP VIEW {relation.name} AS {rows_sql(entries, relation)}")


def paths_of(entries: list[CatalogueEntry]) -> list[str]:
    """The stored files that these entries are read from."""
    merged = {entry.merged.path for entry in entries if entry.merged}
    own = [path for entry in entries if not entry.merged for path in (entry.file.path, entry.shadow_path) if path]
    return [*sorted(merged), *own]


def entries_of(version: CatalogueVersion | None) -> list[CatalogueEntry]:
    return list(version.entries.select_related("file", "merged")) if version is not None else []


@contextmanager
def reading(
    version: CatalogueVersion | None, *, threads: int = 2, memory_mb: int = 1500
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the views `lines`, `events` and `sessions` over the version; for full scans in jobs."""
    entries = entries_of(version)
    bring_near(paths_of(entries), is_whole=True)
    connection = connect(threads=threads, memory_mb=memory_mb)
    try:
        for relation in RELATIONS.values():
            create_view(connection, entries, relation)
        with explained():
            yield connection
    finally:
        connection.close()


def latest_purchase_on(version: CatalogueVersion | None) -> date | None:
    """The latest purchase day, leaving out days after the line's own file was received: those are typing errors."""
    if version is None:
        return None
    files = version.entries.values_list("file__upload_id", "file__upload__received_at")
    received = ", ".join(f"({upload}, DATE '{timezone.localdate(at)}')" for upload, at in files)
    if not received:
        return None
    with reading(version, threads=1, memory_mb=512) as connection:
        row = connection.execute(
            f"""SELECT max(ordered_on) FROM lines JOIN (VALUES {received}) AS files (upload_id, received_on)
            USING (upload_id) WHERE is_purchase AND ordered_on <= received_on"""
        ).fetchone()
    return row[0] if row else None
