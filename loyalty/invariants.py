"""Invariant 5: the list is what the book tells, and every entry of the book recomputes."""

from collections.abc import Iterable

from core.invariants import Finding, invariant
from loyalty import scores
from loyalty.draw_invariants import draws_recompute
from loyalty.evaluation import evaluate
from loyalty.exceptions import exceptions_at
from loyalty.models import Membership, MembershipEvent, Programme, Review
from loyalty.replay import BrokenBook, Stay, replay, standings

REVIEWS_CHECKED = 12
__all__ = ["decisions_recompute", "draws_recompute", "list_equals_book"]


def _events(programme: Programme) -> Iterable[MembershipEvent]:
    return programme.events.order_by("pk").iterator(chunk_size=5_000)


@invariant(5, "The members list equals its book.")
def list_equals_book() -> Finding:
    events = members = 0
    for programme in Programme.objects.all():
        try:
            told = {_of_stay(stay) for stay in replay(_events(programme))}
        except BrokenBook as broken:
            return False, str(broken)
        rows = Membership.objects.filter(programme=programme)
        listed = set(rows.values_list("customer_id", "entered_on", "left_on", "grace_until"))
        if told != listed:
            return False, f"{len(told ^ listed)} memberships of {programme} differ from what the events tell."
        events += programme.events.count()
        members += sum(left is None for _, _, left, _ in listed)
    return True, f"{events} events give {members} members."


def _of_stay(stay: Stay) -> tuple[object, ...]:
    return stay.customer_id, stay.entered_on, stay.left_on, stay.grace_until


@invariant(5, "Decisions recompute from rules, results and the list before.")
def decisions_recompute() -> Finding:
    """The newest reviews only: each needs the stored scores of its snapshot."""
    applied = Review.objects.filter(state=Review.State.APPLIED).select_related("snapshot", "rule_version", "programme")
    checked = list(applied.order_by("-decided_at", "-pk")[:REVIEWS_CHECKED])
    for review in checked:
        if wrong := _differences(review):
            return False, f"{wrong} decisions of review {review.pk} do not follow from its rules and results."
    return True, f"{len(checked)} reviews were recomputed."


def _differences(review: Review) -> int:
    own = set(review.events.values_list("customer_id", "kind", "grace_until"))
    first = review.events.order_by("pk").first()
    if first is None:
        return 0
    table = scores.read_table(review.snapshot, review.rule_version)
    terms = scores.terms_of(
        review.rule_version,
        review.snapshot,
        table,
        grace_days=review.grace_days,
        most_members=review.most_members,
    )
    before = standings(review.programme.events.filter(pk__lt=first.pk).order_by("pk").iterator(chunk_size=5_000))
    decisions = evaluate(table, terms, before, exceptions_at(review)).decisions
    # A person may have approved a part; nothing that was done may be missing here.
    return len(own - {(decision.customer_key, decision.kind, decision.grace_until) for decision in decisions})
