"""What opening a file found out, and the limits that every container keeps to."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from core.runs import JobRefused

CHUNK = 4 * 1024 * 1024
MAX_LINE = 2_000_000
MAX_COLUMNS = 500
# The text may take this part of the free disk: as much again is needed for the lines that are made of it.
ROOM = 2
MAKE_ROOM = "Ask your administrator to make room, or bring the file in parts; then have it read again."
# What a replaced, undecodable byte becomes; a row that holds it is rejected.
REPLACEMENT = "\ufffd"

# Called with a stage, how much of it is done, and how much there is.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class OpenedTable:
    """A UTF-8 text with one kind of newline, and what the file was.

    `delimiter` and `has_header` are set where we wrote the text ourselves, so that nothing has to be guessed.
    `path` may be the stored file itself: never write to it.
    """

    path: Path
    container: str = "text"  # text, xlsx, parquet, jsonl
    packing: str = ""  # gzip, zip
    encoding: str = "utf-8"
    undecodable: int = 0
    # A text of the file as UTF-8 and as the encoding that was guessed, where the file seems to be in both; else empty.
    mixed: tuple[str, ...] = ()
    newline: str = "\n"
    delimiter: str | None = None
    has_header: bool | None = None
    sheets: list[str] = field(default_factory=list)
    sheet: str = ""
    # What to add to the number of a row of the text, the header being row 1, to get the file's own (its line, or the
    # sheet's row); None where gaps forbid it.
    row_offset: int | None = None


class Room:
    """How many bytes we may still write; refuses before the disk is full."""

    def __init__(self, folder: Path, *, is_copied: bool = True) -> None:
        self.left = shutil.disk_usage(folder).free // (ROOM if is_copied else 1)

    def take(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise JobRefused("no_space", "The disk has too little room for the text of this file. " + MAKE_ROOM)


def no_progress(stage: str, done: int, total: int) -> None:
    """For callers that show nobody how far the work is."""
