"""Asking that other programs be told of a review that was applied."""

from core import runs
from core.models import Run, User
from core.services.webhooks import wanting
from loyalty.models import DecisionKind, Review

ANNOUNCE = "loyalty.announce"
EVENT_NAMES = {
    DecisionKind.JOINED: "member.joined",
    DecisionKind.WARNED: "member.warned",
    DecisionKind.LEFT: "member.left",
}


def request_announcement(review: Review, *, by: User | None) -> Run | None:
    """None when nobody wants to know. Call inside the transaction that applies the review."""
    if not wanting(EVENT_NAMES.values()):
        return None
    digest = runs.fingerprint(ANNOUNCE, review.pk)
    return runs.request_run(kind=ANNOUNCE, params={"review": review.pk}, fingerprint=digest, by=by)
