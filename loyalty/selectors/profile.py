"""One customer and the programme: their story, how far they are from each threshold, and what is missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from analytics.scoring.rules import Condition
from core.formatting import number_text
from crm.models import Customer
from loyalty import rules, sentences
from loyalty.experiments import control_of
from loyalty.models import Membership, MembershipEvent, Pin, Programme, RuleVersion
from loyalty.scores import frozen
from loyalty.selectors.ahead import figures_on
from loyalty.selectors.members import event_texts
from loyalty.selectors.standing import active_rules, day_of, default_programme, next_review_on
from segmentation.models import Score, Snapshot
from segmentation.selectors import current_snapshot, scores


@dataclass(frozen=True)
class Margin:
    """One threshold of entry or stay beside the customer's figure."""

    condition: str
    actual: str
    gap: str
    holds: bool


@dataclass(frozen=True)
class MembershipStory:
    """Everything that a page says of one customer's membership."""

    customer: Customer
    programme: Programme
    is_member: bool
    entered_on: date | None
    grace_until: date | None
    events: list[MembershipEvent]
    sentences: list[str]
    outlook: str
    entry: list[Margin]
    stay: list[Margin]


def membership_of(
    customer: Customer, *, programme: Programme | None = None, snapshot: Snapshot | None = None
) -> MembershipStory:
    """For members and others alike; at most six small queries."""
    programme = programme or default_programme()
    snapshot = snapshot or current_snapshot()
    standing = Membership.objects.filter(programme=programme, customer=customer, left_on__isnull=True).first()
    found = MembershipEvent.objects.filter(programme=programme, customer=customer).select_related(
        "by", "rule_version", "snapshot"
    )
    events = list(found.order_by("pk"))
    score = scores(snapshot).filter(pk=customer.pk).first()
    version = active_rules(programme)
    entry, stay = _reasons(version, snapshot, score)
    return MembershipStory(
        customer=customer,
        programme=programme,
        is_member=standing is not None,
        entered_on=standing.entered_on if standing else None,
        grace_until=standing.grace_until if standing else None,
        events=events,
        sentences=event_texts(events),
        outlook=_outlook(programme, version, standing, snapshot, score, entry),
        entry=_margins(entry),
        stay=_margins(stay),
    )


Reasons = list[dict[str, Any]]


def _reasons(version: RuleVersion | None, snapshot: Snapshot | None, score: Score | None) -> tuple[Reasons, Reasons]:
    if version is None or snapshot is None or score is None:
        return [], []
    return tuple(_of_score(frozen(rule, snapshot), score) for rule in (version.entry, version.stay))  # type: ignore[return-value]


def _of_score(rule: Sequence[Condition], score: Score) -> Reasons:
    return rules.reasons(rule, {name: getattr(score, name) for name in rules.columns(rule)})


def _outlook(
    programme: Programme,
    version: RuleVersion | None,
    standing: Membership | None,
    snapshot: Snapshot | None,
    score: Score | None,
    entry: Reasons,
) -> str:
    """What is missing to enter, or what keeps the membership until the grace ends or the next review comes."""
    if not entry or version is None or snapshot is None or score is None:
        return ""
    if standing is None:
        is_met = not sentences.still_missing(entry)
        return sentences.way_in(entry, _in_the_way(programme, snapshot, score.pk) if is_met else "")
    stay = frozen(version.stay, snapshot)
    now = _of_score(stay, score)
    until = standing.grace_until or next_review_on(programme)
    if until is None or until <= snapshot.as_of or (standing.grace_until is None and sentences.still_missing(now)):
        return sentences.outlook(now, standing.grace_until)
    later = figures_on(score, snapshot, until)
    ahead = rules.reasons(stay, {name: later.get(name, getattr(score, name)) for name in rules.columns(stay)})
    return sentences.outlook_until(now, ahead, until)


def pin_of(programme: Programme, customer: Customer, snapshot: Snapshot | None) -> Pin | None:
    """The person's word that the next review heeds."""
    counting = programme.pins.counting(day_of(snapshot)).filter(customer=customer)
    return counting.select_related("created_by").first()


def _in_the_way(programme: Programme, snapshot: Snapshot, key: int) -> str:
    """What may keep out somebody who meets every entry condition; empty when nothing does."""
    if programme.is_archived:
        return _("the programme is archived and admits nobody")
    if pin := programme.pins.counting(snapshot.as_of).filter(customer=key).first():
        return _("pinned out by a person: “%(reason)s”") % {"reason": pin.reason} if pin.kind == Pin.Kind.OUT else ""
    if experiment := control_of(programme, key):
        name = {"name": experiment.name}
        return _("held back by chance as a control of the experiment “%(name)s”, until that ends") % name
    if programme.starts_on and programme.starts_on > snapshot.as_of:
        day = {"day": sentences.day(programme.starts_on)}
        return _("the programme admits nobody before results of %(day)s") % day
    most = programme.most_members
    if most is not None and programme.memberships.filter(left_on__isnull=True).count() >= most:
        parts = {"most": number_text(most)}
        return _("the programme has %(most)s places, which go to the highest revenue in the last 12 months") % parts
    return ""


def _margins(reasons: Reasons) -> list[Margin]:
    return [
        Margin(
            condition=rules.describe(
                {"feature": reason["feature"], "operator": _plain(reason["operator"]), "value": reason["value"]}
            ),
            actual=sentences.value_text(reason["feature"], reason["actual"]),
            gap="" if reason["margin"] is None else sentences.value_text(reason["feature"], abs(reason["margin"])),
            holds=reason["holds"],
        )
        for reason in reasons
    ]


def _plain(operator: str) -> str:
    """A frozen top share is a lower bound."""
    return ">=" if operator == "top_share" else operator
