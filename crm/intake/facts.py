"""What the bytes of a text rule out, so that no line has to be asked for it: one pass for a few rare signs."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from crm.intake.opening import MARK

CHUNK = 8 * 1024 * 1024
REPLACEMENT = "\ufffd".encode()
NO_BREAK_SPACES = ["\u00a0".encode(), "\u202f".encode()]
# Letters from right to left, combining signs, and signs without a width, as UTF-8 writes them (and a few others).
UNUSUAL = re.compile(
    rb"\xcc|\xcd[\x80-\xaf]|[\xd6-\xdf]|\xe0[\xa0-\xa3]|\xe2\x80[\x8b-\x8f\xaa-\xae]|\xe2\x81[\xa6-\xa9]"
    rb"|\xef[\xac-\xb7\xb9\xba\xbb]"
)


@dataclass(frozen=True)
class TextFacts:
    """What a text may hold. All true where nobody looked: then every line is asked."""

    has_quotes: bool = True
    has_replacements: bool = True
    # Why a record can't be accepted, as opening the file wrote it.
    has_marks: bool = True
    # White space other than spaces at the edge of some field.
    has_other_blanks: bool = True
    # Letters from right to left, combining signs, signs that nobody sees.
    has_unusual_signs: bool = True


def facts_of(path: Path, delimiter: str) -> TextFacts:
    """Errs on the side of true. Only signs that are rare in most files are looked for: that is quick."""
    mark = delimiter.encode()
    blanks = [*NO_BREAK_SPACES, *([] if mark == b"\t" else [b"\t"])]
    breaks = [edge for sign in (b"\n", b"\r") for edge in _quoted_breaks(sign, mark)]
    wanted = [b'"', REPLACEMENT, MARK.encode(), *blanks]
    found: set[bytes] = set()
    has_unusual_signs = False
    for chunk in _chunks(path, max(map(len, [*wanted, *breaks]))):
        possible = [*wanted, *breaks] if b'"' in chunk else wanted
        is_ascii = chunk.isascii()
        has_unusual_signs = has_unusual_signs or (not is_ascii and UNUSUAL.search(chunk) is not None)
        found |= {
            pattern
            for pattern in possible
            if pattern not in found and (pattern.isascii() or not is_ascii) and pattern in chunk
        }
    return TextFacts(
        has_quotes=b'"' in found,
        has_replacements=REPLACEMENT in found,
        has_marks=MARK.encode() in found,
        has_other_blanks=not found.isdisjoint([*blanks, *breaks]),
        has_unusual_signs=has_unusual_signs,
    )


def _quoted_breaks(sign: bytes, mark: bytes) -> list[bytes]:
    """A line end just inside a quoted field: after the quote that opens it, or before the one that closes it."""
    return [mark + b'"' + sign, sign + b'"' + mark, b'\n"' + sign]


def _chunks(path: Path, overlap: int) -> Iterator[bytes]:
    """The bytes in pieces, each beginning with the end of the one before, so that no sign is cut in two."""
    end = b""
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            yield end + chunk
            end = chunk[-overlap:]
