"""What the newest scan was, and what it says to a command."""

from typing import Any

from django.db.models import Count

from anomalies.models import Anomaly, Scan
from core.models import Run


def latest_scan() -> Scan | None:
    """The scan that filled the queue as it is now."""
    return Scan.objects.select_related("snapshot").order_by("-finished_at", "-pk").first()


def open_by_kind() -> dict[str, int]:
    """How many wait in the queue, all eight kinds present."""
    waiting = Anomaly.objects.filter(status=Anomaly.Status.OPEN).order_by()
    counted = dict(waiting.values_list("kind").annotate(Count("pk")))
    return {kind: counted.get(kind, 0) for kind in Anomaly.Kind.values}


def scan_result(scan: Scan, *, is_repeat: bool = False) -> dict[str, Any]:
    """What `manage.py scan` prints; a repeat of a scan found nothing new by definition."""
    now_open = open_by_kind()
    new = {kind: 0 if is_repeat else scan.counts.get(kind, {}).get("new", 0) for kind in Anomaly.Kind.values}
    return {
        "scan": scan.pk,
        "open": sum(now_open.values()),
        "new": sum(new.values()),
        "kinds": {kind: {"open": now_open[kind], "new": new[kind]} for kind in Anomaly.Kind.values},
    }


def scan_result_of(run: Run) -> dict[str, Any]:
    """The result of a finished scan run."""
    return dict(run.result or {})
