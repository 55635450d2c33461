"""Which container a file is, by its bytes alone: names lie, and a CSV called .xlsx is a CSV."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.runs import JobRefused
from crm.intake.opening import parquet
from crm.intake.opening.archive import open_archive
from crm.intake.opening.json_lines import open_json
from crm.intake.opening.opened import OpenedTable, Progress, no_progress
from crm.intake.opening.packed import inflate_gzip
from crm.intake.opening.text import binary, open_text
from crm.intake.opening.xlsx import open_xlsx
from crm.intake.opening.zipped import inflate_zip

GZIP = b"\x1f\x8b"
ZIPS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
OLE = b"\xd0\xcf\x11\xe0"
REFUSED = {
    b"%PDF": ("not_a_table", "This is a PDF, not a table. Export the data as CSV and upload that."),
    b"\x89PNG": ("not_a_table", "This is a picture, not a table. Export the data as CSV and upload that."),
    b"\xff\xd8\xff": ("not_a_table", "This is a picture, not a table. Export the data as CSV and upload that."),
    b"{\\rtf": ("not_a_table", "This is a text document, not a table. Export the data as CSV and upload that."),
}
# What else comes as a ZIP, by an entry that only this kind has.
OTHER_ZIPS = {
    "xl/workbook.bin": ("spreadsheet", "This is a binary Excel workbook (.xlsb). Save it as .xlsx and upload that."),
    "content.xml": ("spreadsheet", "This is an OpenDocument file. Save the sheet as .xlsx or CSV and upload that."),
    "word/document.xml": ("not_a_table", "This is a Word document, not a table. Export the data as CSV."),
    "ppt/presentation.xml": ("not_a_table", "This is a presentation, not a table. Export the data as CSV."),
}


def open_table(source: Path, folder: Path, *, options: dict[str, Any], progress: Progress = no_progress) -> OpenedTable:
    """Make one table of UTF-8 text of `source`, in `folder` where it has to be written; JobRefused for what is none.

    Options: `encoding` and `sheet`, as declared by a person.
    """
    head = _head(source)
    if head.startswith(GZIP):
        path = inflate_gzip(source, folder / "unpacked", progress)
        return replace(_open_unpacked(path, folder, options, progress), packing="gzip")
    if head.startswith(ZIPS):
        return _open_zip(source, folder, options, progress)
    return _open_unpacked(source, folder, options, progress)


def _open_zip(
    source: Path, folder: Path, options: dict[str, Any], progress: Progress, *, is_inner: bool = False
) -> OpenedTable:
    with open_archive(source) as archive:
        names = {name.replace("\\", "/").lower() for name in archive.namelist()}
        for name, (code, sentence) in OTHER_ZIPS.items():
            if name in names:
                raise JobRefused(code, sentence)
        if any(name.startswith("xl/") for name in names) or "[content_types].xml" in names:
            return open_xlsx(source, archive, folder, name=options.get("sheet") or "", progress=progress)
        if is_inner:
            raise _packed_twice()
        path = inflate_zip(source, archive, folder / "unpacked", progress)
    return replace(_open_unpacked(path, folder, options, progress), packing="zip")


def _open_unpacked(path: Path, folder: Path, options: dict[str, Any], progress: Progress) -> OpenedTable:
    head = _head(path)
    if head.startswith(GZIP):
        raise _packed_twice()
    if head.startswith(ZIPS):
        return _open_zip(path, folder, options, progress, is_inner=True)
    if head.startswith(parquet.MAGIC):
        return parquet.open_parquet(path, folder, progress=progress)
    _refuse_other_kinds(path, head)
    text = open_text(path, folder / "text.csv", encoding=options.get("encoding"), progress=progress)
    if not _is_json(text.path):
        return text
    table = open_json(text.path, folder, progress=progress)
    return replace(table, encoding=text.encoding, undecodable=text.undecodable, mixed=text.mixed)


def _packed_twice() -> JobRefused:
    return JobRefused("nested", "The file is packed more than once. Unpack it and upload the table itself.")


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(65_536)


def _refuse_other_kinds(path: Path, head: bytes) -> None:
    for signature, (code, sentence) in REFUSED.items():
        if head.startswith(signature):
            raise JobRefused(code, sentence)
    if head.startswith(OLE):
        raise _old_office(path)
    if not head.strip(b"\xef\xbb\xbf \r\n\t"):
        raise JobRefused("empty", "The file is empty. Check the export and upload it again.")
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise binary()
    if re.match(rb"\s*<(!doctype|html)", head, re.IGNORECASE):
        raise JobRefused("not_a_table", "This is a web page, not a table. Export the data as CSV and upload that.")
    if re.match(rb"(\xef\xbb\xbf)?\s*<\?xml", head):
        raise JobRefused("not_a_table", "This is XML, not a table. Export the data as CSV and upload that.")


def _is_json(text: Path) -> bool:
    with text.open(encoding="utf-8") as stream:
        return bool(re.match(r'\s*(\{\s*["}]|\[\s*[\[{"\]])', stream.read(4096)))


def _old_office(path: Path) -> JobRefused:
    """A workbook with a password comes in the shell of the old format."""
    name = "EncryptedPackage".encode("utf-16-le")
    with path.open("rb") as stream:
        found = any(name in block for block in iter(lambda: stream.read(4 * 1024 * 1024), b""))
    if found:
        return JobRefused("encrypted", "The workbook is protected by a password. Save it without one and upload that.")
    return JobRefused("spreadsheet", "This is an old Excel file (.xls). Save it as .xlsx or CSV and upload that.")
