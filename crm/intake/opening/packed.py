"""A table packed in gzip or ZIP: inflated into the work folder within a budget, so that a bomb ends early."""

import gzip
import zlib
from pathlib import Path

from core.runs import JobRefused
from crm.intake.opening.opened import CHUNK, Progress, Room

# Tables shrink to a fifth or a thirtieth; what grows more than this is a bomb, refused while it inflates.
MAX_RATIO = 400
# Small files may be as repetitive as they like.
FREE = 64 * 1024 * 1024


def inflate_gzip(source: Path, target: Path, progress: Progress) -> Path:
    room = Room(target.parent)
    size = source.stat().st_size
    budget = max(size * MAX_RATIO, FREE)
    try:
        with source.open("rb") as raw, gzip.GzipFile(fileobj=raw) as stream, target.open("wb") as out:
            for chunk in iter(lambda: stream.read(CHUNK), b""):
                budget -= len(chunk)
                if budget < 0:
                    raise bomb()
                room.take(len(chunk))
                out.write(chunk)
                progress("Unpacking", raw.tell(), size)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise JobRefused(
            "truncated", "The compressed file is cut off or damaged. Compress or send it again."
        ) from error
    return target


def bomb() -> JobRefused:
    return JobRefused("bomb", "The compressed file grows far beyond its size; it was refused. Upload it as plain CSV.")
