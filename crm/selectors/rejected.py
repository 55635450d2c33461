"""The rejected lines as a CSV that can be corrected and uploaded again."""

import csv
from collections.abc import Iterator, Sequence
from typing import Any

from core.spreadsheets import Echo, neutral
from crm import ledger
from crm.corrections import columns_of, download_header, word_of
from crm.ledger.completing import corrected_paths
from crm.models import Upload
from crm.reasons import REASONS


def rejected_csv(upload: Upload) -> Iterator[str]:
    """The lines that are still rejected, line by line: number, reason, changed cells, the columns, whose they are.

    What a corrections file could not put right is given as lines of the first file again, as they were corrected last.
    """
    writer = csv.writer(Echo())
    owner = upload.completes or upload
    columns = columns_of(owner)
    yield writer.writerow(download_header(columns))
    for line, code, *fields in _rows(upload):
        number, own = (fields[len(columns)], fields[: len(columns)]) if upload.completes else (line, fields)
        yield writer.writerow([number, str(REASONS[code]), *_cells(columns, own), word_of(owner)])


def _cells(columns: Sequence[str], fields: Sequence[str | None]) -> list[str]:
    """Which cells are marked against formulas, then the cells."""
    safe = [neutral(value or "") for value in fields]
    changed = [name for name, old, new in zip(columns, fields, safe, strict=True) if (old or "") != new]
    return [neutral(" | ".join(changed)), *safe]


def _rows(upload: Upload) -> Iterator[tuple[Any, ...]]:
    return ledger.rejected_rows(upload.rejected_path, corrected_paths(upload))


def rejected_examples(upload: Upload) -> list[dict[str, Any]]:
    """The first rejected lines of each reason, for the page."""
    if not upload.rejected_path:
        return []
    columns = columns_of(upload.completes or upload)
    rows = ledger.rejected_examples(upload.rejected_path, corrected_paths(upload))
    return [
        {
            "line": fields[len(columns)] if upload.completes else line,
            "reason": REASONS[code],
            "fields": fields[: len(columns)],
        }
        for line, code, *fields in rows
    ]
