"""`manage.py report`: the nine answers as JSON, one self-contained HTML file, PDF, or CSV."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from core.commands import CommandFailure, JsonCommand, dumps
from core.runs import JobRefused
from loyalty import paper
from loyalty.addresses import public_url
from loyalty.exports import report_csv
from loyalty.models import Programme, Report
from loyalty.selectors.report import report_content, report_document
from loyalty.selectors.standing import default_programme
from loyalty.services.requests import request_report
from segmentation.selectors import current_snapshot


class Command(JsonCommand):
    help = "Answer the nine questions from the current results and the members list."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--format", choices=["json", "html", "pdf", "csv"], default="json", dest="kind")
        parser.add_argument("--out", type=Path, help="write to this file instead of standard output")
        parser.add_argument("--programme", default="", help="name of the programme (default: the first one)")

    def perform(self, *args: Any, kind: str, out: Path | None, programme: str = "", **_: Any) -> dict[str, Any]:
        if kind == "pdf" and out is None and sys.stdout.isatty():
            raise CommandFailure("out", "A PDF is nothing to read on a terminal: name a file with --out.")
        frozen = self._report(_programme(programme))
        made = _rendered(frozen, kind)
        if out is not None:
            out.write_bytes(made)
            self.say(f"Written to {out}.")
            made = b""
        self._made = made
        return report_document(frozen)

    def _report(self, programme: Programme) -> Report:
        snapshot = current_snapshot()
        if snapshot is None:
            raise JobRefused("no_snapshot", "There are no results yet: ingest purchases and run refresh first.")
        run = request_report(snapshot=snapshot, by=None, programme=programme)
        return Report.objects.select_related("snapshot").get(pk=(self.finish(run).result or {})["report"])

    def describe(self, result: Mapping[str, Any]) -> str:
        try:
            return self._made.decode()
        except UnicodeDecodeError:
            sys.stdout.buffer.write(self._made)
            return ""


def _programme(name: str) -> Programme:
    if not name:
        return default_programme()
    found = Programme.objects.filter(name=name).first()
    if found is None:
        known = ", ".join(Programme.objects.order_by("pk").values_list("name", flat=True))
        raise CommandFailure("programme", f"There is no programme {name}: choose one of {known}.")
    return found


def _rendered(frozen: Report, kind: str) -> bytes:
    if kind == "pdf":
        return paper.pdf(report_content(frozen), public_url())
    if kind == "html":
        return paper.html(report_content(frozen), public_url()).encode()
    return (report_csv if kind == "csv" else dumps)(report_document(frozen)).encode()
