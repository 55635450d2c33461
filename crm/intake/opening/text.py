"""Text in any usual encoding, made UTF-8 with one kind of newline. What is that already is not copied."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from core.runs import JobRefused
from crm.intake.opening.opened import CHUNK, REPLACEMENT, OpenedTable, Progress, Room

MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
BAD_SIGN = REPLACEMENT.encode()
# A few letters around a sign of two or three bytes, as UTF-8 writes it.
IN_UTF8 = re.compile(rb"[A-Za-z ]{0,20}(?:[\xc3-\xdf][\x80-\xbf]|[\xe1-\xef][\x80-\xbf]{2})[A-Za-z ]{0,20}")


def open_text(path: Path, target: Path, *, encoding: str | None, progress: Progress) -> OpenedTable:
    """`path` itself where it can be read as it is, else a copy of it in `target`."""
    head = next(chunks_of(path), b"")[:3]
    is_marked = head == MARKS[0][0]
    declared = encoding or next((name for mark, name in MARKS if head.startswith(mark)), None)
    survey = _survey(path, progress) if declared != "utf-16" else None
    if survey and not is_marked and survey.is_readable and (survey.is_ascii or declared in (None, "utf-8")):
        Room(target.parent, is_copied=False).take(path.stat().st_size)
        newline = survey.newlines.name()
        return OpenedTable(path, encoding=declared or "utf-8", undecodable=survey.replaced, newline=newline)
    mixed: tuple[str, ...] = ()
    chosen = declared or "utf-8"
    if not declared and not (survey and survey.is_utf8):
        chosen, mixed = _guess_encoding(path)
    # As confirmed it is called UTF-8, and its mark would stick to the first column's name.
    undecodable, newline = _transcode(path, target, "utf-8-sig" if is_marked and chosen == "utf-8" else chosen)
    return OpenedTable(target, encoding=chosen, undecodable=undecodable, newline=newline, mixed=mixed)


@dataclass
class Newlines:
    """How many line ends of each kind went by, also where two chunks meet within one."""

    crlf: int = 0
    lf: int = 0
    cr: int = 0
    is_open: bool = False  # the latest chunk ended in CR

    def add(self, chunk: bytes) -> None:
        if self.is_open and chunk[:1] == b"\n":
            self.crlf += 1
        has_cr = b"\r" in chunk
        self.is_open = chunk[-1:] == b"\r" if chunk else self.is_open
        if not has_cr and not self.cr:
            # The common case must cost nothing: how many there are matters only beside CR.
            self.lf += b"\n" in chunk
            return
        self.cr += chunk.count(b"\r")
        self.crlf += chunk.count(b"\r\n")
        self.lf += chunk.count(b"\n")

    def kind(self) -> str | None:
        """The one kind of all line ends, "" where there are none, None where they are mixed or CR."""
        if not self.cr:
            return "\n" if self.lf else ""
        return "\r\n" if self.cr == self.crlf == self.lf else None

    def name(self) -> str:
        kind = self.kind()
        return (kind or "\n") if kind is not None else ("mixed" if self.lf else "\r")


@dataclass
class Survey:
    is_ascii: bool = True
    is_utf8: bool = True
    replaced: int = 0
    newlines: Newlines = field(default_factory=Newlines)

    @property
    def is_readable(self) -> bool:
        return self.is_utf8 and self.newlines.kind() is not None


def _survey(path: Path, progress: Progress) -> Survey:
    """One pass over the bytes at about the speed of the disk; refuses NUL, stops where it is no UTF-8."""
    found = Survey()
    decoder = codecs.getincrementaldecoder("utf-8")()
    size, done = path.stat().st_size, 0
    for chunk in chunks_of(path):
        if b"\0" in chunk:
            raise binary()
        if not chunk.isascii() or decoder.getstate()[0]:
            found.is_ascii = False
            found.replaced += chunk.count(BAD_SIGN)
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                found.is_utf8 = False
                return found
        found.newlines.add(chunk)
        done += len(chunk)
        progress("Reading the text", done, size)
    found.is_utf8 = not decoder.getstate()[0]
    return found


def chunks_of(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        yield from iter(lambda: stream.read(CHUNK), b"")


def binary() -> JobRefused:
    return JobRefused("binary", "The file holds binary data (NUL bytes), not text. Export it as CSV and upload that.")


def _guess_encoding(path: Path) -> tuple[str, tuple[str, ...]]:
    """UTF-8 if it mostly is; else cp1252, or Latin-1 where that has holes, with an example of what is UTF-8 after all.

    Lines in UTF-8 would come in with other letters then, and nothing would show it.
    """
    valid = invalid = 0
    has_holes = False
    example = rest = b""
    for chunk in chunks_of(path):
        block = rest + chunk
        # A sequence may be cut at the chunk's end: leave the last bytes for the next one.
        block, rest = (block[:-4], block[-4:]) if len(block) > 4 else (b"", block)
        if block.isascii():
            continue
        good, bad = _count_sequences(block)
        valid, invalid = valid + good, invalid + bad
        example = example or _example(block)
        has_holes = has_holes or bool(re.search(rb"[\x81\x8d\x8f\x90\x9d]", block))
    if rest and not rest.isascii():
        good, bad = _count_sequences(rest)
        valid, invalid = valid + good, invalid + bad
        example = example or _example(rest)
    if not invalid or valid > invalid:
        return "utf-8", ()
    guessed = "latin-1" if has_holes else "cp1252"
    return guessed, (example.decode(), example.decode(guessed)) if example else ()


def _example(block: bytes) -> bytes:
    found = IN_UTF8.search(block)
    return found[0].strip() if found and _is_utf8(found[0]) else b""


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _count_sequences(block: bytes) -> tuple[int, int]:
    """How many multi-byte UTF-8 sequences are right and how many bytes are wrong."""
    text = block.decode("utf-8", "replace")
    bad = text.count(REPLACEMENT)
    return len(text) - len(text.encode("ascii", "ignore")) - bad, bad


def _transcode(source: Path, target: Path, encoding: str) -> tuple[int, str]:
    """Write UTF-8 with the file's own newlines where they are of one kind, else with LF."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    room = Room(target.parent)
    newlines = Newlines()
    undecodable = 0
    with target.open("wb") as stream:
        for chunk in chain(chunks_of(source), [b""]):  # the empty one flushes what the decoder holds
            text = decoder.decode(chunk, final=not chunk)
            if "\0" in text:
                raise binary()
            undecodable += text.count(REPLACEMENT)
            written = text.encode("utf-8", "replace")
            newlines.add(written)
            room.take(len(written))
            stream.write(written)
    if newlines.kind() is None:
        _normalise_newlines(target)
    return undecodable, newlines.name()


def _normalise_newlines(path: Path) -> None:
    copy = path.with_suffix(".lf")
    with path.open("r", encoding="utf-8", newline=None) as stream, copy.open("w", encoding="utf-8", newline="") as out:
        for text in iter(lambda: stream.read(CHUNK), ""):
            out.write(text)
    copy.replace(path)
