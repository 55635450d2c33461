"""Surrogate keys for outside ids: known ones looked up, new ones made."""

from collections.abc import Iterable, Sequence
from datetime import datetime

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
    ids = [row[0] for row in connection.execute("SELECT DISTINCT external_id FROM people ORDER BY 1").fetchall()]
    known = _known(ids)
    missing = [external_id for external_id in ids if external_id not in known]
    if missing:
        _insert(missing, now)
        known |= _known(missing)
    _register(connection, known)
    connection.execute(
        "CREATE OR REPLACE TABLE keys AS SELECT person, customer_key FROM people JOIN known_ids USING (external_id)"
    )
    return len(missing)


def _known(ids: Sequence[str]) -> dict[str, int]:
    if len(ids) > MANY:
        wanted = set(ids)
        rows: Iterable[tuple[str, int]] = Customer.objects.values_list("external_id", "pk").iterator(BATCH)
        return {external_id: key for external_id, key in rows if external_id in wanted}
    found: dict[str, int] = {}
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        found.update(Customer.objects.filter(external_id__in=batch).values_list("external_id", "pk"))
    return found


def _insert(ids: list[str], now: datetime) -> None:
    """Without the ORM's objects: a first file may bring a million people. Somebody else may be making the same ones."""
    moment = Customer._meta.get_field("created_at").get_db_prep_save(now, database)
    table, columns = Customer._meta.db_table, "external_id, search_key, created_at"
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
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


def _register(connection: duckdb.DuckDBPyConnection, keys: dict[str, int]) -> None:
    table = {
        "external_id": np.array(list(keys), dtype=object),
        "customer_key": np.fromiter(keys.values(), dtype=np.int64, count=len(keys)),
    }
    connection.execute("CREATE OR REPLACE TABLE known_ids (external_id VARCHAR, customer_key BIGINT)")
    if keys:
        connection.register("key_arrays", table)
        connection.execute("INSERT INTO known_ids SELECT * FROM key_arrays")
        connection.unregister("key_arrays")
