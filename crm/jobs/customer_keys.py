"""Surrogate keys for outside ids: known ones looked up, new ones made."""

from datetime import datetime

import duckdb
import numpy as np

from crm.models import Customer

BATCH = 5_000


def make_keys(connection: duckdb.DuckDBPyConnection, *, now: datetime) -> int:
    """Create the table `keys` (external_id, customer_key) for every customer of `cleaned`; returns how many are new.

    Rows are made in short transactions and may outlive a killed run: a customer without lines shows nowhere.
    """
    ids = [
        row[0]
        for row in connection.execute(
            "SELECT DISTINCT customer FROM cleaned WHERE reason IS NULL AND customer IS NOT NULL ORDER BY 1"
        ).fetchall()
    ]
    keys: dict[str, int] = {}
    new = 0
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        known = _known(batch)
        missing = [external_id for external_id in batch if external_id not in known]
        if missing:
            Customer.objects.bulk_create(
                (Customer(external_id=name, search_key=name.casefold()[:255], created_at=now) for name in missing),
                ignore_conflicts=True,
            )
            known |= _known(missing)
            new += len(missing)
        keys |= known
    _register(connection, keys)
    return new


def _known(ids: list[str]) -> dict[str, int]:
    return dict(Customer.objects.filter(external_id__in=ids).values_list("external_id", "pk"))


def _register(connection: duckdb.DuckDBPyConnection, keys: dict[str, int]) -> None:
    table = {
        "external_id": np.array(list(keys), dtype=object),
        "customer_key": np.fromiter(keys.values(), dtype=np.int64, count=len(keys)),
    }
    connection.execute("CREATE OR REPLACE TABLE keys (external_id VARCHAR, customer_key BIGINT)")
    if keys:
        connection.register("key_arrays", table)
        connection.execute("INSERT INTO keys SELECT * FROM key_arrays")
        connection.unregister("key_arrays")
