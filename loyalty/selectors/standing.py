"""Where a programme stands: its rules in force, and the review that its list stands on."""

from loyalty.models import Programme, Review, RuleVersion


def default_programme() -> Programme:
    """Insiders: the first programme, made with the database."""
    return Programme.objects.order_by("pk")[0]


def latest_applied(programme: Programme) -> Review | None:
    """The review that the list stands on."""
    applied = programme.reviews.filter(state=Review.State.APPLIED).select_related("snapshot", "rule_version")
    return applied.order_by("-decided_at", "-pk").first()


def active_rules(programme: Programme) -> RuleVersion | None:
    return programme.rule_versions.filter(state=RuleVersion.State.ACTIVE).first()
