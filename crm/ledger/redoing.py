"""What is still there of a file that was taken back: its ledger files, until a sweep clears them."""

from crm.ledger.completing import corrected_paths
from crm.ledger.reading import connect, quoted
from crm.ledger.storage import location
from crm.models import CatalogueEntry, LedgerFile, Upload


def files_before(upload: Upload) -> list[LedgerFile]:
    """The files that it had when it was last published, a correction's own alone; none after a sweep."""
    is_mine = {"file__correction": upload} if upload.completes_id else {"file__upload": upload}
    entries = CatalogueEntry.objects.filter(**is_mine).select_related("file").order_by("-version_id", "position")
    newest = entries.first()
    if newest is None:
        return []
    return [entry.file for entry in entries.filter(version_id=newest.version_id).order_by("position")]


def can_come_back(upload: Upload) -> bool:
    """Whether one click brings it back without reading the file again."""
    return upload.state == Upload.State.UNDONE and (has_records(upload) or bool(files_before(upload)))


def has_records(upload: Upload) -> bool:
    """Whether it is a file of customers whose records are all there: they leave nothing in the ledger."""
    return upload.kind == "customers" and upload.customer_records.exists()


def conflicts(first: Upload, files: list[LedgerFile]) -> int:
    """How many lines of these corrections count already, corrected by another file."""
    mine = {file.path for file in files}
    others = [path for path in corrected_paths(first) if path not in mine]
    if not others:
        return 0
    connection = connect(threads=1, memory_mb=256)
    try:
        row = connection.execute(
            f"""SELECT count(*) FROM read_parquet([{_listed(sorted(mine))}])
            WHERE line_no IN (SELECT line_no FROM read_parquet([{_listed(others)}]))"""
        ).fetchone()
    finally:
        connection.close()
    return int(row[0]) if row else 0


def _listed(paths: list[str]) -> str:
    return ", ".join(quoted(location(path)) for path in paths)
