"""Look at a stored file: what it is, what its columns are, what a person has to decide."""

import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from core.runs import JobRefused, Lease, fingerprint
from crm.fields import KINDS
from crm.intake.checking import CHECKED, find_problems
from crm.intake.dialect import Dialect, dialect_of
from crm.intake.opening import OpenedTable, open_table
from crm.intake.profiling import ColumnProfile, as_json
from crm.intake.proposal import Proposal, propose, tried
from crm.intake.proposal.dates import shares_read, time_field
from crm.intake.sampling import Sample, take_sample
from crm.intake.table import make_raw, record_sql, source_of
from crm.jobs.corrected import recognised
from crm.jobs.latest import hold_upload, note_refusal, take_up
from crm.ledger import local_copy, scratch
from crm.ledger.reading import connect
from crm.models import SavedMapping, Upload
from crm.services.options import tidy_options

# A larger share of lines that can't be read is no matter of a few slips.
MOST_LOST = 0.2


def sniff(lease: Lease) -> dict[str, Any]:
    """The job: fills `upload.sniff`, or refuses the file with a sentence."""
    upload = take_up(lease)
    try:
        first, found = recognised(_look(upload, lease))
    except JobRefused as refusal:
        note_refusal(lease, refusal)
        raise
    with transaction.atomic():
        upload = hold_upload(lease)
        upload.sniff, upload.completes = found, first
        upload.header_fingerprint = found["header_fingerprint"]
        upload.kind = found["proposal"]["kind"]
        upload.state = Upload.State.MAPPING if found["uncertain"] else Upload.State.SNIFFED
        upload.save(update_fields=["sniff", "completes", "header_fingerprint", "kind", "state"])
        result = {"upload": upload.pk, "state": upload.state, "uncertain": found["uncertain"]}
        lease.complete(result)
    return result


@dataclass
class Look:
    """One look at one file: what was opened, and what a person said of it so far."""

    text: OpenedTable
    dialect: Dialect
    sample: Sample
    folder: Path
    wanted: dict[str, Any]
    connection: duckdb.DuckDBPyConnection

    def whole_file(self, column: str, names: list[str]) -> dict[str, float]:
        """Which share of a column's dates each format reads, over every line of the file."""
        place = self.dialect.header.index(column)
        records = record_sql(self.text.path, self.dialect)
        return shares_read(self.connection, f"SELECT c{place} AS t FROM ({records})", names)


def _look(upload: Upload, lease: Lease) -> dict[str, Any]:
    wanted = upload.mapping or {}
    options = wanted.get("options", {})
    # The text may be the stored file itself, so that its copy has to last as long as the reading.
    with local_copy(upload.storage_name) as source, tempfile.TemporaryDirectory(dir=scratch()) as folder:
        lease.progress("Reading the text")
        text = open_table(source, Path(folder), options=options, progress=lease.progress)
        dialect = dialect_of(text, options)
        sample = take_sample(text.path, Path(folder) / "sample.csv")
        connection = connect(memory_mb=1000)
        try:
            lease.progress("Looking at the columns")
            return _found(Look(text, dialect, sample, Path(folder), wanted, connection))
        finally:
            connection.close()


def _found(look: Look) -> dict[str, Any]:
    """The file's description as JSON."""
    lines = _make_raw(look)
    mark = fingerprint(look.dialect.header, look.dialect.has_header)
    saved = SavedMapping.objects.filter(header_fingerprint=mark).first()
    proposal, profiles = propose(
        look.connection,
        look.dialect,
        remembered=_tidy(saved.mapping) if saved else None,
        wanted=look.wanted,
        whole_file=look.whole_file if look.sample.is_partial and look.dialect.delimiter != " " else None,
    )
    if len(look.text.sheets) > 1 and not look.wanted.get("options", {}).get("sheet"):
        names = ", ".join(look.text.sheets)
        proposal.ask("sheet", f"The workbook has several sheets: {names}. Which one is it?")
    if look.text.mixed:
        proposal.ask("encoding", _question_of_encodings(look.text))
    if not lines:
        proposal.ask("file", "The file has a header but no lines. Is this the right export?")
    attempt = tried(look.connection, look.dialect, profiles, proposal, look.wanted)
    defaults = _defaults(look)
    problems = _problems(look, attempt, defaults, lines)
    if problems:
        _ask_about_losses(attempt, problems, min(lines, CHECKED))
    described = _as_json(look, proposal, profiles, defaults)
    estimated = max(look.sample.estimated - look.dialect.skip, 0)
    return {
        **described,
        "lines": estimated if look.sample.is_partial else lines,
        "lines_are_estimated": look.sample.is_partial,
        "looked_at": lines,
        "header_fingerprint": mark,
        "remembered": _saved_as_json(saved) if saved and proposal.format == "Remembered" else None,
        "attempt": {"kind": attempt.kind, "columns": attempt.columns, "options": {**defaults, **attempt.options}},
        "uncertain": attempt.uncertain,
        "notices": attempt.notices,
        "choices": attempt.choices,
        "problems": problems,
    }


