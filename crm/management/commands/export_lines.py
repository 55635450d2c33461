"""`export_lines --out PATH`: the lines that count, as one file for a notebook or a spreadsheet."""

import shutil
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from core.commands import CommandFailure, JsonCommand
from crm import ledger
from crm.models import LineExport
from crm.services import ExportError, request_export
from crm.views.line_search import BadFilter, read_line_filter

FILTERS = ("customer_id", "order_id", "item_id", "country", "upload", "returns", "from", "to")


class Command(JsonCommand):
    help = "Write the lines that count as one Parquet or CSV file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--out", type=Path, required=True, help="the file to write; .csv writes CSV, else Parquet")
        parser.add_argument("--format", choices=LineExport.Format.values, help="whatever the file is called")
        for name in FILTERS:
            parser.add_argument(f"--{name.replace('_', '-')}", dest=f"only_{name}", help=f"only lines of this {name}")

    def perform(self, *, out: Path, format: str | None, **options: Any) -> dict[str, Any]:
        query = {name: options.get(f"only_{name}") or "" for name in FILTERS}
        try:
            chosen = read_line_filter(query)
            if chosen is None:
                raise CommandFailure("not_found", f"There is no customer {query['customer_id']}.")
            wanted = format or (LineExport.Format.CSV if out.suffix == ".csv" else LineExport.Format.PARQUET)
            export = request_export(chosen=chosen, file_format=wanted, by=None)
        except (BadFilter, ExportError) as error:
            raise CommandFailure("export", str(error)) from error
        assert export.run is not None  # noqa: S101 - made with it
        self.finish(export.run)
        export.refresh_from_db()
        with ledger.local_copy(export.path) as written:
            shutil.copyfile(written, out)
        return {"out": str(out), "format": export.format, "lines": export.lines, "size": export.size}
