"""`manage.py report`: the nine answers, as JSON, one self-contained HTML file, or CSV."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.template.loader import render_to_string

from core.commands import CommandFailure, JsonCommand, dumps
from core.runs import JobRefused
from loyalty.exports import report_csv
from loyalty.models import Report
from loyalty.selectors.report import QUESTIONS, report_document
from loyalty.services.requests import request_report
from segmentation.selectors import current_snapshot


class Command(JsonCommand):
    help = "Answer the nine questions from the current results and the members list."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--format", choices=["json", "html", "pdf", "csv"], default="json", dest="kind")
        parser.add_argument("--out", type=Path, help="write to this file instead of standard output")

    def perform(self, *args: Any, kind: str, out: Path | None, **_: Any) -> dict[str, Any]:
        if kind == "pdf":
            message = (
                "PDF needs a program that prints pages, and none comes with this installation: take --format html, "
                "open the file in a browser and print it to PDF."
            )
            raise CommandFailure("pdf_unavailable", message)
        document = report_document(self._report())
        self._text = _rendered(document, kind)
        if out is not None:
            out.write_text(self._text, encoding="utf-8")
            self.say(f"Written to {out}.")
            self._text = ""
        return document

    def _report(self) -> Report:
        snapshot = current_snapshot()
        if snapshot is None:
            raise JobRefused("no_snapshot", "There are no results yet: ingest purchases and run refresh first.")
        result = self.finish(request_report(snapshot=snapshot, by=None)).result or {}
        return Report.objects.get(pk=result["report"])

    def describe(self, result: Mapping[str, Any]) -> str:
        return self._text


def _rendered(document: dict[str, Any], kind: str) -> str:
    if kind == "csv":
        return report_csv(document)
    if kind == "html":
        answers = [document[name] for name in QUESTIONS]
        return render_to_string("loyalty/report_file.html", {"document": document, "answers": answers})
    return dumps(document)
