"""Promotion and roll back: a finished snapshot's scores are loaded, and the pointer swaps.

Its file and its figures stay as they were calculated. Everything before the last transaction may be repeated.
"""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.runs import JobRefused, Lease
from core.services.audit import record_event
from crm.models import CataloguePointer
from segmentation import tables
from segmentation.jobs import showing
from segmentation.models import Snapshot, SnapshotPointer
from segmentation.selectors import current_snapshot, refresh_result
from segmentation.services import check_can_return, check_is_seen, check_is_waiting


def promote(lease: Lease) -> dict[str, Any]:
    """Kind `segmentation.promote`; params: snapshot, is_rollback; for a candidate instead_of; else is_pinned, until."""
    snapshot = Snapshot.objects.filter(pk=lease.run.params["snapshot"]).first()
    if snapshot is None:
        raise JobRefused("gone", "These results were removed meanwhile: look at those that are there now.")
    if snapshot != current_snapshot():
        _check(lease, snapshot)
        snapshot.score_table = tables.claim_idle_table(lease)
        tables.load_snapshot(snapshot.score_table, snapshot, lease)
    lease.progress("Publishing")
    return _publish(lease, snapshot)


def _check(lease: Lease, snapshot: Snapshot) -> None:
    if lease.run.params["is_rollback"]:
        check_can_return(snapshot)
        return
    check_is_waiting(snapshot)
    check_is_seen(SnapshotPointer.objects.get(pk=1), lease.run.params["instead_of"])


def _publish(lease: Lease, snapshot: Snapshot) -> dict[str, Any]:
    with transaction.atomic():
        ledger = CataloguePointer.objects.select_for_update().get(pk=1)
        if snapshot == current_snapshot():
            result = refresh_result(snapshot, unchanged=True)
            lease.complete(result)
            return result
        with tables.holding_claim(lease) as pointer:
            lease.guard()
            _check(lease, snapshot)
            _check_ledger(ledger, snapshot)
            before = pointer.snapshot_id
            _pin(lease, pointer)
            showing.show(pointer, snapshot)
            _record(lease, snapshot, before)
            result = refresh_result(snapshot, unchanged=False)
            lease.complete(result)
    return result


def _check_ledger(ledger: CataloguePointer, snapshot: Snapshot) -> None:
    """Results that wait have to know the present lines; earlier ones are asked for although they do not."""
    if ledger.version is None:
        raise JobRefused("no_purchases", "Every file was taken back, so there are no results to show.")
    if snapshot.state == Snapshot.State.PUBLISHED:
        return
    known = snapshot.catalogue_version
    if known is None or known.lines_mark != ledger.version.lines_mark:
        raise JobRefused(
            "outdated",
            "The uploads changed since these results were calculated, and newer ones were asked for by that change: "
            "wait for them, then look again at what would change.",
        )


def _pin(lease: Lease, pointer: SnapshotPointer) -> None:
    """Going back keeps what it went back to, unless asked otherwise; going forward ends any keeping."""
    params = lease.run.params
    is_pinned = params["is_rollback"] and params["is_pinned"]
    pointer.pinned_at = timezone.now() if is_pinned else None
    pointer.pinned_until = date.fromisoformat(params["until"]) if is_pinned and params["until"] else None


def _record(lease: Lease, snapshot: Snapshot, before: int | None) -> None:
    params = lease.run.params
    facts = {"before": before, "as_of": snapshot.as_of.isoformat(), "customers": snapshot.customers}
    if params["is_rollback"]:
        facts |= {"is_pinned": params["is_pinned"], "until": params["until"]}
    record_event(
        by=lease.run.created_by,
        action="snapshot.rolled_back" if params["is_rollback"] else "snapshot.promoted",
        obj=snapshot,
        key=snapshot.pk,
        facts=facts,
        changed={"content_hash": snapshot.content_hash, "sha256": snapshot.sha256},
    )
