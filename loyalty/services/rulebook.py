"""New versions of the rules: proposed, approved for a day, put in force, withdrawn, and taken back."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from analytics.scoring.rules import Condition, RuleError
from core.models import User
from core.problems import Problem
from core.services.audit import record_event
from loyalty.figures import check_held
from loyalty.models import Programme, Review, RuleVersion
from loyalty.rules import check_rules
from loyalty.selectors.standing import active_rules, rules_before, rules_due
from loyalty.services.experiments import request_measure
from segmentation.models import Snapshot
from segmentation.selectors import current_snapshot

State = RuleVersion.State


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
    current = current_snapshot()
    if current is not None:
        check_held(current, entry, stay)
    with transaction.atomic():
        held = Programme.objects.select_for_update().get(pk=programme.pk)
        if held.is_archived:
            raise Problem("archived", _("This programme is archived: restore it first."), status=409)
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
        changed = {"entry": version.entry, "stay": version.stay}
        record_event(
            by=by, action="rules.proposed", obj=version, key=version.pk, facts=_facts(version), changed=changed
        )
    return version


def _facts(version: RuleVersion) -> dict[str, Any]:
    return {"programme": version.programme_id, "number": version.number}


def approve_rules(*, version: RuleVersion, by: User, effective_on: date | None = None) -> RuleVersion:
    """A manager's yes: in force at once, or from the first results of a day on. Raises Problem with what to do.

    Where the programme asks for a second person, whoever proposed the version may not approve it.
    """
    with transaction.atomic():
        programme = Programme.objects.select_for_update().get(pk=version.programme_id)
        held = RuleVersion.objects.get(pk=version.pk)
        _check_can_be_approved(programme, held, by)
        held.approved_by, held.approved_at, held.effective_on = by, timezone.now(), effective_on
        snapshot = current_snapshot()
        is_due = effective_on is None or (snapshot is not None and effective_on <= snapshot.as_of)
        held.state = held.state if is_due else State.APPROVED
        held.save()
        facts = {**_facts(held), "effective_on": effective_on and effective_on.isoformat()}
        record_event(by=by, action="rules.approved", obj=held, key=held.pk, facts=facts)
        if is_due:
            _put_in_force(programme, held, by)
            # Who would join under these rules is what a control is planned on, and that before their first review.
            request_measure(by=by)
    return held


def _check_can_be_approved(programme: Programme, held: RuleVersion, by: User | None) -> None:
    if held.state == State.RETIRED:
        raise Problem("retired", _("These rules were replaced: propose them again as a new version."), status=409)
    if held.state == State.ACTIVE:
        raise Problem("already_active", _("These rules are in force already."), status=409)
    if programme.is_archived:
        raise Problem("archived", _("This programme is archived: restore it first."), status=409)
    if programme.needs_second_person and by is not None and held.created_by_id == by.pk:
        raise Problem(
            "same_person",
            _("You proposed these rules, and this programme asks for a second person: let another manager approve."),
            status=403,
        )


def activate_rules(*, version: RuleVersion, by: User | None) -> RuleVersion:
    """Put a version in force at once, as the first review does with what it proposed itself."""
    with transaction.atomic():
        programme = Programme.objects.select_for_update().get(pk=version.programme_id)
        held = RuleVersion.objects.get(pk=version.pk)
        if held.state == State.ACTIVE:
            return held
        _check_can_be_approved(programme, held, by)
        held.approved_by, held.approved_at = by, timezone.now()
        _put_in_force(programme, held, by)
    return held


def _put_in_force(programme: Programme, held: RuleVersion, by: User | None) -> None:
    """Count from the next review on; what waits for approval under the old rules is outdated."""
    programme.rule_versions.filter(state=State.ACTIVE).exclude(pk=held.pk).update(state=State.RETIRED)
    held.state, held.in_force_at = State.ACTIVE, timezone.now()
    held.save()
    programme.reviews.filter(state=Review.State.PROPOSED).exclude(rule_version=held).update(state=Review.State.OUTDATED)
    record_event(by=by, action="rules.activated", obj=held, key=held.pk, facts=_facts(held))


def bring_into_force(*, programme: Programme, as_of: date) -> RuleVersion | None:
    """Approved rules whose day the results of `as_of` have reached; None when nothing waited for them."""
    with transaction.atomic():
        held = Programme.objects.select_for_update().get(pk=programme.pk)
        due = rules_due(held, as_of)
        if due is None:
            return None
        # Of several the one with the latest day counts; the others' time has passed without a review.
        earlier = held.rule_versions.filter(state=State.APPROVED, effective_on__lte=as_of).exclude(pk=due.pk)
        earlier.update(state=State.RETIRED)
        _put_in_force(held, due, None)
    return due


def withdraw_rules(*, version: RuleVersion, by: User) -> RuleVersion:
    """Take back a version that is not in force yet, proposed or approved."""
    with transaction.atomic():
        Programme.objects.select_for_update().get(pk=version.programme_id)
        held = RuleVersion.objects.get(pk=version.pk)
        if held.state not in {State.PROPOSED, State.APPROVED}:
            raise Problem(
                "not_waiting",
                _("Only rules that wait can be withdrawn; to leave rules in force, go back to the version before."),
                status=409,
            )
        held.state = State.RETIRED
        held.save()
        record_event(by=by, action="rules.withdrawn", obj=held, key=held.pk, facts=_facts(held))
    return held


def revert_rules(*, programme: Programme, by: User) -> RuleVersion:
    """One click back: the version before the one in force, again, as a new version in force at once.

    No second person is asked, for these very rules were in force before.
    """
    with transaction.atomic():
        held = Programme.objects.select_for_update().get(pk=programme.pk)
        active, before = active_rules(held), rules_before(held)
        if active is None or before is None:
            raise Problem(
                "nothing_before",
                _("There were no other rules in force before these: nothing to go back to."),
                status=409,
            )
        source = {"kind": "reverted", "to": before.number, "from": active.number}
        version = propose_rules(
            programme=held, entry=before.entry, stay=before.stay, by=by, source=source, snapshot=before.snapshot
        )
        version.approved_by, version.approved_at = by, timezone.now()
        _put_in_force(held, version, by)
        request_measure(by=by)
    return version
