"""Removing what broken-off refreshes left: snapshots that nobody builds any more, their segments and files."""

from django.db import transaction
from django.db.models import QuerySet

from core.models import Run
from core.runs import Lease
from crm.ledger.storage import delete, listing
from segmentation.jobs.publishing import forget_reserved
from segmentation.models import Snapshot
from segmentation.selectors import declined_snapshot


def remove_abandoned(lease: Lease) -> None:
    """Drop unpublished snapshots whose run is over, those turned down before the last, and files of broken attempts."""
    with transaction.atomic():
        lease.guard()
        for snapshot in _abandoned():
            forget_reserved(snapshot)
            snapshot.delete()
    _remove_files(lease)


def _abandoned() -> QuerySet[Snapshot]:
    kept = [Snapshot.State.PUBLISHED, Snapshot.State.CANDIDATE]
    declined = declined_snapshot()
    unfinished = Snapshot.objects.exclude(state__in=kept).exclude(run__state__in=Run.ACTIVE)
    return unfinished.exclude(pk=declined.pk) if declined else unfinished


def _remove_files(lease: Lease) -> None:
    """A file belongs to a finished snapshot, or to the present attempt of an active run."""
    # The order matters: a file written after the listing is not in it, and a refresh that publishes between the two
    # reads of rows has been seen while it was building.
    found = list(listing("snapshots"))
    building = Snapshot.objects.filter(state=Snapshot.State.BUILDING).values_list("pk", "run__fencing_token")
    kept = {f"snapshots/{key}-{token}.parquet" for key, token in building}
    kept |= set(Snapshot.objects.exclude(path="").values_list("path", flat=True))
    for file in found:
        if file.name not in kept:
            delete(file.name)
