"""What `make run` may be told."""

from dataclasses import dataclass
from pathlib import Path

from config.environment import integer
from config.supervise.errors import SuperviseError

PORT = integer("PORT", 8000, "port of the web server that `make run` starts, on this machine only", minimum=1)


@dataclass(frozen=True)
class Options:
    home: Path
    port: int
    file: Path | None
    is_empty: bool


def options(home: Path, file: str, *, is_empty: bool) -> Options:
    """Check what was typed before anything starts."""
    if PORT > 65535:
        raise SuperviseError(f"PORT is {PORT}, but ports end at 65535. Choose another: make run PORT=8000")
    path = Path(file).absolute() if file else None
    if path is not None and not path.is_file():
        raise SuperviseError(f"There is no file at {path}. Give the path of a file: make run FILE=orders.csv")
    return Options(home=home, port=PORT, file=path, is_empty=is_empty)
