"""From finished figures to a published snapshot: identities, Parquet, the idle table, and one last transaction."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
from django.db import transaction
from django.utils import timezone

from core.money import plain
from core.runs import JobCancelled, JobRefused, Lease
from core.services.audit import record_event
from crm import ledger
from crm.models import CataloguePointer
from segmentation import store, tables
from segmentation.jobs import identities, showing
from segmentation.jobs.groups import Segmentation
from segmentation.jobs.inputs import Columns
from segmentation.models import Segment, Snapshot
from segmentation.selectors import current_snapshot, refresh_result
from segmentation.services import check_is_waiting


def reserve_segments(
    lease: Lease, snapshot: Snapshot, found: Segmentation
) -> tuple[Segmentation, list[int], list[dict[str, Any]]]:
    """The segments under the names that people gave them, the id of each label, and where each comes from.

    New segments get rows now, because the scores' file names them. A new row is known to its building snapshot alone
    until that is published; an attempt that broke off leaves rows that its successor, or the next refresh, removes.
    """
    identity = identities.trace(found, current_snapshot())
    with transaction.atomic():
        lease.guard()
        forget_reserved(snapshot)
        ids = [segment_id or _new_segment(found.names[label]) for label, segment_id in enumerate(identity.ids)]
        new = {segment_id for segment_id, earlier in zip(ids, identity.ids, strict=True) if earlier is None}
        snapshot.segments = [{"reserved": segment_id} for segment_id in sorted(new)]
        snapshot.save()
    return replace(found, names=identities.names(found.names, ids)), ids, identity.report(ids)


def _new_segment(name: str) -> int:
    return Segment.objects.create(name=name, created_at=timezone.now()).pk


def forget_reserved(snapshot: Snapshot) -> None:
    """Remove the segments that an unpublished snapshot had reserved."""
    reserved = [entry.get("reserved") or entry["segment"] for entry in snapshot.segments]
    Segment.objects.filter(pk__in=reserved, summaries__isnull=True).delete()


def write_scores(lease: Lease, snapshot: Snapshot, connection: duckdb.DuckDBPyConnection, columns: Columns) -> None:
    """Write the scores' file from the table `customers` and the calculated columns; one name for each attempt."""
    computed = pd.DataFrame(columns)
    connection.register("computed", computed)
    chosen = ", ".join(f'CAST({_source(name, kind)} AS {kind}) AS "{name}"' for name, kind in store.COLUMNS.items())
    selection = f"SELECT {chosen} FROM customers JOIN computed USING (customer_key) ORDER BY customer_key"

    def write(path: Path) -> None:
        options = f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {store.ROW_GROUP_SIZE}"
        connection.execute(f"COPY ({selection}) TO '{path}' ({options})")

    snapshot.path = f"snapshots/{snapshot.pk}-{lease.token}.parquet"
    _, snapshot.sha256 = ledger.write_atomically(snapshot.path, write)
    connection.unregister("computed")


def _source(name: str, kind: str) -> str:
    if name == "country":
        return "left(coalesce(country, ''), 80)"
    # NaN is how numpy says that a value is missing.
    return f"""nullif("{name}", 'NaN'::DOUBLE)""" if kind == "DOUBLE" else f'"{name}"'


def group_report(
    connection: duckdb.DuckDBPyConnection, column: str, names: Sequence[Any], totals: dict[str, Any]
) -> list[dict[str, Any]]:
    """Size and exact net revenue of each named group, with its share of all revenue and of known customers'."""
    found = {
        name: (size, revenue)
        for name, size, revenue in connection.execute(
            f"SELECT {column}, count(*), sum(revenue) FROM scores GROUP BY 1"
        ).fetchall()
    }
    return [_group(name, *found.get(name, (0, Decimal(0))), totals) for name in names]


def _group(name: Any, size: int, revenue: Decimal, totals: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "size": size,
        "revenue": plain(revenue),
        "share": _share(revenue, totals["revenue"]),
        "share_of_identified": _share(revenue, totals["identified_revenue"]),
    }


def _share(part: Decimal, whole: Decimal) -> float | None:
    """None where returns outweigh purchases: a part of less than nothing is no share."""
    return round(float(part / whole), 9) if whole > 0 else None


def publish(lease: Lease, snapshot: Snapshot, *, is_loaded: bool) -> dict[str, Any]:
    """The last transaction: the snapshot becomes the current one, or a candidate where new results have to wait."""
    with transaction.atomic():
        _check_ledger(snapshot, is_automatic=bool(lease.run.params.get("is_automatic")))
        with tables.holding_claim(lease) as pointer:
            lease.guard()
            _take(lease, snapshot)
            if is_loaded and not pointer.is_holding(timezone.localdate()):
                showing.show(pointer, snapshot)
                _record(lease, snapshot, "snapshot.published")
            else:
                showing.propose(pointer, snapshot)
                _record(lease, snapshot, "snapshot.proposed")
            result = refresh_result(snapshot, unchanged=False)
            lease.complete(result)
    return result


def _take(lease: Lease, snapshot: Snapshot) -> None:
    """Keep the figures of a new snapshot; one that waited has to wait still, for loading it took its time."""
    if snapshot.state == Snapshot.State.BUILDING:
        snapshot.save()
        return
    try:
        check_is_waiting(snapshot)
    except JobRefused as refusal:
        if lease.run.params.get("is_automatic"):
            raise JobCancelled from refusal
        raise


def _check_ledger(snapshot: Snapshot, *, is_automatic: bool) -> None:
    """Results of a ledger that has moved on are not shown: the change has already asked for newer ones."""
    pointer = CataloguePointer.objects.select_for_update().get(pk=1)
    if pointer.version_id is None or pointer.version_id != snapshot.catalogue_version_id:
        raise outdated(is_automatic=is_automatic)


def outdated(*, is_automatic: bool) -> JobCancelled | JobRefused:
    if is_automatic:
        return JobCancelled()
    return JobRefused(
        "outdated",
        "The uploads changed while this was being calculated, and newer results were asked for by that change: "
        "wait for them, then ask again if you still need these settings.",
    )


def _record(lease: Lease, snapshot: Snapshot, action: str) -> None:
    facts = {"customers": snapshot.customers, "as_of": snapshot.as_of.isoformat(), "unit": snapshot.unit}
    record_event(
        by=lease.run.created_by,
        action=action,
        obj=snapshot,
        key=snapshot.pk,
        facts=facts,
        changed={"fingerprint": snapshot.fingerprint, "content_hash": snapshot.content_hash, "sha256": snapshot.sha256},
    )
