"""The frozen report for reading: outside ids are looked up as it is printed."""

from typing import Any

from crm.models import Customer
from loyalty.models import Programme, Report
from loyalty.selectors.standing import latest_applied
from segmentation.models import Snapshot

QUESTIONS = tuple(f"q{number}" for number in range(1, 10))
BATCH = 5_000


def report_of(programme: Programme, snapshot: Snapshot | None) -> Report | None:
    """The report of these results and the list as it stands; None until it is frozen."""
    if snapshot is None:
        return None
    return programme.reports.filter(snapshot=snapshot, review=latest_applied(programme)).first()


def newest_report(programme: Programme) -> Report | None:
    """The newest report of any results, for a page that waits for the current one."""
    return programme.reports.select_related("snapshot").order_by("-pk").first()


def report_document(report: Report) -> dict[str, Any]:
    """The report as the command and the API print it, with customers by their outside id."""
    content: dict[str, Any] = dict(report.content)
    content.pop("format_version", None)
    content["q1"] = {**content["q1"], "value": external_ids(content["q1"]["value"])}
    return {"report": report.pk, **content}


def external_ids(keys: list[int]) -> list[str]:
    """Outside ids in the order of the keys; one that was erased since is left out."""
    names: dict[int, str] = {}
    for start in range(0, len(keys), BATCH):
        batch = keys[start : start + BATCH]
        names.update(Customer.objects.filter(pk__in=batch).values_list("pk", "external_id"))
    return [names[key] for key in keys if key in names]
