"""Reads of reviews and of the list that they start from."""

from datetime import timedelta
from typing import Any

from core.money import plain
from core.pagination import KeyPage, key_page
from loyalty import rules
from loyalty.models import DecisionKind, Membership, Programme, Review, ReviewDecision
from loyalty.replay import Standing
from loyalty.sentences import event_sentence


def current_standings(programme: Programme) -> dict[int, Standing]:
    """Every current member: since when, and until when a warning's grace runs."""
    rows = Membership.objects.filter(programme=programme, left_on__isnull=True)
    found = rows.values_list("customer_id", "entered_on", "grace_until")
    return {key: Standing(entered_on, grace_until) for key, entered_on, grace_until in found.iterator(chunk_size=5_000)}


def review_result(review: Review, *, unchanged: bool) -> dict[str, Any]:
    """What the command prints and the run keeps."""
    return {
        "review": review.pk,
        "state": review.state,
        "snapshot": review.snapshot_id,
        "as_of": review.snapshot.as_of.isoformat(),
        "rules": review.rule_version.number,
        "joined": review.joined,
        "left": review.left,
        "kept": review.kept,
        "warned": review.warned,
        "members": review.members,
        "eligible": review.eligible,
        "revenue_at_stake": plain(review.revenue_at_stake),
        "unchanged": unchanged,
    }


def review_list(programme: Programme, *, cursor: str = "") -> KeyPage[Review]:
    """Reviews that anyone may see, newest first."""
    shown = programme.reviews.exclude(state=Review.State.PREPARING)
    return key_page(shown.select_related("snapshot", "decided_by", "rule_version"), cursor=cursor, size=30)


def decision_page(review: Review, *, kind: str = "", cursor: str = "") -> KeyPage[ReviewDecision]:
    """What a review decides, with each customer; `text` on a row tells why."""
    found = review.decisions.select_related("customer")
    if kind in DecisionKind.values:
        found = found.filter(kind=kind)
    page = key_page(found, cursor=cursor)
    grace_until = review.snapshot.as_of + timedelta(days=review.grace_days)
    for row, why in zip(page.rows, rules.with_names(row.reasons for row in page.rows), strict=True):
        until = grace_until if row.kind == DecisionKind.WARNED else None
        row.text = event_sentence(row.kind, review.snapshot.as_of, until, why, row.detail)  # type: ignore[attr-defined]
    return page
