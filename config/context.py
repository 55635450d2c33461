"""What every page knows of the product's state: it looks into several apps, so it stands here."""

from functools import cache
from typing import Any

from django.http import HttpRequest

from core.models import Run
from crm.models import CatalogueVersion
from crm.selectors import has_demo_data, newer_version
from segmentation.models import Snapshot
from segmentation.selectors import candidate_snapshot, current_snapshot

# The work that follows a change of the ledger.
CHAIN = ("segmentation.refresh", "segmentation.promote", "anomalies.scan", "loyalty.review", "loyalty.report")


def product_context(request: HttpRequest) -> dict[str, Any]:
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {}
    snapshot = current_snapshot()
    return {
        "is_demo": has_demo_data(),
        "snapshot": snapshot,
        "snapshot_as_of": snapshot.as_of if snapshot else None,
        # Looked up where a page shows it, not for every piece of one.
        "ledger_news": cache(lambda: _ledger_news(snapshot)),
    }


def _ledger_news(snapshot: Snapshot | None) -> dict[str, Any] | None:
    """What happened to the ledger since the results of the page; None while they know all its lines."""
    version = newer_version(snapshot.catalogue_version_id) if snapshot else None
    if version is None:
        return None
    return {
        "is_undo": version.reason == CatalogueVersion.Reason.UNDO,
        "file_name": version.upload.file_name if version.upload else "",
        "is_waiting": candidate_snapshot() is not None,
        "is_running": Run.objects.filter(kind__in=CHAIN, state__in=Run.ACTIVE).exists(),
    }
