"""What determined a snapshot, and the one number that says whether two calculations came to the same scores."""

import hashlib
from itertools import islice
from typing import Any

import duckdb
import pandas as pd

from crm.models import Customer
from segmentation import registry, store
from segmentation.jobs import groups, scoring
from segmentation.models import Snapshot

# Another number whenever the same input gives other results or another form of them.
FORMAT_VERSION = 9
BATCH = 50_000


def of_code() -> dict[str, Any]:
    """Version of the calculation, seeds, and libraries: with other ones the same data may give other results."""
    seeds = {"segments": groups.RANDOM_STATE, "values": scoring.RANDOM_STATE}
    return {"calculation": FORMAT_VERSION, "seeds": seeds, "libraries": registry.library_versions()}


def content_hash(snapshot: Snapshot) -> str:
    """SHA-256 over what the scores say, row by row.

    Customers count by the id that the shop gave them and segments by their order of value, money with all its digits,
    other numbers with ten significant ones. So the bytes of the file and the keys that a database gave out play no
    part: the same lines, calculated alike, give the same hash in every installation.
    """
    digest = hashlib.sha256()
    with store.connection(snapshot, threads=2) as scores:
        _register(scores, snapshot)
        rows = scores.execute(_digests_sql(scores))
        while batch := rows.fetchmany(BATCH):
            digest.update("".join(row[0] for row in batch).encode())
    return digest.hexdigest()


def _register(scores: duckdb.DuckDBPyConnection, snapshot: Snapshot) -> None:
    scores.execute("CREATE TEMP TABLE people (customer_key BIGINT, external_id VARCHAR)")
    names = Customer.objects.values_list("pk", "external_id").iterator(chunk_size=BATCH)
    while batch := list(islice(names, BATCH)):
        chunk = pd.DataFrame(batch, columns=["customer_key", "external_id"])
        scores.register("chunk", chunk)
        scores.execute("INSERT INTO people FROM chunk")
    places = pd.DataFrame(
        [(entry["segment"], place) for place, entry in enumerate(snapshot.segments)], columns=["segment_id", "place"]
    )
    scores.register("places", places)


def _digests_sql(scores: duckdb.DuckDBPyConnection) -> str:
    columns = {name: str(kind) for name, kind, *_ in scores.execute("DESCRIBE scores").fetchall()}
    left_out = {"customer_key", "segment_id"}
    texts = [_text(f'scores."{name}"', kind) for name, kind in sorted(columns.items()) if name not in left_out]
    parts = ", ".join(f"coalesce({text}, chr(0))" for text in ["external_id", "place::VARCHAR", *texts])
    return f"""SELECT sha256(concat_ws(chr(31), {parts})) AS digest
        FROM scores LEFT JOIN people USING (customer_key) JOIN places USING (segment_id) ORDER BY digest"""


def _text(column: str, kind: str) -> str:
    if kind in {"DOUBLE", "FLOAT"}:
        # Adding zero makes one of the two zeros.
        return f"printf('%.9e', {column} + 0.0)"
    if kind in {"DOUBLE[]", "FLOAT[]"}:
        return f"list_transform({column}, lambda x: printf('%.9e', x + 0.0))::VARCHAR"
    return f"{column}::VARCHAR"
