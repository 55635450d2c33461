"""`demo`: write the demo shop as ordinary files, with a file that tells what is true of it."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from analytics import demo
from core.commands import CommandFailure, JsonCommand

DEFAULT_SEED = 1


class HashedFile:
    """A text file that appears under its name only when complete, and knows its lines, bytes and SHA-256."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.partial = path.with_name(path.name + ".part")
        self.digest = hashlib.sha256()
        self.lines = self.size = 0

    def __enter__(self) -> Self:
        self.file: BinaryIO = self.partial.open("wb")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.file.close()
        if kind is None:
            self.partial.replace(self.path)
        else:
            self.partial.unlink()

    def write(self, rows: list[str]) -> None:
        """Append rows, each with its line feed."""
        data = "".join(rows).encode()
        self.file.write(data)
        self.digest.update(data)
        self.lines += data.count(b"\n")
        self.size += len(data)

    def summary(self) -> dict[str, int | str]:
        return {"lines": self.lines, "bytes": self.size, "sha256": self.digest.hexdigest()}


class Command(JsonCommand):
    help = _("Write the demo shop: transactions.csv, customers.csv, events.csv and truth.json.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--out", required=True, metavar="DIR", help=_("folder for the files; made if missing"))
        parser.add_argument("--size", choices=sorted(demo.SIZES), default="small")
        parser.add_argument("--seed", type=int, default=DEFAULT_SEED, metavar="N", help=_("0 or more"))

    def perform(self, *args: Any, **options: Any) -> dict[str, Any]:
        if options["seed"] < 0:
            raise CommandFailure("seed", _("The seed must be a whole number of 0 or more."))
        try:
            return write_demo(Path(options["out"]), options["size"], options["seed"], self.say)
        except OSError as error:
            names = {"path": error.filename or options["out"], "reason": error.strerror or str(error)}
            sentence = _("Cannot write to %(path)s: %(reason)s. Make room, or name a folder that you may write to.")
            raise CommandFailure("file", sentence % names) from error

    def describe(self, result: Mapping[str, Any]) -> str:
        sizes = [f"{name}: {file['lines']} lines, {file['bytes']} bytes" for name, file in result["files"].items()]
        head = _("Demo shop (%(size)s, seed %(seed)s) in %(out)s, %(seconds)s seconds") % result
        return "\n".join([head, *sizes])


def write_demo(out: Path, size: str, seed: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Write the four files into `out`, made if missing; the same size and seed write the same bytes.

    Raises ValueError for a negative seed and OSError when a file cannot be written.
    """
    started = time.monotonic()
    shop = demo.open_shop(demo.SIZES[size], seed)
    out.mkdir(parents=True, exist_ok=True)
    files = {name: HashedFile(out / name) for name in ("transactions.csv", "customers.csv", "events.csv", "truth.json")}
    tally = write_days(shop, files["transactions.csv"], files["events.csv"], say)
    write_customers(shop, files["customers.csv"])
    with files["truth.json"] as truth:
        truth.write([json.dumps(demo.truth(shop, tally), indent=1) + "\n"])
    return {
        "out": str(out),
        "size": size,
        "seed": seed,
        "files": {name: file.summary() for name, file in files.items()},
        "seconds": round(time.monotonic() - started, 2),
    }


def write_days(shop: demo.Shop, lines: HashedFile, events: HashedFile, say: Callable[[str], None]) -> demo.Tally:
    """Write lines and events day by day, so that memory stays small; a word of progress a month."""
    tally, month = demo.Tally(), 0
    with lines, events:
        lines.write([demo.LINE_HEADER])
        events.write([demo.EVENT_HEADER])
        for trading in shop.days():
            if trading.day.month != month:
                month = trading.day.month
                say(_("%(month)s: %(lines)s lines so far") % {"month": f"{trading.day:%Y-%m}", "lines": tally.lines})
            lines.write(demo.line_rows(shop, trading))
            events.write(demo.event_rows(shop, trading))
            tally.add(trading)
    return tally


def write_customers(shop: demo.Shop, customers: HashedFile) -> None:
    with customers:
        customers.write([demo.CUSTOMER_HEADER])
        for row in demo.customer_rows(shop):
            customers.write([row])
