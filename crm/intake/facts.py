"""What the bytes of a text rule out, so that no line has to be asked for it; found in the mapped file, uncopied."""

import mmap
from dataclasses import dataclass
from pathlib import Path

from crm.intake.opening import MARK

REPLACEMENT = "\ufffd".encode()
NO_BREAK_SPACES = ["\u00a0".encode(), "\u202f".encode()]


@dataclass(frozen=True)
class TextFacts:
    """What a text may hold. All true where nobody looked: then every line is asked."""

    has_quotes: bool = True
    has_replacements: bool = True
    # Why a record can't be accepted, as opening the file wrote it.
    has_marks: bool = True
    # White space at the edge of some field: spaces, and other kinds.
    has_edge_spaces: bool = True
    has_other_blanks: bool = True


def facts_of(path: Path, delimiter: str) -> TextFacts:
    """Errs on the side of true: a comma and a space inside a quoted field look like a field that begins with one."""
    mark = delimiter.encode()
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as text:
        has_quotes = text.find(b'"') >= 0
        blanks, other = _edges(b" ", mark, has_quotes=has_quotes), list(NO_BREAK_SPACES)
        if mark != b"\t":
            other.append(b"\t")
        if has_quotes:
            other += [edge for sign in (b"\n", b"\r") for edge in _quoted_breaks(sign, mark)]
        return TextFacts(
            has_quotes=has_quotes,
            has_replacements=_holds(text, [REPLACEMENT]),
            has_marks=_holds(text, [MARK.encode()]),
            has_edge_spaces=text[:1] == b" " or _holds(text, blanks),
            has_other_blanks=_holds(text, other),
        )


def _edges(blank: bytes, mark: bytes, *, has_quotes: bool) -> list[bytes]:
    plain = [mark + blank, blank + mark, b"\n" + blank, blank + b"\n", blank + b"\r"]
    return [*plain, b'"' + blank, blank + b'"'] if has_quotes else plain


def _quoted_breaks(sign: bytes, mark: bytes) -> list[bytes]:
    """A line end just inside a quoted field: after the quote that opens it, or before the one that closes it."""
    return [mark + b'"' + sign, sign + b'"' + mark, b'\n"' + sign]


def _holds(text: mmap.mmap, patterns: list[bytes]) -> bool:
    return any(text.find(pattern) >= 0 for pattern in patterns)
