"""Applying a review: events, memberships and the review's state in one transaction, or nothing of it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    DateField,
    DateTimeField,
    F,
    Field,
    Model,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _

from core.models import User
from core.problems import Problem
from core.services.audit import record_event
from loyalty.exceptions import are_pins_changed
from loyalty.models import DecisionKind, Membership, MembershipEvent, Programme, Review, ReviewDecision
from loyalty.selectors.standing import active_rules, latest_applied
from loyalty.services.announcing import request_announcement
from segmentation.selectors import current_snapshot

BATCH = 5_000


class ReviewOutdated(Problem):
    """The results, the rules or the list have moved on since the review was made."""

    def __init__(self, message: str) -> None:
        super().__init__("outdated_review", message, status=409)


def apply_review(*, review: Review, by: User | None, decisions: QuerySet[ReviewDecision] | None = None) -> Review:
    """Write what a proposed review decides (or only these of its decisions) into the book and the list.

    Call inside a transaction. The programme's row is held, so that two reviews can't be applied at once; each batch is
    small for the database, but they become visible together.
    """
    programme = Programme.objects.select_for_update().get(pk=review.programme_id)
    review = Review.objects.select_related("snapshot", "rule_version").get(pk=review.pk)
    check_is_fresh(review, programme)
    if review.state not in {Review.State.PROPOSED, Review.State.PREPARING}:
        raise Problem(
            "already_decided",
            _("This review was already decided: %(state)s.") % {"state": review.get_state_display()},
            status=409,
        )
    chosen = review.decisions.all() if decisions is None else decisions.filter(review=review)
    _write(review, chosen, by)
    review.state, review.decided_by, review.decided_at = Review.State.APPLIED, by, timezone.now()
    review.is_partial = decisions is not None and chosen.count() < review.decisions.count()
    _count_anew(review, programme)
    review.save()
    facts = {name: getattr(review, name) for name in ("joined", "left", "kept", "warned", "members")}
    changed = list(chosen.order_by("customer_id").values_list("customer_id", "kind"))
    record_event(by=by, action="review.applied", obj=review, key=review.pk, facts=facts, changed=changed)
    request_announcement(review, by=by)
    return review


def check_is_fresh(review: Review, programme: Programme) -> None:
    """Raise ReviewOutdated unless the review speaks of today's results, rules and list."""
    snapshot, version, base = current_snapshot(), active_rules(programme), latest_applied(programme)
    if snapshot is None or snapshot.pk != review.snapshot_id:
        raise ReviewOutdated(
            _("There are newer results than those of this review (as of %(day)s): review the current ones.")
            % {"day": f"{review.snapshot.as_of:%-d %B %Y}"}
        )
    if version is None or version.pk != review.rule_version_id:
        raise ReviewOutdated(
            _("The rules have changed since this review was made: review again with the rules in force.")
        )
    if (base.pk if base else None) != review.previous_id:
        raise ReviewOutdated(_("Another review was applied since this one was made: review again."))
    if review.kind == Review.Kind.REGULAR and review.most_members != programme.most_members:
        raise ReviewOutdated(_("The cap on members has changed since this review was made: review again."))
    if are_pins_changed(review, programme):
        raise ReviewOutdated(_("Customers were pinned in or out since this review was made: review again."))


def _write(review: Review, chosen: QuerySet[ReviewDecision], by: User | None) -> None:
    """Events and memberships from the decisions, within the database: a review may decide about a hundred thousand.

    Row by row it would hold the only writer of SQLite for longer than others wait.
    """
    as_of, now = review.snapshot.as_of, timezone.now()
    grace_until = as_of + timedelta(days=review.grace_days)
    found = {kind: chosen.filter(kind=kind).values("customer_id") for kind in DecisionKind.values}
    told = chosen.order_by("pk").values(
        "customer_id",
        "kind",
        "reasons",
        "detail",
        programme=_value(review.programme_id, BigIntegerField()),
        effective=_value(as_of, DateField()),
        until=Case(When(kind=DecisionKind.WARNED, then=_value(grace_until, DateField())), output_field=DateField()),
        of_review=F("review_id"),
        version=_value(review.rule_version_id, BigIntegerField()),
        of_snapshot=_value(review.snapshot_id, BigIntegerField()),
        models=_value(review.model_version, CharField()),
        said_by=_value(by and by.pk, BigIntegerField()),
        moment=_value(now, DateTimeField()),
    )
    _insert(MembershipEvent, EVENT_FIELDS, told)
    joined = chosen.filter(kind=DecisionKind.JOINED).order_by("pk")
    _insert(
        Membership,
        ("customer", "programme", "entered_on"),
        joined.values(
            "customer_id",
            programme=_value(review.programme_id, BigIntegerField()),
            entered=_value(as_of, DateField()),
        ),
    )
    members = Membership.objects.filter(programme_id=review.programme_id, left_on__isnull=True)
    members.filter(customer_id__in=found[DecisionKind.WARNED]).update(grace_until=grace_until)
    members.filter(customer_id__in=found[DecisionKind.RENEWED]).update(grace_until=None)
    # A membership never ends before it began, even when results of an earlier day end it.
    later = Case(When(entered_on__gt=as_of, then=F("entered_on")), default=Value(as_of))
    members.filter(customer_id__in=found[DecisionKind.LEFT]).update(left_on=later, grace_until=None)


EVENT_FIELDS = (
    *("customer", "kind", "reasons", "detail", "programme", "effective_on", "grace_until", "review", "rule_version"),
    *("snapshot", "model_version", "by", "at"),
)


def _value(value: Any, kind: "Field[Any, Any]") -> Cast:
    """A constant column; the cast tells PostgreSQL its type."""
    return Cast(Value(value, output_field=kind), kind)


def _insert(model: type[Model], fields: Sequence[str], rows: QuerySet[Any, Any]) -> None:
    """INSERT … SELECT, which Django has no words for; the columns of `rows` in the order of `fields`."""
    known = {field.name: str(field.column) for field in model._meta.concrete_fields}
    columns = ", ".join(connection.ops.quote_name(known[name]) for name in fields)
    query, parameters = rows.query.sql_with_params()
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({columns}) {query}", parameters)


def _count_anew(review: Review, programme: Programme) -> None:
    """The figures are those of what was done: a part may have been approved, or a customer erased meanwhile."""
    events = review.events
    review.joined = events.filter(kind=DecisionKind.JOINED).count()
    review.left = events.filter(kind=DecisionKind.LEFT).count()
    current = programme.memberships.filter(left_on__isnull=True)
    review.members = current.count()
    review.warned = current.filter(grace_until__isnull=False).count()
    review.kept = review.members - review.joined - review.warned
