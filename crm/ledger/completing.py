"""A file with the lines that were corrected since: its files in the ledger, in its own place, and what they come to.

Corrected lines are lines of the first file, under its number and theirs in it. So they are compared with other files
as if the first file had been right from the beginning: two equal lines on one receipt stay two.
"""

from datetime import UTC
from typing import Any

from django.utils import timezone

from crm.ledger.publishing import Plan, current, figures_of
from crm.ledger.reading import connect, entries_of, quoted
from crm.ledger.rejects import rejection_counts
from crm.ledger.relations import RELATIONS
from crm.ledger.storage import explained, location
from crm.models import LedgerFile, Upload
from crm.reasons import REASONS


def files_now(upload: Upload) -> list[LedgerFile]:
    """The upload's files in the ledger as it is, in their order."""
    return [entry.file for entry in entries_of(current()) if entry.file.upload_id == upload.pk]


def corrected_paths(upload: Upload) -> list[str]:
    """The files of lines that were corrected and count now."""
    return [file.path for file in files_now(upload) if file.correction_id]


def with_correction(first: Upload, files: list[LedgerFile]) -> list[LedgerFile]:
    """The first file's files and those of one more correction."""
    return [*(file for file in files_now(first) if file not in files), *files]


def without_correction(first: Upload, correction: Upload) -> list[LedgerFile]:
    return [file for file in files_now(first) if file.correction_id != correction.pk]


def is_all_rejected(first: Upload) -> bool:
    """Whether it was to be published and had no line that could be: it waits for its corrections."""
    is_empty = first.state == Upload.State.IMPORTED and first.accepted + first.duplicates == 0
    return is_empty and first.is_publish_wanted


def can_be_completed(first: Upload) -> bool:
    return bool(first.rejected_path) and (first.state == Upload.State.PUBLISHED or is_all_rejected(first))


def first_figures(first: Upload, plan: Plan) -> dict[str, Any]:
    """What else changes at the first file: how many lines are still rejected, why, and the days that it covers."""
    found = plan.figures[first.pk]
    files = [entry.file for entry in plan.entries if entry.file.upload_id == first.pk]
    corrected = [file.path for file in files if file.correction_id]
    counts = rejection_counts(first.rejected_path, corrected) if first.rejected_path else []
    return {
        "rejected": first.lines - found["accepted"] - found["duplicates"],
        "rejections": [{**item, "sentence": str(REASONS[item["code"]])} for item in counts],
        **_moments(files),
        **_standing(first, bool(files)),
    }


def _standing(first: Upload, has_lines: bool) -> dict[str, Any]:
    """A file is published with its first right lines, and is not any more when the last of them go."""
    if has_lines and is_all_rejected(first):
        return {"state": Upload.State.PUBLISHED, "published_at": timezone.now()}
    if not has_lines and first.state == Upload.State.PUBLISHED:
        return {"state": Upload.State.IMPORTED, "published_at": None, "first_at": None, "last_at": None}
    return {}


def figures_of_file(files: list[LedgerFile]) -> dict[str, Any]:
    """What a correction's own lines come to, whatever other files hold of them."""
    if not files:
        return {}
    found = figures_of(files)
    return {name: value for name, value in found.items() if name not in {"accepted", "duplicates"}}


@explained()
def _moments(files: list[LedgerFile]) -> dict[str, Any]:
    """The first and the last moment in an upload's files."""
    parts = [
        f"SELECT {relation.moment} AS moment FROM read_parquet({quoted(location(file.path))})"
        for relation in RELATIONS.values()
        for file in files
        if file.kind in relation.kinds
    ]
    if not parts:
        return {}
    connection = connect(threads=1, memory_mb=512)
    try:
        row = connection.execute(f"SELECT min(moment), max(moment) FROM ({' UNION ALL '.join(parts)})").fetchone()
    finally:
        connection.close()
    first_at, last_at = row or (None, None)
    return {
        "first_at": first_at and first_at.replace(tzinfo=UTC),
        "last_at": last_at and last_at.replace(tzinfo=UTC),
    }
