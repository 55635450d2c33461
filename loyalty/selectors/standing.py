"""Where a programme stands: its rules in force, and the review that its list stands on."""

from calendar import monthrange
from datetime import date

from loyalty.models import Programme, Review, RuleVersion
from segmentation.models import Snapshot
from segmentation.selectors import scores


def default_programme() -> Programme:
    """Insiders: the first programme, made with the database."""
    return Programme.objects.order_by("pk")[0]


def latest_applied(programme: Programme) -> Review | None:
    """The review that the list stands on."""
    applied = programme.reviews.filter(state=Review.State.APPLIED).select_related("snapshot", "rule_version")
    return applied.order_by("-decided_at", "-pk").first()


def active_rules(programme: Programme) -> RuleVersion | None:
    return programme.rule_versions.filter(state=RuleVersion.State.ACTIVE).first()


def next_review_on(programme: Programme) -> date | None:
    """The first day whose results the next review may speak of by itself; None before the first review."""
    base = latest_applied(programme)
    return months_later(base.snapshot.as_of, programme.review_period_months) if base else None


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day where it has no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def is_review_due(programme: Programme, snapshot: Snapshot) -> bool:
    """Whether these results call for a review without anybody asking: once a review period, measured in their days.

    Results of an earlier day, or that know none of the members, are of other data; the review itself says what then.
    """
    base, following = latest_applied(programme), next_review_on(programme)
    if base is None or following is None or not base.snapshot.as_of <= snapshot.as_of < following:
        return True
    members = programme.memberships.filter(left_on__isnull=True).values("customer_id")
    return members.exists() and not scores(snapshot).filter(customer_id__in=members).exists()
