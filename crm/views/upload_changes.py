"""What a file changed in the figures that people watch: results before it beside the first results after it.

It looks into results, anomalies and the programme, which crm's own domain code may not know.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from anomalies.models import Scan
from core.models import Run
from crm.models import CatalogueVersion, Upload
from loyalty.models import Review
from segmentation.models import Snapshot
from segmentation.selectors import published_snapshots

# The work that follows a change of the ledger; while any of it runs, results are on their way.
CHAIN = ("segmentation.refresh", "anomalies.scan", "loyalty.review", "loyalty.report")


@dataclass(frozen=True)
class Change:
    """One figure before and after; None where it was not computed."""

    label: str
    before: Decimal | int | None
    after: Decimal | int | None
    is_money: bool = False

    @property
    def difference(self) -> Decimal | int | None:
        return self.after - self.before if self.after is not None and self.before is not None else None


@dataclass(frozen=True)
class Changes:
    """`after` is None while nothing newer than the upload has been computed."""

    before: Snapshot | None
    after: Snapshot | None
    rows: list[Change]
    is_running: bool
    others: int  # further files that the results after it also include for the first time


def changes_of(upload: Upload) -> Changes:
    """For a published upload, or one that was taken back since: what its publication changed."""
    version = CatalogueVersion.objects.filter(upload=upload, reason="publish").order_by("-pk").first()
    earlier = _results_before(upload, version)
    later = _results_after(upload, version)
    rows = _rows(earlier, later) if later else []
    return Changes(earlier, later, rows, is_chain_running(), _others(upload, earlier, later))


def is_chain_running() -> bool:
    return Run.objects.filter(kind__in=CHAIN, state__in=Run.ACTIVE).exists()


def _results_before(upload: Upload, version: CatalogueVersion | None) -> Snapshot | None:
    """The newest results that did not know the upload."""
    results = published_snapshots().order_by("-pk")
    if version is not None:
        return results.filter(catalogue_version_id__lt=version.pk).first()
    return results.filter(published_at__lt=upload.published_at).first() if upload.published_at else None


def _results_after(upload: Upload, version: CatalogueVersion | None) -> Snapshot | None:
    """The first results that did."""
    results = published_snapshots().order_by("pk")
    if version is not None:
        return results.filter(catalogue_version_id__gte=version.pk).first()
    return results.filter(published_at__gt=upload.published_at).first() if upload.published_at else None


def _rows(before: Snapshot | None, after: Snapshot) -> list[Change]:
    return [
        Change(_("Revenue"), _revenue(before), _revenue(after), is_money=True),
        Change(_("Customers"), before.customers if before else None, after.customers),
        Change(_("Insiders"), _members(before), _members(after)),
        Change(_("Open anomalies"), _open(before), _open(after)),
    ]


def _revenue(snapshot: Snapshot | None) -> Decimal | None:
    return Decimal(snapshot.totals["revenue"]) if snapshot and "revenue" in snapshot.totals else None


def _members(snapshot: Snapshot | None) -> int | None:
    reviews = Review.objects.filter(snapshot=snapshot, state=Review.State.APPLIED)
    return reviews.values_list("members", flat=True).first() if snapshot else None


def _open(snapshot: Snapshot | None) -> int | None:
    counts: dict[str, Any] | None = (
        Scan.objects.filter(snapshot=snapshot).values_list("counts", flat=True).first() if snapshot else None
    )
    return sum(kind["open"] for kind in counts.values()) if counts else None


def _others(upload: Upload, before: Snapshot | None, after: Snapshot | None) -> int:
    if after is None:
        return 0
    others = Upload.objects.exclude(pk=upload.pk).filter(published_at__lte=after.created_at)
    return others.filter(published_at__gt=before.created_at).count() if before else others.count()
