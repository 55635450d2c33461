"""Look at a stored file: what it is, what its columns are, what a person has to decide."""

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from core.runs import JobRefused, Lease, fingerprint
from crm.intake import cleaning
from crm.intake.dialect import Dialect, dialect_of
from crm.intake.opening import OpenedTable, open_table
from crm.intake.proposal import Proposal, propose
from crm.intake.table import make_raw
from crm.jobs.latest import hold_upload, note_refusal, take_up
from crm.ledger import local_copy, scratch
from crm.ledger.reading import connect
from crm.models import SavedMapping, Upload
from crm.reasons import REASONS

# Enough to show what is wrong with a file while somebody waits for the page.
PROBLEM_LINES = 10_000


def sniff(lease: Lease) -> dict[str, Any]:
    """The job: fills `upload.sniff`, or refuses the file with a sentence."""
    upload = take_up(lease)
    try:
        found = _look(upload, lease)
    except JobRefused as refusal:
        note_refusal(lease, refusal)
        raise
    with transaction.atomic():
        upload = hold_upload(lease)
        upload.sniff = found
        upload.header_fingerprint = found["header_fingerprint"]
        upload.state = Upload.State.MAPPING if found["uncertain"] else Upload.State.SNIFFED
        upload.save(update_fields=["sniff", "header_fingerprint", "state"])
        result = {"upload": upload.pk, "state": upload.state, "uncertain": found["uncertain"]}
        lease.complete(result)
    return result


def _look(upload: Upload, lease: Lease) -> dict[str, Any]:
    options = (upload.mapping or {}).get("options", {})
    # The text may be the stored file itself, so that its copy has to last as long as the reading.
    with local_copy(upload.storage_name) as source, tempfile.TemporaryDirectory(dir=scratch()) as folder:
        lease.progress("Reading the text")
        text = open_table(source, Path(folder), options=options, progress=lease.progress)
        dialect = dialect_of(text, options)
        connection = connect(memory_mb=1000)
        try:
            lease.progress("Looking at the columns")
            lines = make_raw(connection, text.path, dialect, Path(folder))
            mark = fingerprint(dialect.header, dialect.has_header)
            saved = SavedMapping.objects.filter(header_fingerprint=mark).first()
            proposal = propose(connection, dialect, remembered=saved.mapping if saved else None)
            if len(text.sheets) > 1 and not options.get("sheet"):
                proposal.ask("sheet", f"The workbook has several sheets: {', '.join(text.sheets)}. Which one is it?")
            if not lines:
                proposal.ask("file", "The file has a header but no lines. Is this the right export?")
            problems = _problems(connection, dialect, proposal)
        finally:
            connection.close()
    return _as_json(text, dialect, proposal, lines, mark, problems)


def _problems(connection: Any, dialect: Dialect, proposal: Proposal) -> list[dict[str, Any]]:
    """Of the first lines, those that would be rejected under the proposal, by reason; none while it is incomplete."""
    if proposal.uncertain and any(
        item["field"] in {"ordered_at", "amount", "date_format", "file", "sheet"} for item in proposal.uncertain
    ):
        return []
    columns = cleaning.Columns(dialect, proposal.columns, proposal.options)
    connection.execute(f"DELETE FROM raw WHERE n > {PROBLEM_LINES}")
    cleaning.make_cleaned(connection, columns, shop_zone=settings.TIME_ZONE, currency=settings.REPORTING_CURRENCY)
    rows = connection.execute(
        "SELECT reason, count(*), min(line_no) FROM cleaned WHERE reason IS NOT NULL GROUP BY 1 ORDER BY 2 DESC"
    ).fetchall()
    return [
        {"code": code, "lines": count, "first_line": first, "sentence": str(REASONS[code])}
        for code, count, first in rows
    ]


def _as_json(
    text: OpenedTable, dialect: Dialect, proposal: Proposal, lines: int, mark: str, problems: list[dict[str, Any]]
) -> dict[str, Any]:
    options = {
        "decimal": ".",
        "time_zone": settings.TIME_ZONE,
        "currency": settings.REPORTING_CURRENCY,
        "guests": "guest",
        **proposal.options,
        # How this file was read, whatever another one was.
        "encoding": text.encoding,
        "delimiter": dialect.delimiter,
        "header": dialect.has_header,
        **({"sheet": text.sheet} if text.sheet else {}),
    }
    return {
        "format": proposal.format,
        "container": text.container,
        "sheets": text.sheets,
        "encoding": text.encoding,
        "undecodable": text.undecodable,
        "newline": text.newline,
        "lines": lines,
        "columns": dialect.header,
        "rows": dialect.rows[:10],
        "header_fingerprint": mark,
        "proposal": {"kind": "transactions", "columns": proposal.columns, "options": options},
        "confidence": proposal.confidence,
        "reasons": proposal.reasons,
        "uncertain": proposal.uncertain,
        "problems": problems,
        "sniffed_at": timezone.now().isoformat(),
        "dialect": {**asdict(dialect), "rows": []},
    }
