"""The demo shop goes with everything that was concluded from it."""

from django.db import transaction
from django.db.models import QuerySet

from anomalies.models import Anomaly, Scan
from core.models import Run
from core.services.audit import record_event
from crm.models import Upload
from crm.selectors import has_demo_data, has_real_data
from loyalty.models import (
    Action,
    Advice,
    BulkAction,
    Experiment,
    Groundwork,
    MemberNote,
    Membership,
    MembershipEvent,
    Pin,
    Report,
    Review,
    RuleVersion,
)
from segmentation.models import Segment, Snapshot, SnapshotPointer

BOOK = (
    Action,
    Advice,
    Experiment,
    Groundwork,
    Report,
    Pin,
    MemberNote,
    BulkAction,
    Membership,
    MembershipEvent,
    Review,
    RuleVersion,
)


def forget_demo_after(after: Run | None = None) -> None:
    """When the first real file has taken the demo's place: its results, queue, rules and members go too.

    Called within the transaction that publishes the real file. Invented and real lines never were together in the
    ledger, so everything computed so far is the demo's; the real shop starts with rules of its own.
    """
    if has_demo_data() or not has_real_data() or not _demo_results().exists():
        return
    with transaction.atomic():
        counts = {"members": Membership.objects.count(), "snapshots": Snapshot.objects.count()}
        for model in (*BOOK, Anomaly, Scan):
            model.objects.all().delete()
        SnapshotPointer.objects.filter(pk=1).update(snapshot=None, pinned_at=None, pinned_until=None)
        Snapshot.objects.all().delete()
        Segment.objects.all().delete()
        record_event(by=None, action="demo.removed", obj="demo", key="demo", facts=counts)


def _demo_results() -> QuerySet[Snapshot]:
    return Snapshot.objects.filter(catalogue_version__entries__file__upload__source=Upload.Source.DEMO)
