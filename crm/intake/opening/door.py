"""Which container a file is, by its bytes alone: names lie, and a CSV called .xlsx is a CSV."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.runs import JobRefused
from crm.intake.opening.opened import OpenedTable, Progress, no_progress
from crm.intake.opening.packed import inflate_gzip
from crm.intake.opening.text import binary, open_text

REFUSED = {
    b"PK\x03\x04": ("spreadsheet", "This is a ZIP or Excel file. Save the sheet as CSV and upload that."),
    b"PAR1": ("parquet", "This is a Parquet file, not a CSV. Export it as CSV and upload that."),
    b"%PDF": ("not_a_table", "This is a PDF, not a table. Export the data as CSV and upload that."),
    b"\x89PNG": ("not_a_table", "This is a picture, not a table. Export the data as CSV and upload that."),
    b"\xd0\xcf\x11\xe0": ("spreadsheet", "This is an old Excel file. Save the sheet as CSV and upload that."),
}


def open_table(source: Path, folder: Path, *, options: dict[str, Any], progress: Progress = no_progress) -> OpenedTable:
    """Make one table of UTF-8 text of `source`, in `folder` where it has to be written; JobRefused for what is none.

    Options: `encoding` as declared by a person.
    """
    path, packing = _unpacked(source, folder, progress)
    head = _head(path)
    _refuse_other_kinds(head)
    opened = open_text(path, folder / "text.csv", encoding=options.get("encoding"), progress=progress)
    return replace(opened, packing=packing)


def _unpacked(source: Path, folder: Path, progress: Progress) -> tuple[Path, str]:
    if not _head(source).startswith(b"\x1f\x8b"):
        return source, ""
    return inflate_gzip(source, folder / "unpacked", progress), "gzip"


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(65_536)


def _refuse_other_kinds(head: bytes) -> None:
    for signature, (code, sentence) in REFUSED.items():
        if head.startswith(signature):
            raise JobRefused(code, sentence)
    if not head.strip(b"\xef\xbb\xbf \r\n\t"):
        raise JobRefused("empty", "The file is empty. Check the export and upload it again.")
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise binary()
    if re.match(rb"\s*<(!doctype|html)", head, re.IGNORECASE):
        raise JobRefused("not_a_table", "This is a web page, not a table. Export the data as CSV and upload that.")
    if re.match(rb'(\xef\xbb\xbf)?\s*(<\?xml|\{\s*"|\[\s*[\[{"])', head):
        raise JobRefused("not_a_table", "This is JSON or XML, not a table. Export the data as CSV and upload that.")
