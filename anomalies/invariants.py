"""What must always hold of scans and the queue."""

from django.db.models import F, Q, QuerySet

from anomalies.models import Anomaly, AnomalyEvent, Scan, Verdict
from anomalies.selectors import latest_scan, open_by_kind
from core.invariants import Finding, invariant
from segmentation.models import Snapshot


@invariant(3, "Every scan looked at published results.")
def scans_are_of_published_results() -> Finding:
    early = Scan.objects.exclude(snapshot__state=Snapshot.State.PUBLISHED).count()
    return not early, f"{early} scans belong to unpublished snapshots." if early else "They all did."


@invariant(9, "The queue is what the newest scan left and people said since.")
def the_queue_has_no_orphans() -> Finding:
    waiting = Anomaly.objects.filter(status=Anomaly.Status.OPEN)
    stale = _stale(waiting).count()
    mute = Anomaly.objects.filter(status=Anomaly.Status.RESOLVED, verdicts__isnull=True).count()
    backwards = Anomaly.objects.filter(latest_scan__finished_at__lt=F("first_scan__finished_at")).count()
    if stale or mute or backwards:
        return False, (
            f"{stale} open anomalies were not found by the newest scan, {mute} are resolved without a verdict, "
            f"{backwards} were found last before they were found first."
        )
    count = sum(open_by_kind().values())
    return True, f"{count} open, each found by the newest scan or opened by a person since; resolved ones were judged."


def _stale(waiting: QuerySet[Anomaly]) -> QuerySet[Anomaly]:
    """Open rows that neither the newest scan found nor a person opened again after it."""
    scan = latest_scan()
    if scan is None:
        return waiting
    again = AnomalyEvent.objects.filter(kind=AnomalyEvent.Kind.REOPENED, at__gte=scan.finished_at)
    return waiting.exclude(latest_scan=scan).exclude(pk__in=again.values("anomaly"))


@invariant(9, "Verdicts know what they were given on.")
def verdicts_keep_their_anomaly() -> Finding:
    bare = Verdict.objects.filter(~Q(judged__has_key="severity")).count()
    return not bare, f"{bare} verdicts lack it." if bare else "They all do."
