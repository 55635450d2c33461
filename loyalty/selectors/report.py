"""The frozen report for reading: outside ids are looked up as it is printed."""

import hashlib
import json
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from crm.models import Customer
from loyalty.models import Action, Hypothesis, Programme, Report
from loyalty.selectors.experiments import verdict_of
from loyalty.selectors.standing import latest_applied
from segmentation.models import Snapshot

FORMAT_VERSION = 3
QUESTIONS = tuple(f"q{number}" for number in range(1, 10))
BATCH = 5_000
MOST_SHOWN = 24
# Places of evidence that are files of customers: everybody's figures, and the lines of a group.
CUSTOMERS, LINES_OF = "customers", "lines:"


def written_hypotheses(programme: Programme) -> list[Hypothesis]:
    """Those that people wrote and did not withdraw."""
    return list(programme.hypotheses.filter(withdrawn_at=None))


def report_basis(programme: Programme) -> str:
    """Digest of what the answers rest on besides results and list: another one calls for another report."""
    written = programme.hypotheses.filter(withdrawn_at=None).values_list(
        "number", "measure", "figure", "group", "group_value", "threshold"
    )
    verdict = verdict_of(programme) or {}
    read = [verdict.get(name) for name in ("experiment", "state", "as_of", "word", "more_weeks")]
    terms = [programme.grace_days, programme.review_period_months, programme.most_members]
    actions = programme.actions.filter(state=Action.State.READ_OUT).count()
    parts = [FORMAT_VERSION, terms, read, actions, [list(row) for row in written]]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def report_of(programme: Programme, snapshot: Snapshot | None) -> Report | None:
    """The report of these results, the list as it stands and what else it rests on; None until it is frozen."""
    if snapshot is None:
        return None
    frozen = programme.reports.filter(
        snapshot=snapshot, review=latest_applied(programme), basis=report_basis(programme)
    )
    return frozen.select_related("snapshot", "review").first()


def newest_report(programme: Programme) -> Report | None:
    """The newest report of any results, for a page that waits for the current one."""
    return programme.reports.select_related("snapshot", "review").order_by("-pk").first()


def report_history(programme: Programme, *, latest: int = MOST_SHOWN) -> list[Report]:
    """Reports with their figures alone, oldest first: the newest of each results, at most the latest ones."""
    rows = (
        programme.reports.defer("keys", "content").select_related("snapshot", "review").order_by("-snapshot_id", "-pk")
    )
    found: dict[int, Report] = {}
    for report in rows[: latest * 4]:
        found.setdefault(report.snapshot_id, report)
    return sorted(list(found.values())[:latest], key=lambda report: (report.snapshot.as_of, report.pk))


def report_document(report: Report, *, with_ids: bool = True) -> dict[str, Any]:
    """The report as the command and the API print it, with the outside ids of those eligible, or their number."""
    content, eligible = report_content(report), report.keys.get("eligible", [])
    content["q1"] = {**content["q1"], "value": external_ids(eligible) if with_ids else len(eligible)}
    return content


def report_content(report: Report) -> dict[str, Any]:
    """The report without the list of who is eligible, whose length is told: what pages and files for people show."""
    content: dict[str, Any] = dict(report.content)
    content.pop("format_version", None)
    for name in QUESTIONS:
        content[name] = _linked(report, content[name])
    content["hypotheses"] = [_linked(report, claim) for claim in content["hypotheses"]]
    return {"report": report.pk, **content}


def _linked(report: Report, answer: dict[str, Any]) -> dict[str, Any]:
    """The answer with the addresses of what lies behind it; a frozen report does not know its own number."""
    evidence = [
        {**link, "url": evidence_url(report.pk, link["url"]), "is_export": _is_export(link["url"])}
        for link in answer.get("evidence", [])
    ]
    return {**answer, "evidence": evidence}


def _is_export(place: str) -> bool:
    """Whether a link leads to a file with customers' ids, which not everybody may take away."""
    return place == CUSTOMERS or place.startswith(LINES_OF)


def evidence_url(pk: int, place: str) -> str:
    """`lines:GROUP` and `customers` are exports of this report; everything else is an address of the product."""
    if place == CUSTOMERS:
        return reverse("loyalty:report-customers", args=[pk])
    if place.startswith(LINES_OF):
        group = urlencode({"group": place.removeprefix(LINES_OF)})
        return f"{reverse('loyalty:report-lines', args=[pk])}?{group}"
    return place


def external_ids(keys: list[int]) -> list[str]:
    """Outside ids in the order of the keys; one that was erased since is left out."""
    names: dict[int, str] = {}
    for start in range(0, len(keys), BATCH):
        batch = keys[start : start + BATCH]
        names.update(Customer.objects.filter(pk__in=batch).values_list("pk", "external_id"))
    return [names[key] for key in keys if key in names]
