"""Knowing corrected lines again when a file is looked at: then nothing is asked, the first file's mapping is theirs."""

from typing import Any

from core.runs import JobRefused
from core.spreadsheets import neutral
from crm.corrections import OWNER_COLUMN, columns_of, find_corrected, marks_of
from crm.models import Upload

# How a file itself is read: the spreadsheet that it was corrected in may have written it in another way.
OWN_READING = ("encoding", "delimiter", "header", "sheet")
# There are no lines in the ledger for these: corrected rows about customers come in as a newer file.
WITHOUT_LINES = ("customers",)


def recognised(found: dict[str, Any]) -> tuple[Upload | None, dict[str, Any]]:
    """The upload that a file completes, with what was found in it and its proposal; (None, found) for any other."""
    first = _first(found)
    if first is None or first.mapping is None or not first.rejected_path:
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
    more = {"columns": header, "format": "Corrected lines", "proposal": proposal}
    looked = {**found, **known, **more, **({"attempt": proposal} if "attempt" in found else {})}
    if first.kind in WITHOUT_LINES:
        return None, {**looked, **_own_columns(columns, looked), "corrects": first.pk}
    return first, {**looked, "completes": first.pk}


def corrected_first(upload: Upload) -> Upload | None:
    """The file of customers whose rejected rows an upload brings again, as a newer file that stands for itself."""
    number = (upload.sniff or {}).get("corrects")
    if number is None:
        return None
    first = Upload.objects.filter(pk=number).first()
    if first is None or not first.rejected_path:
        raise JobRefused("no_first", "The file whose rows these are was deleted. Nothing was done.")
    return first


def _own_columns(columns: list[str], found: dict[str, Any]) -> dict[str, Any]:
    """What was found in the columns of the first file alone: those of the download say nothing about customers."""
    places = [found["columns"].index(name) for name in columns]
    rows = [[row[place] if place < len(row) else "" for place in places] for row in found["rows"]]
    profiles = found.get("profiles")
    named = [{**profiles[place], "name": name} for name, place in zip(columns, places, strict=True)] if profiles else []
    return {"columns": columns, "rows": rows, **({"profiles": named} if profiles else {})}


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
