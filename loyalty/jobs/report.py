"""The report: nine questions and three hypotheses, frozen for one snapshot and one state of the list."""

import hashlib
import json
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from core.runs import JobRefused, Lease
from core.services.audit import record_event
from loyalty import scores
from loyalty.evaluation import evaluate
from loyalty.exceptions import exceptions_of
from loyalty.jobs.acting.advice import advice_content, affinity_of, keep_affinity
from loyalty.jobs.answers import actions, ahead, claims, conditions, expecting, money, past, proof, who
from loyalty.jobs.answers.material import COLUMNS, Material
from loyalty.models import Affinity, Programme, Report, Review
from loyalty.selectors.report import FORMAT_VERSION, report_basis
from loyalty.selectors.reviews import current_standings
from loyalty.selectors.standing import active_rules, latest_applied
from segmentation import store
from segmentation.models import Snapshot
from segmentation.selectors import current_snapshot

MOST_TRIES = 5


def report(lease: Lease) -> dict[str, Any]:
    """Kind `loyalty.report`; params: programme, snapshot."""
    programme = Programme.objects.get(pk=lease.run.params["programme"])
    affinity: Affinity | None = None
    for _ in range(MOST_TRIES):
        programme.refresh_from_db()
        snapshot, base, basis = _current(lease), latest_applied(programme), report_basis(programme)
        existing = programme.reports.filter(snapshot=snapshot, review=base, basis=basis).first()
        if existing is not None:
            return _result(existing, unchanged=True)
        lease.progress("Answering the nine questions")
        affinity = affinity or affinity_of(lease, snapshot)
        draft = _draft(material_of(programme, snapshot, base, affinity), basis)
        if (done := _publish(lease, draft, affinity)) is not None:
            return done
    raise JobRefused("busy", "The list kept changing meanwhile: ask for the report again in a moment.")


def _current(lease: Lease) -> Snapshot:
    snapshot = current_snapshot()
    if snapshot is None or snapshot.pk != lease.run.params["snapshot"]:
        raise JobRefused("outdated_snapshot", "Newer results were published meanwhile: ask for their report instead.")
    return snapshot


def material_of(programme: Programme, snapshot: Snapshot, base: Review | None, affinity: Affinity) -> Material:
    """What the answers are made of."""
    version = base.rule_version if base else active_rules(programme)
    members = current_standings(programme)
    if version is None:
        table = store.read_scores(snapshot, ["customer_key", *COLUMNS])
        is_eligible = np.zeros(len(table["customer_key"]), dtype=bool)
    else:
        table = scores.read_table(snapshot, version, *COLUMNS)
        limits: Any = {"grace_days": programme.grace_days, "most_members": programme.most_members}
        terms = scores.terms_of(version, snapshot, table, **limits)
        is_eligible = evaluate(table, terms, members, exceptions_of(programme, snapshot.as_of)).is_eligible
    return Material(
        programme=programme,
        snapshot=snapshot,
        review=base,
        rules=version,
        table=table,
        is_member=np.isin(table["customer_key"], list(members)),
        is_eligible=is_eligible,
        warned=sum(standing.grace_until is not None for standing in members.values()),
        advice=advice_content(programme, snapshot, affinity),
        affinity=affinity,
    )


def answer(material: Material) -> dict[str, Any]:
    """The whole report as plain data, but for the customers behind it."""
    forecast = expecting.forecast(material)
    return {
        "format_version": FORMAT_VERSION,
        "programme": material.programme.name,
        "snapshot": material.snapshot.pk,
        "as_of": material.as_of.isoformat(),
        "review": material.review and material.review.pk,
        "currency": settings.REPORTING_CURRENCY,
        "q1": who.who(material),
        "q2": who.how_many(material),
        "q3": who.what_are_they_like(material),
        "q4": money.share_of_revenue(material),
        "q5": ahead.expected(material, forecast, past.past_forecasts(material)),
        "q6": conditions.to_enter(material),
        "q7": conditions.to_be_removed(material),
        "q8": proof.guarantee(material),
        "q9": actions.actions(material),
        "hypotheses": claims.hypotheses(material),
    }


def figures_of(content: dict[str, Any]) -> dict[str, Any]:
    """The figures whose history is shown: small enough to be read from many reports at once."""
    ahead_of = content["q5"]["groups"]
    return {
        "eligible": content["q1"]["count"],
        "members": content["q2"]["value"],
        "median_revenue": content["q3"]["value"]["members"]["revenue"],
        "median_revenue_rest": content["q3"]["value"]["rest"]["revenue"],
        "share": content["q4"]["value"],
        "expected": {name: [group["value"], *group["interval"]] for name, group in ahead_of.items()},
        "meet_entry": content["q6"].get("meet", 0),
        "in_grace": content["q7"]["value"].get("in_grace", 0),
        "is_proven": content["q8"]["value"].get("is_proven", False),
        "best_action": content["q9"]["value"][0]["expected_worth"] if content["q9"]["value"] else None,
        "hypotheses": {
            claim["id"]: [claim["value"], claim["threshold"], claim["measure"]] for claim in content["hypotheses"]
        },
    }


def _draft(material: Material, basis: str) -> Report:
    content = answer(material)
    text = json.dumps(content, sort_keys=True, allow_nan=False)
    customers = material.table["customer_key"]
    return Report(
        programme=material.programme,
        snapshot=material.snapshot,
        review=material.review,
        basis=basis,
        content=content,
        checksum=hashlib.sha256(text.encode()).hexdigest(),
        figures=figures_of(content),
        keys={
            "eligible": customers[material.is_eligible].tolist(),
            "members": customers[material.is_member].tolist(),
        },
    )


def _publish(lease: Lease, draft: Report, affinity: Affinity) -> dict[str, Any] | None:
    """None when another review was applied meanwhile, or settings changed: then the answers speak of what is over."""
    with transaction.atomic():
        lease.guard()
        held = Programme.objects.select_for_update().get(pk=draft.programme_id)
        latest = latest_applied(held)
        if (latest and latest.pk) != draft.review_id or report_basis(held) != draft.basis:
            return None
        keep_affinity(affinity)
        of = {"programme": held, "snapshot": draft.snapshot, "review": draft.review, "basis": draft.basis}
        kept = {name: getattr(draft, name) for name in ("content", "checksum", "figures", "keys")}
        frozen, _ = Report.objects.get_or_create(**of, defaults={**kept, "created_at": timezone.now()})
        record_event(by=None, action="report.frozen", obj=frozen, key=frozen.pk, facts={"snapshot": frozen.snapshot_id})
        result = _result(frozen, unchanged=False)
        lease.complete(result)
    return result


def _result(frozen: Report, *, unchanged: bool) -> dict[str, Any]:
    return {"report": frozen.pk, "snapshot": frozen.snapshot_id, "review": frozen.review_id, "unchanged": unchanged}
