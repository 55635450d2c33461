"""The rejected lines as a CSV that can be corrected and uploaded again."""

import csv
from collections.abc import Iterator
from typing import Any

from core.spreadsheets import Echo, neutral
from crm import ledger
from crm.models import Upload
from crm.reasons import REASONS


def rejected_csv(upload: Upload) -> Iterator[str]:
    """The file line by line: line number, reason, changed cells, then the original columns."""
    writer = csv.writer(Echo())
    columns: list[str] = (upload.sniff or {})["columns"]
    yield writer.writerow(["line", "reason", "neutralised", *(neutral(name) for name in columns)])
    for line, code, *fields in ledger.rejected_rows(upload.rejected_path):
        safe = [neutral(value or "") for value in fields]
        changed = [name for name, old, new in zip(columns, fields, safe, strict=True) if (old or "") != new]
        yield writer.writerow([line, str(REASONS[code]), neutral(" ".join(changed)), *safe])


def rejected_examples(upload: Upload) -> list[dict[str, Any]]:
    """The first rejected lines of each reason, for the page."""
    if not upload.rejected_path:
        return []
    return [
        {"line": line, "reason": REASONS[code], "fields": fields}
        for line, code, *fields in ledger.rejected_examples(upload.rejected_path)
    ]
