"""Surrogate keys for outside ids: known ones looked up, new ones made."""

from collections.abc import Iterator
from datetime import datetime
from itertools import count

import duckdb
import numpy as np
from django.db import connection as database
from django.db import transaction

from crm.intake.kinds import Spec
from crm.intake.measuring import ids_end_in_point_zero
from crm.models import Customer

# Rows in a transaction: short enough that nobody waits for the write lock.
BATCH = 10_000
# From so many ids on, reading the whole table beats asking for them in batches.
MANY = 50_000
READ = 100_000


def make_keys(
    connection: duckdb.DuckDBPyConnection, spec: Spec, *, now: datetime, is_normalised: bool | None = None
) -> int:
    """Create the table `keys` (person, customer_key) for everybody in `cleaned`; returns how many are new.

    A person is what the row says, or what the specification makes of a row without a customer. Customers are made in
    short transactions and may outlive a killed run: one without lines shows nowhere. `is_normalised` says how another
    file's ids were read (17850.0 as 17850) where these rows belong to it; None: as these rows themselves suggest.
    """
    written = f"coalesce(customer, {spec.guest})"
    is_whole = ids_end_in_point_zero(connection) if is_normalised is None else is_normalised
    whole = "regexp_replace(customer, '[.]0$', '')" if is_whole else "customer"
    connection.execute(f"""CREATE OR REPLACE TABLE people AS
        SELECT DISTINCT {written} AS person, coalesce({whole}, {spec.guest}) AS external_id
        FROM cleaned WHERE reason IS NULL AND {written} IS NOT NULL ORDER BY external_id""")
    connection.execute("CREATE OR REPLACE TABLE known_ids (external_id VARCHAR, customer_key BIGINT)")
    latest = 0
    if _find_unknown(connection) > MANY:
        latest = _add_after(connection, latest)
    else:
        _add_unknown(connection)
    made = _find_unknown(connection)
    if made:
        _insert(connection, now)
        if made > MANY:
            _add_after(connection, latest)
            _find_unknown(connection)
        # Somebody else may have made one of them, under a number from before ours.
        _add_unknown(connection)
    connection.execute(
        "CREATE OR REPLACE TABLE keys AS SELECT person, customer_key FROM people JOIN known_ids USING (external_id)"
    )
    return made


def _find_unknown(connection: duckdb.DuckDBPyConnection) -> int:
    """Make the table `unknown` of the ids without a key; returns their number."""
    connection.execute("""CREATE OR REPLACE TABLE unknown AS
        SELECT DISTINCT external_id FROM people ANTI JOIN known_ids USING (external_id) ORDER BY 1""")
    # All rows are fetched: the engine registers nothing while a result is open.
    [(unknown,)] = connection.execute("SELECT count(*) FROM unknown").fetchall()
    return int(unknown)


def _unknown(connection: duckdb.DuckDBPyConnection) -> Iterator[list[str]]:
    """The ids of `unknown` in batches: all of them together may be more than fits beside the engine."""
    for start in count(0, BATCH):
        query = "SELECT external_id FROM unknown WHERE rowid >= ? AND rowid < ? ORDER BY rowid"
        rows = connection.execute(query, [start, start + BATCH]).fetchall()
        if not rows:
            return
        yield [row[0] for row in rows]


def _add_unknown(connection: duckdb.DuckDBPyConnection) -> None:
    for ids in _unknown(connection):
        _add(connection, list(Customer.objects.filter(external_id__in=ids).values_list("external_id", "pk")))


def _add_after(connection: duckdb.DuckDBPyConnection, latest: int) -> int:
    """The ids of all customers with a later key than this; returns the latest one."""
    rows = Customer.objects.filter(pk__gt=latest).order_by("pk").values_list("external_id", "pk")
    while batch := list(rows.filter(pk__gt=latest)[:READ]):
        _add(connection, batch)
        latest = batch[-1][1]
    return latest


def _add(connection: duckdb.DuckDBPyConnection, rows: list[tuple[str, int]]) -> None:
    if not rows:
        return
    ids, keys = zip(*rows, strict=True)
    arrays = {"external_id": np.array(ids, dtype=object), "customer_key": np.array(keys, dtype=np.int64)}
    connection.register("key_arrays", arrays)
    connection.execute("INSERT INTO known_ids SELECT external_id, customer_key FROM key_arrays")
    connection.unregister("key_arrays")


def _insert(connection: duckdb.DuckDBPyConnection, now: datetime) -> None:
    """Without the ORM's objects: a first file may bring millions of people. Somebody else may be making the same."""
    moment = Customer._meta.get_field("created_at").get_db_prep_save(now, database)
    table, columns = Customer._meta.db_table, "external_id, search_key, created_at"
    for batch in _unknown(connection):
        folded = [name.casefold()[:255] for name in batch]
        with transaction.atomic(), database.cursor() as cursor:
            if database.vendor == "postgresql":
                cursor.execute(
                    f"""INSERT INTO {table} ({columns}) SELECT name, folded, %s
                    FROM unnest(%s::text[], %s::text[]) AS people (name, folded) ON CONFLICT DO NOTHING""",
                    [moment, batch, folded],
                )
            else:
                rows = [(name, key, moment) for name, key in zip(batch, folded, strict=True)]
                cursor.executemany(f"INSERT OR IGNORE INTO {table} ({columns}) VALUES (%s, %s, %s)", rows)
