"""The groups of an experiment as a file; text cells are safe to open in a spreadsheet."""

from collections.abc import Iterator

from core.spreadsheets import csv_lines
from loyalty.models import Assignment, Experiment, Review


def groups_csv(experiment: Experiment, *, has_control: bool = True) -> Iterator[str]:
    """One line a person: outside id, group, stratum, day of the draw; without the control for a tool that acts."""
    rows = experiment.assignments.select_related("customer").order_by("arm", "customer_id")
    if experiment.kind == Experiment.Kind.PROGRAMME_CONTROL:
        rows = rows.filter(draw__review__state=Review.State.APPLIED)
    if not has_control:
        rows = rows.filter(arm=Assignment.Arm.TREATMENT)
    found = rows.values_list("customer__external_id", "arm", "stratum", "assigned_on").iterator(chunk_size=5_000)
    return csv_lines(["customer_id", "group", "stratum", "assigned_on"], found)
