"""What a source shows."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

BLOCK = 1024 * 1024


class SourceProblem(Exception):
    """Why a source, or one file of it, can't be used now; a sentence for whoever manages it."""


@dataclass(frozen=True)
class Found:
    """One file of a source. `open` gives its bytes piece by piece, and raises SourceProblem when they are not whole."""

    name: str  # what tells it from the source's other files
    file_name: str
    version: str  # changes with the bytes; empty where the source can't say, then the bytes themselves decide
    open: Callable[[], AbstractContextManager[Iterator[bytes]]]
    size: int | None = None
    is_whole: bool = True  # False: it may still be written; a second look decides
    on_taken: Callable[[], object] = lambda: None
    close: Callable[[], object] = lambda: None  # called at the end, whether it was opened or not
