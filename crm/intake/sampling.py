"""A part of a large text that says what the whole is like: its beginning, and some of its middle and its end."""

from dataclasses import dataclass
from pathlib import Path

# Types and formats are told by so many lines, or bytes if these are long; the whole of a smaller file is looked at.
HEAD_LINES = 60_000
HEAD_BYTES = 64 * 1024 * 1024
BLOCK_BYTES = 512 * 1024
# Counting line ends in so much takes no longer than a blink.
COUNTED_BYTES = 512 * 1024 * 1024
# A quoted field may span lines: the cut moves on until it ends, but not without end.
QUOTE_LINES = 10_000


@dataclass(frozen=True)
class Sample:
    """`path` is the text itself where nothing was left out. `estimated`: the physical lines of the whole."""

    path: Path
    is_partial: bool = False
    estimated: int = 0


def take_sample(text: Path, target: Path) -> Sample:
    """Write the sample of a large text to `target`."""
    size = text.stat().st_size
    if size <= HEAD_BYTES // 4:
        return Sample(text)
    lines, has_long_fields = _write_head(text, target)
    taken = target.stat().st_size
    if taken >= size:
        return Sample(text)
    if not has_long_fields:
        # Among lines alone a block can be cut out anywhere; a field of several lines might be cut in two.
        with target.open("ab") as out:
            for place in ((taken + size) // 2, size - BLOCK_BYTES):
                out.write(_block(text, max(place, taken)))
    estimated = _count_lines(text) if size <= COUNTED_BYTES else round(lines * size / taken)
    return Sample(target, True, estimated)


def _count_lines(text: Path) -> int:
    with text.open("rb") as source:
        return sum(block.count(b"\n") for block in iter(lambda: source.read(BLOCK_BYTES), b""))


def _write_head(text: Path, target: Path) -> tuple[int, bool]:
    """Copy the first lines; returns their number, and whether a field spans several of them."""
    lines = quotes = taken = 0
    has_long_fields = False
    with text.open("rb") as source, target.open("wb") as out:
        for line in source:
            out.write(line)
            lines, taken, quotes = lines + 1, taken + len(line), quotes + line.count(b'"')
            is_open = bool(quotes % 2)
            has_long_fields = has_long_fields or is_open
            if (lines >= HEAD_LINES or taken >= HEAD_BYTES) and (not is_open or lines >= HEAD_LINES + QUOTE_LINES):
                break
    return lines, has_long_fields


def _block(text: Path, place: int) -> bytes:
    """Whole lines from about a place on."""
    with text.open("rb") as source:
        source.seek(place)
        source.readline()
        block = source.read(BLOCK_BYTES)
    end = block.rfind(b"\n") + 1
    return block[:end]
