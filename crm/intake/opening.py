"""From stored bytes to one UTF-8 text file, whatever the file was."""

import gzip
import re
import shutil
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.runs import JobRefused

CHUNK = 4 * 1024 * 1024
# A gzip may not grow more than this: a bomb is refused while it inflates, not after.
MAX_RATIO = 400
MAX_LINE = 2_000_000
# The text may take this part of the free disk: as much again is needed for the lines that are made of it.
ROOM = 2
MAKE_ROOM = "Ask your administrator to make room, or bring the file in parts; then have it read again."
# What a replaced, undecodable byte becomes; a row that holds it is rejected.
REPLACEMENT = "\ufffd"

SIGNATURES = {
    b"PK\x03\x04": ("spreadsheet", "This is a ZIP or Excel file. Save the sheet as CSV and upload that."),
    b"PAR1": ("parquet", "This is a Parquet file, not a CSV. Export it as CSV and upload that."),
    b"%PDF": ("not_a_table", "This is a PDF, not a table. Export the data as CSV and upload that."),
    b"\x89PNG": ("not_a_table", "This is a picture, not a table. Export the data as CSV and upload that."),
    b"\xd0\xcf\x11\xe0": ("spreadsheet", "This is an old Excel file. Save the sheet as CSV and upload that."),
}


@dataclass(frozen=True)
class OpenedText:
    """The text file, and what its bytes were."""

    path: Path
    encoding: str
    undecodable: int
    newline: str


def open_text(source: Path, target: Path, *, encoding: str | None = None) -> OpenedText:
    """Write `source` (plain or gzip) to `target` as UTF-8; raises JobRefused for what is no text."""
    head = _refuse_other_kinds(source)
    chosen = encoding or _guess_encoding(source, head)
    if chosen == "utf-8" and head.startswith(b"\xef\xbb\xbf"):
        chosen = "utf-8-sig"  # as confirmed it is called UTF-8, and its mark would stick to the first column's name
    undecodable, newline = _transcode(source, target, chosen)
    if not target.stat().st_size:
        raise JobRefused("empty", "The file is empty. Check the export and upload it again.")
    return OpenedText(target, chosen.removesuffix("-sig"), undecodable, newline)


def _refuse_other_kinds(source: Path) -> bytes:
    head = next(_chunks(source), b"")[:65536]
    for signature, (code, sentence) in SIGNATURES.items():
        if head.startswith(signature):
            raise JobRefused(code, sentence)
    if not head.strip(b"\xef\xbb\xbf \r\n\t"):
        raise JobRefused("empty", "The file is empty. Check the export and upload it again.")
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _binary()
    if re.match(rb"\s*<(!doctype|html)", head, re.IGNORECASE):
        raise JobRefused("not_a_table", "This is a web page, not a table. Export the data as CSV and upload that.")
    if re.match(rb'(\xef\xbb\xbf)?\s*(<\?xml|\{\s*"|\[\s*[\[{"])', head):
        raise JobRefused("not_a_table", "This is JSON or XML, not a table. Export the data as CSV and upload that.")
    return head


def _binary() -> JobRefused:
    return JobRefused("binary", "The file holds binary data (NUL bytes), not text. Export it as CSV and upload that.")


def _chunks(source: Path) -> Iterator[bytes]:
    """The bytes, inflated if they are gzip, within the budget."""
    with source.open("rb") as raw:
        is_gzip = raw.read(2) == b"\x1f\x8b"
    if not is_gzip:
        with source.open("rb") as stream:
            yield from iter(lambda: stream.read(CHUNK), b"")
        return
    budget = max(source.stat().st_size * MAX_RATIO, 64 * 1024 * 1024)
    try:
        with gzip.open(source) as stream:
            for chunk in iter(lambda: stream.read(CHUNK), b""):
                budget -= len(chunk)
                if budget < 0:
                    raise JobRefused(
                        "bomb", "The compressed file grows far beyond its size; it was refused. Upload it as plain CSV."
                    )
                yield chunk
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise JobRefused(
            "truncated", "The compressed file is cut off or damaged. Compress or send it again."
        ) from error


def _guess_encoding(source: Path, head: bytes) -> str:
    """A byte-order mark decides; else UTF-8 if it is, or mostly is; else cp1252, or Latin-1 where that has holes."""
    for mark, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if head.startswith(mark):
            return name
    valid = invalid = 0
    has_holes = False
    rest = b""
    for chunk in _chunks(source):
        block = rest + chunk
        # A sequence may be cut at the chunk's end: leave the last bytes for the next one.
        block, rest = (block[:-4], block[-4:]) if len(block) > 4 else (b"", block)
        if block.isascii():
            continue
        good, bad = _count_sequences(block)
        valid, invalid = valid + good, invalid + bad
        has_holes = has_holes or bool(re.search(rb"[\x81\x8d\x8f\x90\x9d]", block))
    if rest and not rest.isascii():
        good, bad = _count_sequences(rest)
        valid, invalid = valid + good, invalid + bad
    if not invalid or valid > invalid:
        return "utf-8"
    return "latin-1" if has_holes else "cp1252"


def _count_sequences(block: bytes) -> tuple[int, int]:
    """How many multi-byte UTF-8 sequences are right and how many bytes are wrong."""
    text = block.decode("utf-8", "replace")
    bad = text.count(REPLACEMENT)
    return len(text) - len(text.encode("ascii", "ignore")) - bad, bad


def _transcode(source: Path, target: Path, encoding: str) -> tuple[int, str]:
    """Write UTF-8 with the file's own newlines where they are of one kind, else with LF."""
    import codecs

    decoder = codecs.getincrementaldecoder(encoding)("replace")
    room = shutil.disk_usage(target.parent).free // ROOM
    undecodable = 0
    kinds: set[str] = set()
    carry = ""
    with target.open("w", encoding="utf-8", newline="") as stream:
        for chunk in _chunks(source):
            room -= len(chunk)
            if room < 0:
                raise JobRefused("no_space", "The disk has too little room for the text of this file. " + MAKE_ROOM)
            text = carry + decoder.decode(chunk)
            carry = "\r" if text.endswith("\r") else ""
            text = text[: len(text) - len(carry)]
            if "\0" in text:
                raise _binary()
            undecodable += text.count(REPLACEMENT)
            kinds |= _newlines(text)
            stream.write(text)
        tail = carry + decoder.decode(b"", final=True)
        if "\0" in tail:
            raise _binary()
        undecodable += tail.count(REPLACEMENT)
        stream.write(tail)
    if kinds <= {"\n"} or kinds == {"\r\n"}:
        return undecodable, next(iter(kinds), "\n")
    _normalise_newlines(target)
    return undecodable, "mixed" if len(kinds) > 1 else "\r"


def _newlines(text: str) -> set[str]:
    crlf = text.count("\r\n")
    found = {"\r\n"} if crlf else set()
    if text.count("\n") > crlf:
        found.add("\n")
    if text.count("\r") > crlf:
        found.add("\r")
    return found


def _normalise_newlines(path: Path) -> None:
    copy = path.with_suffix(".lf")
    with path.open("r", encoding="utf-8", newline=None) as stream, copy.open("w", encoding="utf-8", newline="") as out:
        for text in iter(lambda: stream.read(CHUNK), ""):
            out.write(text)
    copy.replace(path)
