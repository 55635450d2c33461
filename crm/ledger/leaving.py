"""What would leave the ledger with an upload, looked up for somebody who is about to take it back."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb

from crm.ledger.lookups import MEMORY_MB
from crm.ledger.reading import connect, entries_of, entry_sql, quoted
from crm.ledger.relations import LINES
from crm.ledger.storage import location
from crm.models import CatalogueEntry, CatalogueVersion

# Somebody waits for the page: what can't be told by then is left out, and said to be.
SECONDS = 3.0
# So many people are looked up by name at most; of more, only how many they are.
MOST_KEYS = 10_000


@dataclass(frozen=True)
class Leaving:
    """`vanishing`: customers of whom no other file holds a line; `staying`: lines that another file brings back.

    None where it would take too long to find out. `keys` are the vanishing customers, the first of them.
    """

    vanishing: int | None = None
    staying: int | None = None
    keys: tuple[int, ...] = ()


def what_leaves(version: CatalogueVersion | None, upload: int, *, seconds: float = SECONDS) -> Leaving:
    """Counted in the files; the lines and the money stand at the upload itself."""
    entries = [entry for entry in entries_of(version) if entry.file.kind in LINES.kinds]
    mine = [entry for entry in entries if entry.file.upload_id == upload]
    others = [entry for entry in entries if entry.file.upload_id != upload]
    if not mine:
        return Leaving(0, 0)
    with _limited(seconds) as connection:
        parts = " UNION ALL BY NAME ".join(f"({entry_sql(entry.file.path, entry.shadow_path)})" for entry in mine)
        connection.execute(f"CREATE VIEW mine AS {parts}")
        try:
            staying = sum(_staying(connection, entry) for entry in others if _is_hidden_by(entry, mine))
            keys = _vanishing(connection, others)
        except duckdb.InterruptException:
            return Leaving()
        return Leaving(len(keys), staying, tuple(keys[:MOST_KEYS]))


@contextmanager
def _limited(seconds: float) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that stops what it is doing when the time is over."""
    connection = connect(threads=1, memory_mb=MEMORY_MB)
    alarm = threading.Timer(seconds, connection.interrupt)
    alarm.start()
    try:
        yield connection
    finally:
        alarm.cancel()
        connection.close()


def _is_hidden_by(entry: CatalogueEntry, mine: list[CatalogueEntry]) -> bool:
    """Whether some of a file's lines may be hidden because the upload holds them too."""
    return bool(entry.shadowed) and any(
        own.position < entry.position
        and own.file.first_on <= entry.file.last_on
        and entry.file.first_on <= own.file.last_on
        for own in mine
    )


def _staying(connection: duckdb.DuckDBPyConnection, entry: CatalogueEntry) -> int:
    """How many hidden lines of a file equal one of the upload's."""
    hidden = f"""SELECT * FROM read_parquet({quoted(location(entry.file.path))})
        WHERE line_no IN (SELECT line_no FROM read_parquet({quoted(location(entry.shadow_path))}))"""
    row = connection.execute(
        f"""SELECT count(*) FROM (SELECT {LINES.identity_sql} FROM ({hidden}))
        SEMI JOIN (SELECT {LINES.identity_sql} FROM mine) USING ({LINES.identity_names})"""
    ).fetchone()
    return int(row[0]) if row else 0


def _vanishing(connection: duckdb.DuckDBPyConnection, others: list[CatalogueEntry]) -> list[int]:
    """Customers of the upload whom no other file names, hidden lines included: these would come back."""
    own = "SELECT DISTINCT customer_key FROM mine WHERE customer_key IS NOT NULL"
    if not others:
        query = own
    else:
        files = ", ".join(quoted(location(entry.file.path)) for entry in others)
        query = f"{own} EXCEPT SELECT customer_key FROM read_parquet([{files}])"
    return [row[0] for row in connection.execute(f"SELECT customer_key FROM ({query}) ORDER BY 1").fetchall()]
