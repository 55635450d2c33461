"""The scan: from a published snapshot and its ledger to the queue.

Everything before the last transaction only reads, so it may be repeated, after a kill or at once in two processes. The
last transaction compares what was found with the queue and writes the difference. The same fingerprint again means
that nothing is to be done.
"""

from datetime import date, timedelta
from typing import Any

from anomalies.jobs import customers, days, publishing
from anomalies.jobs.found import Found
from anomalies.models import Anomaly, Scan, Verdict
from anomalies.selectors import latest_scan, scan_result
from core.runs import Lease, fingerprint
from crm import ledger
from crm.models import CatalogueVersion
from segmentation.models import Snapshot
from segmentation.selectors import current_snapshot

# Another number whenever the same snapshot gives other findings or another form of them.
FORMAT_VERSION = 1


def scan(lease: Lease) -> dict[str, Any]:
    """Kind `anomalies.scan`; params: snapshot."""
    snapshot, version = _asked(lease)
    answered = answered_days()
    mark = fingerprint(snapshot.pk, version.lines_mark, sorted(answered), FORMAT_VERSION)
    known = Scan.objects.filter(fingerprint=mark).first()
    if known is not None and known == latest_scan():
        return scan_result(known, is_repeat=True)
    found = _look(lease, snapshot, version, answered)
    lease.progress("Filling the queue", 0, len(found))
    return publishing.publish(lease, snapshot, version, mark, found)


def _asked(lease: Lease) -> tuple[Snapshot, CatalogueVersion]:
    """The snapshot that was asked for, as long as it is the current one."""
    snapshot = current_snapshot()
    if snapshot is None or snapshot.pk != lease.run.params["snapshot"] or snapshot.catalogue_version is None:
        raise publishing.outdated(lease)
    return snapshot, snapshot.catalogue_version


def answered_days() -> set[date]:
    """Days that people called closed: the newest word on a resolved question counts."""
    questions = Anomaly.objects.filter(kind=Anomaly.Kind.DATA, status=Anomaly.Status.RESOLVED)
    said = {verdict.anomaly_id: verdict for verdict in Verdict.objects.filter(anomaly__in=questions).order_by("pk")}
    closed = [question for question in questions if _is_expected(said.get(question.pk))]
    return {date.fromisoformat(day) for question in closed for day in question.evidence.get("days", [])}


def _is_expected(verdict: Verdict | None) -> bool:
    return verdict is not None and verdict.verdict == Verdict.Value.EXPECTED


def _look(lease: Lease, snapshot: Snapshot, version: CatalogueVersion, answered: set[date]) -> list[Found]:
    with ledger.reading(version) as connection:
        lease.progress("Comparing customers")
        found = customers.find_customers(snapshot, connection)
        lease.progress("Comparing days")
        last = last_complete_day(snapshot.as_of, ledger.latest_purchase_on(version))
        found += days.find_days(days.read_days(connection, last), last, answered=answered)
    return found


def last_complete_day(as_of: date, latest_on: date | None) -> date:
    """The last day that can be judged: the ledger's latest day may have ended after its file was written, so it counts
    only once a later day is there."""
    return as_of if latest_on is not None and latest_on > as_of else as_of - timedelta(days=1)
