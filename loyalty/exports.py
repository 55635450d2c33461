"""Members and the report as CSV: formulas are disarmed in text cells, numbers are left alone."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from core.spreadsheets import Echo, neutral
from crm.models import Customer
from loyalty.models import Membership, Programme
from loyalty.selectors.members import latest_sentences
from loyalty.selectors.report import QUESTIONS
from segmentation.models import Snapshot
from segmentation.selectors import scores

BATCH = 1_000
HEADINGS = (
    *("customer_id", "member_since", "warned_until", "revenue", "revenue_12m", "orders_12m", "order_count"),
    *("days_since_last_purchase", "tier", "rfm_group", "country", "reason", "as_of"),
)


def members_csv(programme: Programme, snapshot: Snapshot | None) -> Iterator[str]:
    """Every current member, by key; a batch of rows at a time."""
    writer = csv.writer(Echo())
    yield writer.writerow(HEADINGS)
    latest = 0
    current = Membership.objects.filter(programme=programme, left_on__isnull=True).order_by("customer_id")
    while batch := list(current.filter(customer_id__gt=latest)[:BATCH]):
        for row in _rows(programme, snapshot, batch):
            yield writer.writerow(row)
        latest = batch[-1].customer_id


def _rows(programme: Programme, snapshot: Snapshot | None, batch: list[Membership]) -> Iterator[list[Any]]:
    keys = [member.customer_id for member in batch]
    names = dict(Customer.objects.filter(pk__in=keys).values_list("pk", "external_id"))
    found = {score.pk: score for score in scores(snapshot).filter(pk__in=keys)}
    told = latest_sentences(programme, keys)
    for member in batch:
        score = found.get(member.customer_id)
        figures = [getattr(score, name, "") for name in HEADINGS[3:8]]
        texts = [neutral(str(getattr(score, name, ""))) for name in HEADINGS[8:11]]
        reason = neutral(told.get(member.customer_id, ""))
        day = snapshot.as_of if snapshot else ""
        yield [
            neutral(names[member.customer_id]),
            member.entered_on,
            member.grace_until or "",
            *figures,
            *texts,
            reason,
            day,
        ]


ANSWER_HEADINGS = ("question", "answer", "value", "interval", "level", "basis", "confidence", "what_would_change_it")


def report_csv(document: dict[str, Any]) -> str:
    """One row a question and a hypothesis; values that are no single figure are JSON."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("id", *ANSWER_HEADINGS))
    for name in QUESTIONS:
        writer.writerow([name, *(_cell(document[name][heading]) for heading in ANSWER_HEADINGS)])
    for claim in document["hypotheses"]:
        holds = "It holds." if claim["holds"] else "It does not hold."
        cells = [claim["statement"], holds, claim["value"], claim["interval"], claim["level"], claim["note"], "", ""]
        writer.writerow([claim["id"], *(_cell(cell) for cell in cells)])
    return text.getvalue()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, str):
        return neutral(value)
    return value if isinstance(value, int | float) else json.dumps(value, ensure_ascii=False)
