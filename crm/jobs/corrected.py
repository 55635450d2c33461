"""Knowing corrected lines again when a file is looked at: then nothing is asked, the first file's mapping is theirs."""

from typing import Any

from core.runs import JobRefused
from core.spreadsheets import neutral
from crm.corrections import OWNER_COLUMN, columns_of, find_corrected, marks_of
from crm.models import Upload

# How a file itself is read: the spreadsheet that it was corrected in may have written it in another way.
OWN_READING = ("encoding", "delimiter", "header", "sheet")
# There are no lines in the ledger for these: a corrected file of customers is simply a newer one.
WITHOUT_LINES = ("customers",)


def recognised(found: dict[str, Any]) -> tuple[Upload | None, dict[str, Any]]:
    """The upload that a file completes, with what was found in it and its proposal; (None, found) for any other."""
    first = _first(found)
    if first is None or first.mapping is None or first.kind in WITHOUT_LINES:
        return None, found
    columns = columns_of(first)
    header = [_plain(name, columns) for name in found["columns"]]
    marks = marks_of(columns)
    missing = [name for name in (*columns, marks.line) if name not in header]
    if missing:
        raise JobRefused(
            "missing_columns",
            f"These are corrected lines of {first.file_name}, but columns are missing: {', '.join(missing)}. Correct "
            "the values only, keep every column with its heading, and upload the file again.",
        )
    proposal = {**first.mapping, "options": {**first.mapping["options"], **_own_reading(found)}}
    nothing: dict[str, Any] = {"uncertain": [], "problems": [], "notices": [], "choices": {}, "remembered": None}
    known = {name: value for name, value in nothing.items() if name in found}
    more = {"completes": first.pk, "columns": header, "format": "Corrected lines", "proposal": proposal}
    return first, {**found, **known, **more, **({"attempt": proposal} if "attempt" in found else {})}


def _first(found: dict[str, Any]) -> Upload | None:
    header = found["columns"]
    if OWNER_COLUMN not in header:
        return None
    place = header.index(OWNER_COLUMN)
    try:
        return find_corrected(header, [row[place] for row in found["rows"] if len(row) > place])
    except LookupError as error:
        raise JobRefused(
            "unknown_first",
            f"This file corrects lines of {error}, which is not here. To bring it as a file of its own, delete the "
            f"column {OWNER_COLUMN} and upload it again.",
        ) from error


def _plain(name: str, columns: list[str]) -> str:
    """A heading as the first file has it: the download disarms headings too."""
    return next((column for column in columns if neutral(column) == name), name)


def _own_reading(found: dict[str, Any]) -> dict[str, Any]:
    options = found["proposal"]["options"]
    return {name: options[name] for name in OWN_READING if name in options}
