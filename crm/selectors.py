"""Reads of uploads, customers and the ledger."""

from datetime import date
from typing import Any

from core.money import plain
from crm import ledger
from crm.models import CataloguePointer, CatalogueVersion, Upload


def current_version() -> CatalogueVersion | None:
    """The ledger's version that is published now."""
    pointer = CataloguePointer.objects.select_related("version").filter(pk=1).first()
    return pointer.version if pointer else None


def default_as_of() -> date | None:
    """The latest purchase day of the ledger that is not after its file was received."""
    return ledger.latest_purchase_on(current_version())


def has_demo_data() -> bool:
    return Upload.objects.filter(source=Upload.Source.DEMO, state=Upload.State.PUBLISHED).exists()


def has_real_data() -> bool:
    """Whether any real file was ever published: from then on the demo shop never comes back by itself."""
    return Upload.objects.exclude(source=Upload.Source.DEMO).filter(published_at__isnull=False).exists()


def upload_summary(upload: Upload) -> dict[str, Any]:
    """The upload as the `ingest` command and the API print it."""
    is_money = upload.kind == "transactions"
    return {
        "upload": upload.pk,
        "kind": upload.kind,
        "state": upload.state,
        "lines": upload.lines,
        "accepted": upload.accepted,
        "rejected": upload.rejected,
        "duplicates": upload.duplicates,
        "gross_revenue": plain(upload.gross_revenue) if is_money else "0",
        "returned_value": plain(upload.returned_value) if is_money else "0",
        "revenue": plain(upload.gross_revenue - upload.returned_value) if is_money else "0",
        "customers": upload.customers,
        "orders": upload.orders,
        "first_at": upload.first_at,
        "last_at": upload.last_at,
        "warnings": upload.warnings,
        "seconds": upload.seconds,
    }
