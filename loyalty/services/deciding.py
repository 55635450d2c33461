"""A person's word on a proposed review."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from core.models import User
from core.problems import Problem
from core.services.audit import record_event
from loyalty.models import Programme, Review, ReviewDecision
from loyalty.services.applying import apply_review
from loyalty.services.requests import request_report


def approve_review(
    *,
    review: Review,
    by: User,
    decisions: Sequence[int] | None = None,
    except_for: Sequence[int] = (),
    kind: str = "",
) -> Review:
    """Apply a proposed review and ask for its report: whole, or only the decisions with these keys, all but those of
    `except_for`, or those of one kind. What is left out stays as it is until the next review decides anew."""
    with transaction.atomic():
        chosen = _chosen(review, decisions, except_for, kind)
        if chosen is not None and not chosen.exists():
            raise Problem("nothing_chosen", _("Choose at least one decision, or reject the review."))
        applied = apply_review(review=review, by=by, decisions=chosen)
        request_report(snapshot=applied.snapshot, by=by, programme=applied.programme)
    return applied


def _chosen(
    review: Review, decisions: Sequence[int] | None, except_for: Sequence[int], kind: str
) -> QuerySet[ReviewDecision] | None:
    """The decisions of a part of the review; None for the whole."""
    found = review.decisions.all()
    if decisions is not None:
        return found.filter(pk__in=decisions)
    if not except_for and not kind:
        return None
    return (found.filter(kind=kind) if kind else found).exclude(pk__in=except_for)


def reject_review(*, review: Review, by: User) -> Review:
    """Leave the list as it is. The same rules and results are not proposed again."""
    with transaction.atomic():
        # The row that applying holds too: only then does the later of two people see what the earlier one did.
        Programme.objects.select_for_update().get(pk=review.programme_id)
        held = Review.objects.get(pk=review.pk)
        if held.state != Review.State.PROPOSED:
            state = held.get_state_display()
            raise Problem(
                "already_decided", _("This review was already decided: %(state)s.") % {"state": state}, status=409
            )
        held.state, held.decided_by, held.decided_at = Review.State.REJECTED, by, timezone.now()
        held.save()
        record_event(by=by, action="review.rejected", obj=held, key=held.pk)
    return held
