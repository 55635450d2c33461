"""From findings to the queue, in one transaction: the same finding is the same row, and people's words stay."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from anomalies.jobs.found import Found
from anomalies.models import Anomaly, AnomalyEvent, Scan, Verdict
from anomalies.selectors import open_by_kind, scan_result
from core.runs import JobCancelled, JobRefused, Lease
from core.services.audit import record_event
from crm.models import CatalogueVersion
from segmentation.models import Snapshot, SnapshotPointer

# A resolved anomaly is opened again when it is clearly worse than what was judged: so many points of severity more, or
# this many times the money. Anything less would ask people the same question twice.
WORSE_POINTS = 20.0
WORSE_MONEY = Decimal(2)
BATCH = 500
WRITTEN = (
    *("status", "detector", "severity", "anomaly_score", "threshold", "summary", "reasons", "evidence", "money"),
    *("customer_id", "occurred_on", "latest_scan", "updated_at"),
)


def publish(
    lease: Lease, snapshot: Snapshot, version: CatalogueVersion, mark: str, found: Sequence[Found]
) -> dict[str, Any]:
    """Write the scan, its rows, and the run's end. Raises when the snapshot is shown no more."""
    with transaction.atomic():
        pointer = SnapshotPointer.objects.select_for_update().get(pk=1)
        lease.guard()
        if pointer.snapshot_id != snapshot.pk:
            raise outdated(lease)
        now = timezone.now()
        scan, _ = Scan.objects.update_or_create(
            fingerprint=mark,
            defaults={"finished_at": now, "run": lease.run},
            create_defaults={
                "snapshot": snapshot,
                "catalogue_version": version,
                "created_at": lease.run.started_at or now,
                "finished_at": now,
                "run": lease.run,
            },
        )
        new = _Queue(scan).fill(found)
        _count(scan, new)
        _record(lease, scan, found)
        result = scan_result(scan)
        lease.complete(result)
    return result


def outdated(lease: Lease) -> JobCancelled | JobRefused:
    """Results that are shown no more get no queue: whatever replaced them has asked for its own scan."""
    if lease.run.params.get("is_automatic"):
        return JobCancelled()
    return JobRefused(
        "outdated",
        "The results changed while this was looking at them. The newer ones are scanned by themselves: wait for that.",
    )


class _Queue:
    """The rows as they stand, and what becomes of them."""

    def __init__(self, scan: Scan) -> None:
        self.scan = scan
        self.now = scan.finished_at
        self.events: list[AnomalyEvent] = []

    def fill(self, found: Sequence[Found]) -> dict[str, int]:
        """Write rows and events; how many of each kind joined the open queue."""
        known = {(row.kind, row.key): row for row in Anomaly.objects.defer("evidence", "reasons")}
        judged = _judged()
        created: list[Anomaly] = []
        changed: list[Anomaly] = []
        new = dict.fromkeys(Anomaly.Kind.values, 0)
        for finding in found:
            row = known.pop((finding.kind, finding.key), None)
            before = row.status if row else ""
            row = self._written(row, finding)
            self._decide(row, before, judged.get(row.pk))
            new[row.kind] += row.status == Anomaly.Status.OPEN and before != Anomaly.Status.OPEN
            (changed if before else created).append(row)
        Anomaly.objects.bulk_create(created, batch_size=BATCH)
        Anomaly.objects.bulk_update(changed, list(WRITTEN), batch_size=BATCH)
        self._let_go([row for row in known.values() if row.status == Anomaly.Status.OPEN])
        AnomalyEvent.objects.bulk_create(self.events, batch_size=BATCH)
        return new

    def _written(self, row: Anomaly | None, finding: Found) -> Anomaly:
        row = row or Anomaly(
            kind=finding.kind,
            key=finding.key,
            first_scan=self.scan,
            created_at=self.now,
            severity=finding.severity,
        )
        for name, value in vars(finding).items():
            setattr(row, name, value)
        row.latest_scan, row.updated_at = self.scan, self.now
        return row

    def _decide(self, row: Anomaly, before: str, judged: dict[str, Any] | None) -> None:
        if before == Anomaly.Status.GONE:
            row.status = Anomaly.Status.OPEN
            self._note(row, AnomalyEvent.Kind.FOUND_AGAIN)
        elif before == Anomaly.Status.RESOLVED and judged and is_worse(row, judged):
            row.status = Anomaly.Status.OPEN
            self._note(row, AnomalyEvent.Kind.WORSE)

    def _let_go(self, rows: list[Anomaly]) -> None:
        for row in rows:
            row.status, row.updated_at = Anomaly.Status.GONE, self.now
            self._note(row, AnomalyEvent.Kind.GONE)
        Anomaly.objects.bulk_update(rows, ["status", "updated_at"], batch_size=BATCH)

    def _note(self, row: Anomaly, kind: AnomalyEvent.Kind) -> None:
        self.events.append(AnomalyEvent(anomaly=row, kind=kind, scan=self.scan, at=self.now))


def _judged() -> dict[int, dict[str, Any]]:
    """What each resolved anomaly was when its newest verdict was given."""
    verdicts = Verdict.objects.filter(anomaly__status=Anomaly.Status.RESOLVED).order_by("pk")
    return dict(verdicts.values_list("anomaly_id", "judged"))


def is_worse(row: Anomaly, judged: dict[str, Any]) -> bool:
    """Whether a resolved anomaly has grown beyond what was judged."""
    if row.severity >= float(judged["severity"]) + WORSE_POINTS:
        return True
    money = judged.get("money")
    return (
        money is not None and row.money is not None and Decimal(money) > 0 and row.money >= WORSE_MONEY * Decimal(money)
    )


def _count(scan: Scan, new: dict[str, int]) -> None:
    now_open = open_by_kind()
    scan.counts = {kind: {"open": now_open[kind], "new": new[kind]} for kind in Anomaly.Kind.values}
    scan.save(update_fields=["counts"])


def _record(lease: Lease, scan: Scan, found: Sequence[Found]) -> None:
    changed = sorted((finding.kind, finding.key, finding.severity) for finding in found)
    facts = {"snapshot": scan.snapshot_id, "found": len(found), "counts": scan.counts}
    record_event(by=lease.run.created_by, action="scan.published", obj=scan, key=scan.pk, facts=facts, changed=changed)
