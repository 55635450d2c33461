"""Rejected lines on their way out and back: how their download is laid out, and how a corrected one is recognised.

A download is the file's own columns with four or five more: the line's number, the reason, which cells carry a mark
against formulas, what stood beyond the last column where lines have too many fields, and whose lines these are.
Whoever corrects it in a spreadsheet may change the order of columns, the separator and the encoding; the names of the
columns and the word in the last one tell where the lines belong.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.spreadsheets import neutral
from crm.models import Upload

OWNER_COLUMN = "insiders_upload"
ADDED = ("line", "reason", "neutralised", "beyond_the_last_column")
WORD = re.compile(r"upload-([0-9]{1,18})-([0-9a-f]{8})")


@dataclass(frozen=True)
class Marks:
    """The names of the added columns; where a file has such a column itself, ours is called otherwise."""

    line: str
    reason: str
    neutralised: str
    beyond: str
    upload: str = OWNER_COLUMN


def marks_of(columns: Sequence[str]) -> Marks:
    """The added columns' names beside these columns."""
    taken = {name.casefold() for name in columns}
    return Marks(*(name if name not in taken else f"insiders_{name}" for name in ADDED))


def word_of(upload: Upload) -> str:
    """What says whose lines these are. It begins with letters, so that no spreadsheet takes it for a date."""
    return f"upload-{upload.pk}-{upload.sha256[:8]}"


def find_corrected(header: Sequence[str], cells: Iterable[str | None]) -> Upload | None:
    """The upload that a file with this header corrects, by the words in its added column; None for any other file.

    Raises LookupError where the file speaks of an upload that is not here.
    """
    if OWNER_COLUMN not in header:
        return None
    words = [found for cell in cells if (found := WORD.fullmatch((cell or "").strip()))]
    if not words:
        return None
    number, digest = words[0].groups()
    upload = Upload.objects.filter(pk=int(number), sha256__startswith=digest).first()
    if upload is None:
        raise LookupError(words[0].group())
    # Lines that were corrected once and rejected again still belong to the first file.
    return upload.completes or upload


def columns_of(upload: Upload) -> list[str]:
    """The names of a file's own columns, in its order."""
    return list((upload.sniff or {}).get("columns", []))


def download_header(columns: Sequence[str], *, has_overflow: bool) -> list[str]:
    """The header of the download; `has_overflow`: some line has more fields than the file has columns."""
    marks = marks_of(columns)
    beyond = [marks.beyond] if has_overflow else []
    return [marks.line, marks.reason, marks.neutralised, *map(neutral, columns), *beyond, marks.upload]
