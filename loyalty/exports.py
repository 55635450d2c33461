"""Members as CSV and XLSX, the report as CSV: formulas are disarmed in text cells, numbers are left alone."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from core.spreadsheets import csv_lines, neutral
from core.workbooks import write_workbook
from loyalty.columns import COLUMNS, DEFAULT, Context
from loyalty.messages import message_for, texts_of
from loyalty.models import Programme
from loyalty.selectors.members import Filters, member_batches
from loyalty.selectors.past import snapshot_on
from loyalty.selectors.report import QUESTIONS
from segmentation.models import Snapshot

ALL = Filters()
SPOOLED = 8_000_000  # bytes that stay in memory


def member_rows(
    programme: Programme, snapshot: Snapshot | None, filters: Filters, columns: Sequence[str]
) -> Iterator[list[Any]]:
    """Everybody whom the filters leave, by key, with these columns; a batch of rows at a time."""
    shown = snapshot if filters.day is None else snapshot_on(programme, filters.day)
    texts = texts_of(programme) if "message" in columns else {}
    context = Context(shown, lambda member: message_for(texts, programme, member))
    getters = [COLUMNS[name].value for name in columns]
    for batch in member_batches(programme, snapshot, filters):
        for member in batch:
            yield [value(member, context) for value in getters]


def members_csv(
    programme: Programme,
    snapshot: Snapshot | None,
    filters: Filters = ALL,
    columns: Sequence[str] = DEFAULT,
) -> Iterator[str]:
    """The same as lines of CSV."""
    return csv_lines(columns, member_rows(programme, snapshot, filters, columns))


def members_workbook(
    programme: Programme, snapshot: Snapshot | None, filters: Filters, columns: Sequence[str]
) -> IO[bytes]:
    """The same as a workbook, ready to be read from its beginning."""
    target = SpooledTemporaryFile(max_size=SPOOLED)  # noqa: SIM115 - whoever sends it closes it
    write_workbook(target, programme.name, columns, member_rows(programme, snapshot, filters, columns))
    target.seek(0)
    return target


ANSWER_HEADINGS = ("question", "answer", "value", "interval", "level", "basis", "confidence", "what_would_change_it")


def report_csv(document: dict[str, Any]) -> str:
    """One row a question, a month of the forecast and a hypothesis; values that are no single figure are JSON.

    Of who is eligible it says how many: a list of customers is no cell; the members' export has it.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("id", *ANSWER_HEADINGS))
    for name in QUESTIONS:
        answer = document[name]
        if name == "q1":
            answer = {**answer, "value": answer.get("count", len(answer["value"] or []))}
        writer.writerow([name, *(_cell(answer[heading]) for heading in ANSWER_HEADINGS)])
    for group, found in document["q5"].get("groups", {}).items():
        writer.writerows(_months(group, found))
    for claim in document["hypotheses"]:
        holds = "It holds." if claim["holds"] else "It does not hold."
        cells = [claim["statement"], holds, claim["value"], claim["interval"], claim["level"], claim["basis"], "", ""]
        writer.writerow([claim["id"], *(_cell(cell) for cell in cells)])
    return text.getvalue()


def _months(group: str, found: dict[str, Any]) -> Iterator[list[Any]]:
    for month in found["by_month"]:
        span = f"{month['from']} to {month['to']}"
        yield ["q5", f"Expected revenue: {group}", span, month["revenue"], _cell(month["interval"]), 0.95, "", "", ""]


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, str):
        return neutral(value)
    return value if isinstance(value, int | float) else json.dumps(value, ensure_ascii=False)
