"""New versions of the rules, which of them is in force, and the programme's settings."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from analytics.scoring.rules import Condition, RuleError
from core.models import User
from core.problems import Problem
from core.services.audit import record_event
from loyalty.models import Programme, Review, RuleVersion
from loyalty.rules import check_rules
from segmentation.models import Snapshot

LONGEST_GRACE_DAYS = 3650
LONGEST_PERIOD_MONTHS = 60


def propose_rules(
    *,
    programme: Programme,
    entry: Sequence[Condition],
    stay: Sequence[Condition],
    by: User | None,
    source: dict[str, Any] | None = None,
    snapshot: Snapshot | None = None,
) -> RuleVersion:
    """A new version that is not in force yet; raises Problem with what to change."""
    try:
        check_rules(entry, stay)
    except RuleError as error:
        raise Problem("rules", str(error)) from error
    with transaction.atomic():
        Programme.objects.select_for_update().get(pk=programme.pk)
        latest = programme.rule_versions.aggregate(latest=Max("number"))["latest"] or 0
        version = RuleVersion.objects.create(
            programme=programme,
            number=latest + 1,
            entry=list(entry),
            stay=list(stay),
            source=source or {"kind": "edited"},
            snapshot=snapshot,
            created_by=by,
            created_at=timezone.now(),
        )
        facts = {"programme": programme.pk, "number": version.number}
        changed = {"entry": version.entry, "stay": version.stay}
        record_event(by=by, action="rules.proposed", obj=version, key=version.pk, facts=facts, changed=changed)
    return version


def activate_rules(*, version: RuleVersion, by: User | None) -> RuleVersion:
    """Put a version in force from the next review on; what waits for approval under the old one is outdated."""
    with transaction.atomic():
        programme = Programme.objects.select_for_update().get(pk=version.programme_id)
        held = RuleVersion.objects.get(pk=version.pk)
        if held.state == RuleVersion.State.RETIRED:
            raise Problem("retired", _("These rules were replaced: propose them again as a new version."), status=409)
        programme.rule_versions.filter(state=RuleVersion.State.ACTIVE).exclude(pk=held.pk).update(
            state=RuleVersion.State.RETIRED
        )
        held.state = RuleVersion.State.ACTIVE
        held.save()
        programme.reviews.filter(state=Review.State.PROPOSED).exclude(rule_version=held).update(
            state=Review.State.OUTDATED
        )
        facts = {"programme": programme.pk, "number": held.number}
        record_event(by=by, action="rules.activated", obj=held, key=held.pk, facts=facts)
    return held


def set_programme(
    *, programme: Programme, grace_days: int, review_period_months: int, is_approval_required: bool, by: User
) -> Programme:
    """How long a warned member has, how often reviews are due, and whether a person must approve them."""
    if not 0 <= grace_days <= LONGEST_GRACE_DAYS:
        raise Problem(
            "grace_days", _("The grace period must be between 0 and %(most)s days.") % {"most": LONGEST_GRACE_DAYS}
        )
    if not 1 <= review_period_months <= LONGEST_PERIOD_MONTHS:
        raise Problem(
            "review_period", _("Reviews must be 1 to %(most)s months apart.") % {"most": LONGEST_PERIOD_MONTHS}
        )
    with transaction.atomic():
        held = Programme.objects.select_for_update().get(pk=programme.pk)
        held.grace_days, held.review_period_months = grace_days, review_period_months
        held.is_approval_required = is_approval_required
        held.save()
        facts = {
            "grace_days": grace_days,
            "review_period_months": review_period_months,
            "is_approval_required": is_approval_required,
        }
        record_event(by=by, action="programme.changed", obj=held, key=held.pk, facts=facts)
    return held
