"""The two score tables: who may load the idle one, and loading it.

A refresh claims the idle table with its run's id and fencing token on the pointer's row. Every batch is written in a
transaction that holds this row and finds the claim still its own, so a worker that was thought dead and comes back
writes nothing; and a claim whose run is no longer alive may be taken over.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
from django.db import connection, transaction
from django.utils import timezone

from core.models import Run
from core.runs import Lease, LeaseLost
from segmentation import store
from segmentation.models import SCORE_TABLES, Score, Snapshot, SnapshotPointer

BATCH = 5_000
WAIT_SECONDS = 0.5


def claim_idle_table(lease: Lease) -> str:
    """The name of the table that is now ours to load; waits while another refresh loads it."""
    while not (name := _try_claim(lease)):
        lease.progress("Waiting for another calculation")
        time.sleep(WAIT_SECONDS)
    return name


def _try_claim(lease: Lease) -> str:
    with transaction.atomic():
        pointer = SnapshotPointer.objects.select_for_update().get(pk=1)
        lease.guard()
        if not _is_mine(pointer, lease) and _is_alive(pointer):
            return ""
        pointer.loading_run, pointer.loading_token = lease.run.pk, lease.token
        pointer.save()
        return "b" if pointer.snapshot and pointer.snapshot.score_table == "a" else "a"


def _is_mine(pointer: SnapshotPointer, lease: Lease) -> bool:
    return (pointer.loading_run, pointer.loading_token) == (lease.run.pk, lease.token)


def _is_alive(pointer: SnapshotPointer) -> bool:
    if pointer.loading_run is None or pointer.loading_token is None:
        return False
    return Run.objects.filter(
        pk=pointer.loading_run,
        fencing_token=pointer.loading_token,
        state=Run.State.RUNNING,
        lease_expires_at__gt=timezone.now(),
    ).exists()


@contextmanager
def holding_claim(lease: Lease) -> Iterator[SnapshotPointer]:
    """A transaction that holds the pointer's row; raises LeaseLost when the table is no longer ours."""
    with transaction.atomic():
        pointer = SnapshotPointer.objects.select_for_update().get(pk=1)
        if not _is_mine(pointer, lease):
            raise LeaseLost(f"run {lease.run.pk}")
        yield pointer


def load_snapshot(name: str, snapshot: Snapshot, lease: Lease) -> None:
    """Replace everything in table `name` by the scores of a snapshot's file."""
    lease.progress("Loading scores", 0, snapshot.customers)
    with store.connection(snapshot, threads=2) as scores:
        load_table(name, snapshot_id=snapshot.pk, scores=scores, total=snapshot.customers, lease=lease)


def load_table(name: str, *, snapshot_id: int, scores: duckdb.DuckDBPyConnection, total: int, lease: Lease) -> None:
    """Replace everything in table `name` by the view `scores` of the given connection, then index it."""
    model = SCORE_TABLES[name]
    with holding_claim(lease), connection.cursor() as cursor:
        for index in model._meta.indexes:
            cursor.execute(f'DROP INDEX IF EXISTS "{index.name}"')
        if connection.vendor == "postgresql":
            cursor.execute(f'TRUNCATE "{model._meta.db_table}"')
            _copy(cursor, model, scores, snapshot_id)
        else:
            cursor.execute(f'DELETE FROM "{model._meta.db_table}"')
    if connection.vendor != "postgresql":
        _insert(model, scores, snapshot_id, total, lease)
    _index(model, lease)


def _fields(model: type[Score]) -> dict[str, str]:
    """Database column to the expression over `scores` that fills it; dates and decimals as text for either engine."""
    columns: dict[str, str] = {}
    for field in model._meta.concrete_fields:
        source = "customer_key" if field.primary_key else field.attname
        if field.attname == "snapshot_id":
            columns[str(field.column)] = "?::BIGINT"
        elif field.get_internal_type() in {"DateField", "DecimalField"}:
            columns[str(field.column)] = f"CAST({source} AS VARCHAR)"
        else:
            columns[str(field.column)] = source
    return columns


def _selection(model: type[Score]) -> tuple[str, str]:
    fields = _fields(model)
    names = ", ".join(f'"{column}"' for column in fields)
    return names, f"SELECT {', '.join(fields.values())} FROM scores ORDER BY customer_key"


def _insert(model: type[Score], scores: duckdb.DuckDBPyConnection, snapshot_id: int, total: int, lease: Lease) -> None:
    names, selection = _selection(model)
    places = ", ".join(["%s"] * len(model._meta.concrete_fields))
    statement = f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES ({places})'
    rows = scores.execute(selection, [snapshot_id])
    done = 0
    while batch := rows.fetchmany(BATCH):
        with holding_claim(lease), connection.cursor() as cursor:
            cursor.executemany(statement, batch)
        done += len(batch)
        lease.progress("Loading scores", done, total)


def _copy(cursor: Any, model: type[Score], scores: duckdb.DuckDBPyConnection, snapshot_id: int) -> None:
    """PostgreSQL's own bulk load, in one transaction: a reader of this table sees the old rows or the new ones."""
    names, selection = _selection(model)
    selection = selection.replace("?", str(int(snapshot_id)))
    table = model._meta.db_table
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "scores.csv"
        # NULL is an unquoted word; texts are quoted, so that an empty one stays empty.
        options = "FORMAT csv, HEADER false, NULLSTR 'NULL', FORCE_QUOTE *"
        scores.execute(f"COPY ({selection}) TO '{file}' ({options})")
        statement = f"COPY \"{table}\" ({names}) FROM STDIN (FORMAT csv, NULL 'NULL')"
        with cursor.copy(statement) as copy, file.open("rb") as stream:
            while block := stream.read(1 << 20):
                copy.write(block)


def _index(model: type[Score], lease: Lease) -> None:
    editor = connection.schema_editor()
    for index in model._meta.indexes:
        lease.progress(f"Indexing scores: {index.name}")
        with holding_claim(lease), connection.cursor() as cursor:
            cursor.execute(f'DROP INDEX IF EXISTS "{index.name}"')
            cursor.execute(str(index.create_sql(model, editor)))
