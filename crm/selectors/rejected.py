"""The rejected lines as a CSV that can be corrected and uploaded again."""

import csv
from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext as _

from core.spreadsheets import Echo, neutral
from crm import ledger
from crm.corrections import columns_of, download_header, marks_of, word_of
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
    has_overflow = _has_overflow(upload)
    names = [*columns, marks_of(columns).beyond] if has_overflow else columns
    yield writer.writerow(download_header(columns, has_overflow=has_overflow))
    for row in _rows(upload):
        number, code, cells = _parts(upload, len(columns), row)
        yield writer.writerow([number, str(REASONS[code]), *_cells(names, cells[: len(names)]), word_of(owner)])


def _has_overflow(upload: Upload) -> bool:
    return any(item["code"] == "too_many_fields" for item in upload.rejections)


def _parts(upload: Upload, width: int, row: Sequence[Any]) -> tuple[Any, str, list[str | None]]:
    """The line's number in the first file, the reason's code, the cells, and behind them what the line had beyond.

    Behind the columns stands what was beyond them, then a correction's line number and fault; files of before that
    was kept lack the first.
    """
    line, code, *fields = row
    own, more = fields[:width], fields[width:]
    overflow = more.pop(0) if len(more) % 2 else None
    return (more[0] if upload.completes else line), code, [*own, overflow]


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
    width = len(columns_of(upload.completes or upload))
    rows = ledger.rejected_examples(upload.rejected_path, corrected_paths(upload))
    found = [_parts(upload, width, row) for row in rows]
    shown = width + 1 if _has_overflow(upload) else width
    return [{"line": number, "reason": REASONS[code], "fields": cells[:shown]} for number, code, cells in found]


def rejected_columns(upload: Upload) -> list[str]:
    """The headings of the examples' fields."""
    columns = columns_of(upload.completes or upload)
    return [*columns, _("Beyond the last column")] if _has_overflow(upload) else columns
