"""The programme at a glance, for its own pages and for the first page."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from loyalty import rules
from loyalty.models import Programme, Review, RuleVersion
from loyalty.selectors.standing import active_rules, default_programme, latest_applied, latest_review, next_review_on


@dataclass(frozen=True)
class ProgrammeSummary:
    """Who is in, what the newest review did, and what waits for a person."""

    programme: Programme
    members: int
    warned: int
    latest: Review | None
    regular: Review | None
    waiting: Review | None
    next_review_on: date | None
    rules: RuleVersion | None
    entry: list[str]
    stay: list[str]
    share: float | None
    share_of_identified: float | None
    revenue: Decimal | None


def programme_summary(programme: Programme | None = None) -> ProgrammeSummary:
    """At most seven small queries; the revenue is that of the frozen report, when there is one for the list."""
    programme = programme or default_programme()
    current = programme.memberships.filter(left_on__isnull=True)
    waiting = programme.reviews.filter(state=Review.State.PROPOSED).select_related("snapshot").order_by("-pk").first()
    latest, version = latest_applied(programme), active_rules(programme)
    report = programme.reports.filter(review=latest).order_by("-pk").first() if latest else None
    share = report.content["q4"] if report else {}
    return ProgrammeSummary(
        programme=programme,
        members=current.count(),
        warned=current.filter(grace_until__isnull=False).count(),
        latest=latest,
        regular=latest if latest is None or latest.kind == Review.Kind.REGULAR else latest_review(programme),
        waiting=waiting,
        next_review_on=next_review_on(programme),
        rules=version,
        entry=rules.describe_all(version.entry) if version else [],
        stay=rules.describe_all(version.stay) if version else [],
        share=share.get("value"),
        share_of_identified=share.get("share_of_identified"),
        revenue=Decimal(share["revenue"]) if share else None,
    )
