"""Uploads as pages, commands and the API show them."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.models import Run
from core.money import plain
from core.ui import Column
from crm.models import Upload
from crm.reasons import WARNINGS
from crm.selectors.ledger_state import has_demo_data
from crm.selectors.progress import time_left

UPLOAD_COLUMNS = (
    Column(_("File")),
    Column(_("State")),
    Column(_("Lines"), is_numeric=True, hint=_("Accepted, without those that another file already held")),
    Column(_("Rejected"), is_numeric=True),
    Column(_("Revenue"), is_numeric=True, hint=_("Net of returns")),
    Column(_("Dates covered")),
    Column(_("Received")),
)
TONES = {
    Upload.State.PUBLISHED: "good",
    Upload.State.FAILED: "bad",
    Upload.State.MAPPING: "warning",
    Upload.State.SNIFFED: "warning",
    Upload.State.IMPORTING: "info",
    Upload.State.STORED: "info",
}


def uploads() -> QuerySet[Upload]:
    return Upload.objects.select_related("uploaded_by", "latest_run", "completes")


def file_names(uploads: set[int]) -> dict[int, str]:
    """The names of a few files, by upload."""
    return dict(Upload.objects.filter(pk__in=uploads).values_list("pk", "file_name"))


def upload_page(upload: Upload) -> dict[str, Any]:
    """What the upload's page shows besides its forms."""
    run = upload.latest_run
    return {
        "title": upload.file_name,
        "upload": upload,
        "tone": TONES.get(Upload.State(upload.state), "neutral"),
        "run": run if run is not None and run.is_active and not upload.is_being_checked else None,
        "failed_run": run if run is not None and _is_told(run) else None,
        "time_left": time_left(run, timezone.now()),
        "is_stopped": run is not None and run.state == "cancelled" and upload.state in {"stored", "importing"},
        "net_revenue": upload.net_revenue,
        "warnings": _warnings(upload),
        "replaces_demo": upload.source != Upload.Source.DEMO and has_demo_data(),
    }


def _warnings(upload: Upload) -> list[dict[str, Any]]:
    """In words; without repeated lines that were kept where other files hold every line, so that none was."""
    found = [item for item in upload.warnings if upload.accepted or item["code"] != "exact_duplicates"]
    return [{**item, "sentence": WARNINGS[item["code"]]} for item in found]


def _is_told(run: Run) -> bool:
    """Whether a run's end has to be told beside the upload, which says itself why its file can't be used."""
    return run.state == Run.State.DEAD or (run.kind == "crm.redo" and run.state == Run.State.FAILED)


def corrections(upload: Upload) -> dict[str, Any]:
    """The files that completed this one, and how many of its lines were rejected before they did."""
    found = list(upload.corrections.filter(state=Upload.State.PUBLISHED).order_by("pk"))
    return {"corrections": found, "rejected_at_first": upload.rejected + sum(each.accepted for each in found)}


def upload_summary(upload: Upload) -> dict[str, Any]:
    """The upload as the `ingest` command and the API print it."""
    is_money = upload.kind == "transactions" or bool(upload.orders)
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
        "revenue": plain(upload.net_revenue) if is_money else "0",
        "customers": upload.customers,
        "orders": upload.orders,
        "first_at": upload.first_at,
        "last_at": upload.last_at,
        "warnings": upload.warnings,
        "seconds": upload.seconds,
    }
