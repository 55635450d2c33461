"""The report: nine questions and three hypotheses, frozen for one snapshot and one state of the list."""

import hashlib
import json
from dataclasses import asdict
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from analytics.report import hypotheses
from core.runs import JobRefused, Lease
from core.services.audit import record_event
from loyalty import scores
from loyalty.evaluation import evaluate
from loyalty.jobs.answers import actions, conditions, expecting, money, proof, who
from loyalty.jobs.answers.material import COLUMNS, LEVEL, RANDOM_STATE, Material
from loyalty.models import Programme, Report, Review
from loyalty.selectors.reviews import current_standings
from loyalty.selectors.standing import active_rules, latest_applied
from segmentation import store
from segmentation.models import Snapshot
from segmentation.selectors import current_snapshot

FORMAT_VERSION = 1
MOST_TRIES = 5


def report(lease: Lease) -> dict[str, Any]:
    """Kind `loyalty.report`; params: programme, snapshot."""
    programme = Programme.objects.get(pk=lease.run.params["programme"])
    for _ in range(MOST_TRIES):
        snapshot, base = _current(lease), latest_applied(programme)
        existing = programme.reports.filter(snapshot=snapshot, review=base).first()
        if existing is not None:
            return _result(existing, unchanged=True)
        lease.progress("Answering the nine questions")
        content = answer(_material(programme, snapshot, base))
        if (done := _publish(lease, programme, snapshot, base, content)) is not None:
            return done
    raise JobRefused("busy", "The list kept changing meanwhile: ask for the report again in a moment.")


def _current(lease: Lease) -> Snapshot:
    snapshot = current_snapshot()
    if snapshot is None or snapshot.pk != lease.run.params["snapshot"]:
        raise JobRefused("outdated_snapshot", "Newer results were published meanwhile: ask for their report instead.")
    return snapshot


def _material(programme: Programme, snapshot: Snapshot, base: Review | None) -> Material:
    version = base.rule_version if base else active_rules(programme)
    members = current_standings(programme)
    if version is None:
        table = store.read_scores(snapshot, ["customer_key", *COLUMNS])
        is_eligible = is_near = np.zeros(len(table["customer_key"]), dtype=bool)
    else:
        table = scores.read_table(snapshot, version, *COLUMNS)
        terms = scores.terms_of(version, snapshot, table, grace_days=programme.grace_days)
        is_eligible = evaluate(table, terms, members).is_eligible
        is_near = scores.holds(terms.stay, table) & ~is_eligible
    return Material(
        programme=programme,
        snapshot=snapshot,
        review=base,
        rules=version,
        table=table,
        is_member=np.isin(table["customer_key"], list(members)),
        is_eligible=is_eligible,
        is_near=is_near,
        warned=sum(standing.grace_until is not None for standing in members.values()),
    )


def answer(material: Material) -> dict[str, Any]:
    """The whole report as plain data; customers by key, never by their outside id."""
    return {
        "format_version": FORMAT_VERSION,
        "snapshot": material.snapshot.pk,
        "as_of": material.as_of.isoformat(),
        "review": material.review and material.review.pk,
        "currency": settings.REPORTING_CURRENCY,
        "q1": who.who(material),
        "q2": who.how_many(material),
        "q3": who.what_are_they_like(material),
        "q4": money.share_of_revenue(material),
        "q5": money.expected(material, expecting.forecast(material)),
        "q6": conditions.to_enter(material),
        "q7": conditions.to_be_removed(material),
        "q8": proof.guarantee(material),
        "q9": actions.actions(material),
        "hypotheses": _hypotheses(material),
    }


def _hypotheses(material: Material) -> list[dict[str, Any]]:
    tested = hypotheses(
        material.table["items"], material.table["revenue"], material.is_member, random_state=RANDOM_STATE
    )
    basis = (
        f"{material.population()}; lines of guests are in neither part. Customers are redrawn (bootstrap), p values "
        "are corrected for three claims (Holm)."
    )
    return [{**asdict(claim), "interval": _listed(claim.interval), "level": LEVEL, "basis": basis} for claim in tested]


def _listed(interval: tuple[float, float] | None) -> list[float] | None:
    return None if interval is None else list(interval)


def _publish(
    lease: Lease, programme: Programme, snapshot: Snapshot, base: Review | None, content: dict[str, Any]
) -> dict[str, Any] | None:
    """None when another review was applied meanwhile: then the answers speak of no list that exists."""
    text = json.dumps(content, sort_keys=True, allow_nan=False)
    with transaction.atomic():
        lease.guard()
        held = Programme.objects.select_for_update().get(pk=programme.pk)
        latest = latest_applied(held)
        if (latest and latest.pk) != (base and base.pk):
            return None
        frozen, _ = Report.objects.get_or_create(
            programme=held,
            snapshot=snapshot,
            review=base,
            defaults={
                "content": content,
                "checksum": hashlib.sha256(text.encode()).hexdigest(),
                "created_at": timezone.now(),
            },
        )
        record_event(by=None, action="report.frozen", obj=frozen, key=frozen.pk, facts={"snapshot": snapshot.pk})
        result = _result(frozen, unchanged=False)
        lease.complete(result)
    return result


def _result(frozen: Report, *, unchanged: bool) -> dict[str, Any]:
    return {"report": frozen.pk, "snapshot": frozen.snapshot_id, "review": frozen.review_id, "unchanged": unchanged}
