"""Reading the table of a test that was run elsewhere, in a process with limits; its rows go once it is read."""

import csv
import hashlib
import io
import json
from typing import Any

from django.db import transaction
from django.utils import timezone

from analytics.experiments.tables import NUMBER, WITH_COMMA, TableError, read_results
from core.runs import JobRefused, Lease
from core.services.audit import record_event
from loyalty.models import Experiment, ExperimentReading, ImportedTable

MOST_COLUMNS, MOST_ROWS = 100, 500_000
SENTENCES = {
    "no_such_column": "The table has no column “{column}”: name the column that says to which group a row belongs.",
    "no_arm_column": "No column says to which group a row belongs: call it “group”, or name it when you import.",
    "empty_arm": "Line {line} names no group: fill it in or remove the line.",
    "arms": "The column of groups has {count} different values, and 2 to 5 can be compared: name another column.",
    "no_such_arm": "No row has the control “{arm}”: the groups are called {arms}.",
    "not_a_number": "Line {line}: “{cell}” in the column “{column}” is no number. Correct it, or remove the column.",
    "outcomes": "There are more than {most} outcomes to compare: remove the columns that do not matter.",
    "people": "The column “{column}” must hold how many people each group has, in whole numbers above 0.",
    "no_deviation": "The column “{column}” needs its standard deviation beside it, in a column of that name with sd.",
    "not_a_count": "The column “{column}” must count people: whole numbers, no more than the group has.",
    "no_people": (
        "Each group has a single row, and no column says how many people it stands for: call that column “people”."
    ),
    "small_arm": "The group “{arm}” has fewer than two people: nothing can be learned from it. Remove it, or add rows.",
    "no_outcome": "No column holds an outcome: add one with numbers, or with yes and no.",
}


def read_table(lease: Lease) -> dict[str, Any]:
    """Kind `loyalty.import_results`; params: experiment."""
    table = ImportedTable.objects.select_related("experiment").filter(experiment=lease.run.params["experiment"]).first()
    if table is None:
        raise JobRefused("removed", "This import was removed meanwhile: nothing is left to read.")
    experiment = table.experiment
    if table.data is None:
        return {"experiment": experiment.pk, "rows": experiment.readings.get().content["rows"], "unchanged": True}
    lease.progress("Reading the table")
    header, rows, decimal = _cells(bytes(table.data))
    try:
        content = read_results(
            header,
            rows,
            control_share=experiment.control_share,
            arm_column=table.arm_column,
            control_value=table.control_value,
            decimal=decimal,
        )
    except TableError as error:
        raise JobRefused(error.code, _sentence(error)) from error
    return _publish(lease, experiment, content)


def _sentence(error: TableError) -> str:
    facts = {name: ", ".join(value) if isinstance(value, list) else value for name, value in error.facts.items()}
    return SENTENCES[error.code].format(**facts)


def _cells(data: bytes) -> tuple[list[str], list[list[str]], str]:
    """Header, rows and decimal sign of a CSV of any usual delimiter; what is no table is refused in a sentence."""
    if b"\0" in data:
        raise JobRefused("not_text", "This is no text file: save the table as CSV and import that.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t|", key=first.count)
    try:
        found = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter, strict=True) if any(row)]
    except csv.Error as error:
        raise JobRefused("not_csv", f"The file can't be read as CSV ({error}): save it as CSV again.") from error
    _check_shape(found)
    return found[0], found[1:], _decimal(found[1:], delimiter)


def _decimal(rows: list[list[str]], delimiter: str) -> str:
    """A comma where it parts no cells and stands in numbers, while no number has a point."""
    if delimiter == ",":
        return "."
    cells = [cell.strip() for row in rows[:1000] for cell in row]
    has_comma = any(WITH_COMMA.fullmatch(cell) for cell in cells)
    has_point = any("." in cell and NUMBER.fullmatch(cell) for cell in cells)
    return "," if has_comma and not has_point else "."


def _check_shape(found: list[list[str]]) -> None:
    if len(found) < 3:
        raise JobRefused("too_short", "The table needs a line of headings and at least one row a group.")
    width = len(found[0])
    if not 2 <= width <= MOST_COLUMNS or len(found) > MOST_ROWS:
        raise JobRefused("too_large", "The table needs 2 to 100 columns and at most 500,000 rows: leave out the rest.")
    if len({name.strip().lower() for name in found[0]}) < width:
        raise JobRefused("headings", "Two columns have the same heading: rename one.")
    for number, row in enumerate(found, start=1):
        if len(row) != width:
            raise JobRefused(
                "ragged", f"Row {number} has {len(row)} cells and the headings {width}: correct it or remove it."
            )


def _publish(lease: Lease, experiment: Experiment, content: dict[str, Any]) -> dict[str, Any]:
    text = json.dumps(content, sort_keys=True, allow_nan=False)
    with transaction.atomic():
        lease.guard()
        held = Experiment.objects.select_for_update().get(pk=experiment.pk)
        if held.state == Experiment.State.DRAFT:
            ExperimentReading.objects.create(
                experiment=held,
                content=content,
                checksum=hashlib.sha256(text.encode()).hexdigest(),
                created_at=timezone.now(),
            )
            held.state, held.ended_at = Experiment.State.ENDED, timezone.now()
            held.save()
            ImportedTable.objects.filter(experiment=held).update(data=None)
            facts = {"rows": content["rows"], "is_mismatch": content["sample_ratio"]["is_mismatch"]}
            record_event(by=None, action="experiment.read", obj=held, key=held.pk, facts=facts)
        result = {"experiment": held.pk, "rows": content["rows"], "unchanged": False}
        lease.complete(result)
    return result