def _question_of_encodings(text: OpenedTable) -> str:
    """Both readings: whichever is chosen, the lines of the other one have to be looked after."""
    as_utf8, as_guessed = text.mixed
    return (
        f"Some lines are written in UTF-8, more of them in {text.encoding}, where “{as_utf8}” reads as “{as_guessed}”. "
        "Have the file read as utf-8, and its other lines are set aside for you to correct; or import it as "
        f"{text.encoding} all the same."
    )


def _make_raw(look: Look) -> int:
    try:
        return make_raw(look.connection, source_of(look.sample.path, look.dialect, look.folder))
    except JobRefused as refusal:
        # The sample may end within quotes; whether the file does, the import will say.
        if refusal.code != "unclosed_quote" or not look.sample.is_partial:
            raise
    row = look.connection.execute("SELECT count(*) FROM raw").fetchone()
    return int(row[0]) if row else 0


def _problems(look: Look, attempt: Proposal, defaults: dict[str, Any], lines: int) -> list[dict[str, Any]] | None:
    """Of the first lines, those that would be rejected, under a guess too; None where nothing can be looked at yet."""
    if not lines or any(KINDS[attempt.kind].missing(attempt.columns)):
        return None
    has_format = "date_format" in attempt.options or not attempt.is_asked("date_format")
    if time_field(attempt) in attempt.columns and not has_format:
        return None
    mapping = {"kind": attempt.kind, "columns": attempt.columns, "options": {**defaults, **attempt.options}}
    offset = look.text.row_offset
    own = None if offset is None else offset + look.dialect.skip  # from the number of a data line, not of a text's row
    return find_problems(look.connection, look.dialect, mapping, row_offset=own)


def _ask_about_losses(attempt: Proposal, problems: list[dict[str, Any]], looked: int) -> None:
    """A file of which so much would be set aside is not certain, whatever its columns say: a person looks first."""
    lost = sum(item["lines"] for item in problems)
    if lost <= MOST_LOST * looked:
        return
    reasons = " ".join(item["sentence"] for item in problems[:2])
    said = f"{lost} of the first {looked} lines would be set aside."
    attempt.ask("file", f"{said} {reasons} Import the file all the same?")


def _defaults(look: Look) -> dict[str, Any]:
    """Options that nothing in the file says."""
    return {
        "decimal": ".",
        "time_zone": settings.TIME_ZONE,
        "currency": settings.REPORTING_CURRENCY,
        "guests": "guest",
    }


def _as_json(
    look: Look, proposal: Proposal, profiles: dict[str, ColumnProfile], defaults: dict[str, Any]
) -> dict[str, Any]:
    text, dialect = look.text, look.dialect
    # How this file was read, whatever another one was.
    reading = {"encoding": text.encoding, "delimiter": dialect.delimiter, "header": dialect.has_header}
    if text.sheet:
        reading["sheet"] = text.sheet
    return {
        "format": proposal.format,
        "container": text.container,
        "sheets": text.sheets,
        "encoding": text.encoding,
        "undecodable": text.undecodable,
        "newline": text.newline,
        "columns": dialect.header,
        "rows": dialect.rows[:10],
        "profiles": [as_json(profiles[name]) for name in dialect.header],
        "proposal": {
            "kind": proposal.kind,
            "columns": proposal.columns,
            "options": {**defaults, **proposal.options, **reading},
        },
        "kind_reason": proposal.kind_reason,
        "confidence": proposal.confidence,
        "reasons": proposal.reasons,
        "sniffed_at": timezone.now().isoformat(),
        "dialect": {**asdict(dialect), "rows": []},
    }


def _tidy(mapping: dict[str, Any]) -> dict[str, Any]:
    """What was remembered, with options under the names that they have today."""
    return {**mapping, "options": tidy_options(mapping["options"])}


def _saved_as_json(saved: SavedMapping) -> dict[str, Any]:
    return {"mapping": saved.pk, "name": saved.name, "saved_at": saved.saved_at.isoformat()}
