"""What must always hold of scans and the queue."""

from django.db.models import F, Q

from anomalies.models import Anomaly, Scan, Verdict
from anomalies.selectors import latest_scan, open_by_kind
from core.invariants import Finding, invariant
from segmentation.models import Snapshot


@invariant(3, "Every scan looked at published results.")
def scans_are_of_published_results() -> Finding:
    early = Scan.objects.exclude(snapshot__state=Snapshot.State.PUBLISHED).count()
    return not early, f"{early} scans belong to unpublished snapshots." if early else "They all did."


@invariant(9, "The queue is what the newest scan left and people said since.")
def the_queue_has_no_orphans() -> Finding:
    scan = latest_scan()
    waiting = Anomaly.objects.filter(status=Anomaly.Status.OPEN)
    stale = waiting.exclude(latest_scan=scan).count() if scan else waiting.count()
    mute = Anomaly.objects.filter(status=Anomaly.Status.RESOLVED, verdicts__isnull=True).count()
    backwards = Anomaly.objects.filter(latest_scan__finished_at__lt=F("first_scan__finished_at")).count()
    if stale or mute or backwards:
        return False, (
            f"{stale} open anomalies were not found by the newest scan, {mute} are resolved without a verdict, "
            f"{backwards} were found last before they were found first."
        )
    return True, f"{sum(open_by_kind().values())} open, all found by the newest scan; every resolved one has a verdict."


@invariant(9, "Verdicts know what they were given on.")
def verdicts_keep_their_anomaly() -> Finding:
    bare = Verdict.objects.filter(~Q(judged__has_key="severity")).count()
    return not bare, f"{bare} verdicts lack it." if bare else "They all do."
