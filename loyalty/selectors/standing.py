"""Where a programme stands: its rules in force, and the review that its list stands on."""

from calendar import monthrange
from datetime import date, timedelta

from loyalty.models import Programme, Review, RuleVersion
from segmentation.models import Snapshot
from segmentation.selectors import scores

LONGEST_KEY = 18


def default_programme() -> Programme:
    """The first programme that is not archived: Insiders, which is made with the database, at first."""
    return Programme.objects.order_by("is_archived", "pk")[0]


def programme_of_key(text: str) -> Programme | None:
    """The programme that an address names, None for one that there isn't."""
    is_key = text.isascii() and text.isdecimal() and len(text) <= LONGEST_KEY
    return Programme.objects.filter(pk=int(text)).first() if is_key else None


def day_of(snapshot: Snapshot | None) -> date | None:
    """The day that results speak of; None while there are none."""
    return snapshot.as_of if snapshot else None


def open_programmes() -> list[Programme]:
    """Every programme that is not archived, the oldest first."""
    return list(Programme.objects.filter(is_archived=False).order_by("pk"))


def latest_applied(programme: Programme) -> Review | None:
    """The review that the list stands on."""
    applied = programme.reviews.filter(state=Review.State.APPLIED).select_related("snapshot", "rule_version")
    return applied.order_by("-decided_at", "-pk").first()


def latest_review(programme: Programme) -> Review | None:
    """The newest review of everybody that was applied; between two of them single customers may have been pinned."""
    applied = programme.reviews.filter(state=Review.State.APPLIED, kind=Review.Kind.REGULAR)
    return applied.select_related("snapshot", "rule_version").order_by("-decided_at", "-pk").first()


def active_rules(programme: Programme) -> RuleVersion | None:
    return programme.rule_versions.filter(state=RuleVersion.State.ACTIVE).first()


def rules_before(programme: Programme) -> RuleVersion | None:
    """What was in force before the rules that are now: where going back goes to."""
    replaced = programme.rule_versions.filter(state=RuleVersion.State.RETIRED, in_force_at__isnull=False)
    return replaced.order_by("-in_force_at", "-number").first()


def rules_due(programme: Programme, as_of: date) -> RuleVersion | None:
    """Approved rules whose day results of `as_of` have reached; of several the one with the latest day."""
    waiting = programme.rule_versions.filter(state=RuleVersion.State.APPROVED, effective_on__lte=as_of)
    return waiting.order_by("-effective_on", "-number").first()


def next_review_on(programme: Programme) -> date | None:
    """The first day whose results the next review may speak of by itself.

    None before the first review of a programme without a start, and when reviews happen only on request.
    """
    base = latest_review(programme)
    if programme.review_schedule == Programme.Schedule.ASKED:
        return None
    if base is None:
        return programme.starts_on
    return review_after(programme, base.snapshot.as_of)


def review_after(programme: Programme, day: date) -> date:
    """The day of the schedule that follows a review of results of `day`."""
    if programme.review_schedule == Programme.Schedule.DAYS:
        return day + timedelta(days=programme.review_period_days)
    months = programme.review_period_months
    if programme.review_on_day is None:
        return months_later(day, months)
    # A review that was early or late doesn't move the next one: the period is counted in whole calendar months.
    first, wanted = day.replace(day=1), programme.review_on_day
    is_early = day < on_day(first, wanted)
    return on_day(months_later(first, months - 1 if is_early else months), wanted)


def on_day(month: date, day: int) -> date:
    """This day of the month, or its last where it has no such day."""
    return month.replace(day=min(day, monthrange(month.year, month.month)[1]))


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day where it has no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def is_review_due(programme: Programme, snapshot: Snapshot) -> bool:
    """Whether these results call for a review without anybody asking: once a review period, measured in their days.

    Rules that came into force on a day of their own call for one, too. Results of an earlier day, or that know none of
    the members, are of other data; the review itself says what then.
    """
    if programme.review_schedule == Programme.Schedule.ASKED or not has_started(programme, snapshot):
        return False
    base, following = latest_review(programme), next_review_on(programme)
    if base is None or following is None or not base.snapshot.as_of <= snapshot.as_of < following:
        return True
    if _is_waited_for(programme, base, snapshot):
        return True
    members = programme.memberships.filter(left_on__isnull=True).values("customer_id")
    return members.exists() and not scores(snapshot).filter(customer_id__in=members).exists()


def _is_waited_for(programme: Programme, base: Review, snapshot: Snapshot) -> bool:
    """Whether rules with a day of their own, which these results have reached, were not reviewed by yet."""
    version = rules_due(programme, snapshot.as_of) or active_rules(programme)
    return version is not None and version.effective_on is not None and version.pk != base.rule_version_id


def has_started(programme: Programme, snapshot: Snapshot) -> bool:
    return programme.starts_on is None or snapshot.as_of >= programme.starts_on
