"""The review: rules against the current results, decisions written down, then applied or left for a person.

Decisions are written in batches to a review that is still being prepared and that nothing shows. One transaction then
publishes it: with its events and memberships when it is applied, without when somebody has to approve it first. A kill
before that leaves rows that the next attempt removes; a kill after it leaves everything done.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from core import runs
from core.models import Run, User
from core.permissions import may
from core.runs import JobRefused, Lease
from core.services.audit import record_event
from loyalty import scores
from loyalty.evaluation import Decision, Evaluation, Terms, detail_of, reasons_of
from loyalty.exceptions import are_pins_changed, as_json, is_anybody_released, pin_details
from loyalty.experiments import Drawn, record_draw, running_control
from loyalty.figures import FigureLacking, check_held
from loyalty.jobs.proposing import first_rules
from loyalty.models import Experiment, Programme, Review, ReviewDecision, RuleVersion
from loyalty.outlook import Outlook, look_ahead
from loyalty.scores import Table
from loyalty.selectors.reviews import review_result
from loyalty.selectors.standing import active_rules, latest_applied
from loyalty.services.applying import BATCH, ReviewOutdated, apply_review, check_is_fresh
from loyalty.services.rulebook import activate_rules, propose_rules
from segmentation.models import Snapshot
from segmentation.selectors import current_snapshot

MOST_TRIES = 5


def review(lease: Lease) -> dict[str, Any]:
    """Kind `loyalty.review`; params: programme, snapshot, approver (a user's key, or null)."""
    programme = Programme.objects.get(pk=lease.run.params["programme"])
    approver = _approver(lease)
    for _ in range(MOST_TRIES):
        try:
            return _review_once(lease, programme, approver)
        except ReviewOutdated:
            # Rules or list changed while we compared; results that changed are refused at the next try.
            programme.refresh_from_db()
    raise JobRefused("busy", "The rules or the list kept changing meanwhile: ask for the review again in a moment.")


def _approver(lease: Lease) -> User | None:
    """In whose name the review is applied: asked again now, for a role may have changed since it was requested."""
    approver = User.objects.filter(pk=lease.run.params["approver"]).first()
    if approver is not None and not may(approver, "programme.approve"):
        raise JobRefused("not_an_approver", f"{approver} may not approve reviews any more: ask a manager to do it.")
    return approver


def _review_once(lease: Lease, programme: Programme, approver: User | None) -> dict[str, Any]:
    snapshot = _current(lease)
    version = active_rules(programme) or _first_version(lease, programme, snapshot)
    base = latest_applied(programme)
    if (done := _already_done(programme, version, snapshot)) is not None:
        return _finish_done(lease, done, approver)
    _check_figures(snapshot, version)
    lease.progress("Comparing customers with the rules")
    experiment = running_control(programme)
    ahead = look_ahead(programme, snapshot, version, base)
    if base is not None:
        _check_not_backwards(base, snapshot, ahead.found, len(ahead.members), approver)
    draft = _draft(lease, programme, version, snapshot, base, ahead)
    _write_decisions(lease, draft, ahead.found.decisions, ahead.table, ahead.terms)
    return _publish(lease, draft, programme, approver, experiment, ahead.drawn)


def _check_figures(snapshot: Snapshot, version: RuleVersion) -> None:
    """A figure that no customer has any more would end every membership: somebody has to look first."""
    try:
        check_held(snapshot, version.entry, version.stay)
    except FigureLacking as lacking:
        raise JobRefused(lacking.problem_code, lacking.message) from lacking


def _current(lease: Lease) -> Snapshot:
    snapshot = current_snapshot()
    if snapshot is None or snapshot.pk != lease.run.params["snapshot"]:
        raise JobRefused(
            "outdated_snapshot", "Newer results were published since this review was asked for: review those instead."
        )
    return snapshot


def _first_version(lease: Lease, programme: Programme, snapshot: Snapshot) -> RuleVersion:
    lease.progress("Proposing rules")
    entry, stay, source = first_rules(snapshot)
    with transaction.atomic():
        lease.guard()
        Programme.objects.select_for_update().get(pk=programme.pk)
        if (active := active_rules(programme)) is not None:
            return active
        version = propose_rules(programme=programme, entry=entry, stay=stay, by=None, source=source, snapshot=snapshot)
        return activate_rules(version=version, by=None)


def _already_done(programme: Programme, version: RuleVersion, snapshot: Snapshot) -> Review | None:
    """The newest review, when it is of these rules, results and grace, and nothing has moved on since."""
    states = [Review.State.PROPOSED, Review.State.APPLIED, Review.State.REJECTED]
    newest = programme.reviews.filter(state__in=states, kind=Review.Kind.REGULAR).order_by("-pk").first()
    if newest is None or (newest.rule_version_id, newest.snapshot_id) != (version.pk, snapshot.pk):
        return None
    # A part that was approved leaves the rest to be asked about again.
    limits = programme.grace_days, programme.most_members
    is_same = (newest.grace_days, newest.most_members) == limits and not newest.is_partial
    is_moved_on = are_pins_changed(newest, programme) or (
        newest.state == Review.State.APPLIED and is_anybody_released(newest, programme)
    )
    return newest if is_same and not is_moved_on else None


def _finish_done(lease: Lease, done: Review, approver: User | None) -> dict[str, Any]:
    if approver is None or done.state != Review.State.PROPOSED:
        return review_result(done, unchanged=True)
    with transaction.atomic():
        lease.guard()
        applied = apply_review(review=done, by=approver)
        result = review_result(applied, unchanged=False)
        lease.complete(result)
    return result


def _check_not_backwards(
    base: Review, snapshot: Snapshot, found: Evaluation, members: int, approver: User | None
) -> None:
    """Results of an earlier day than the list's would undo history; only a person may want that.

    When they know none of the members, they are of another shop, and the list can only start anew.
    """
    is_other_shop = found.left == members
    if snapshot.as_of < base.snapshot.as_of and not is_other_shop and approver is None:
        raise JobRefused(
            "outdated_snapshot",
            f"The results are as of {snapshot.as_of:%-d %B %Y}, but the list was already reviewed as of "
            f"{base.snapshot.as_of:%-d %B %Y}. Compute values as of a later day first, or let a manager approve going "
            "back (review --approve-as USER).",
        )


def _draft(
    lease: Lease,
    programme: Programme,
    version: RuleVersion,
    snapshot: Snapshot,
    base: Review | None,
    ahead: Outlook,
) -> Review:
    """The review in the dark; what an earlier attempt or an outdated proposal left of it goes."""
    keys, found = ahead.table["customer_key"], ahead.found
    at_stake = [int(keys[row]) for row in found.at_stake]
    with transaction.atomic():
        lease.guard()
        programme.reviews.filter(state=Review.State.PREPARING).exclude(
            run__in=Run.objects.filter(state__in=Run.ACTIVE).exclude(pk=lease.run.pk)
        ).delete()
        return Review.objects.create(
            programme=programme,
            rule_version=version,
            snapshot=snapshot,
            previous=base,
            grace_days=programme.grace_days,
            most_members=ahead.terms.most_members,
            exceptions=as_json(ahead.exceptions),
            model_version=scores.model_version(snapshot),
            held_back=found.held_back,
            without_place=found.without_place,
            # Of this run alone while it is in the dark: two reviews at once prepare theirs side by side.
            fingerprint=runs.fingerprint("preparing", str(lease.run.pk), lease.token),
            state=Review.State.PREPARING,
            run=lease.run,
            joined=found.joined,
            left=found.left,
            kept=found.kept,
            warned=found.warned,
            members=found.members,
            eligible=int(found.is_eligible.sum()),
            revenue_at_stake=scores.money_of(snapshot, at_stake),
            created_at=timezone.now(),
        )


def _take_fingerprint(draft: Review, programme: Programme) -> None:
    """What the review is a review of; another one of the same was published meanwhile: look again."""
    base, rejections = draft.previous_id, _rejections(programme)
    digest = runs.fingerprint(
        *(programme.pk, draft.rule_version_id, draft.snapshot_id, base, programme.grace_days, rejections),
        *(draft.most_members, draft.exceptions),
    )
    programme.reviews.filter(fingerprint=digest, state=Review.State.OUTDATED).delete()
    if programme.reviews.filter(fingerprint=digest).exists():
        raise ReviewOutdated("The same review was published meanwhile.")
    draft.fingerprint = digest
    draft.save(update_fields=["fingerprint"])


def _rejections(programme: Programme) -> int:
    """How often a person said no: after other rules or results, the same pair may be asked about again."""
    return programme.reviews.filter(state=Review.State.REJECTED).count()


def _write_decisions(lease: Lease, draft: Review, decisions: Sequence[Decision], table: Table, terms: Terms) -> None:
    pins = pin_details(draft.programme)
    for done, batch in _batches(decisions):
        rows = [
            ReviewDecision(
                review=draft,
                customer_id=decision.customer_key,
                kind=decision.kind,
                reasons=reasons_of(decision, table, terms),
                detail=detail_of(decision, terms, pins.get(decision.customer_key)),
            )
            for decision in batch
        ]
        with transaction.atomic():
            lease.guard()
            ReviewDecision.objects.bulk_create(rows)
        lease.progress("Writing decisions", done, len(decisions))


def _batches(decisions: Sequence[Decision]) -> Iterator[tuple[int, Sequence[Decision]]]:
    for start in range(0, len(decisions), BATCH):
        batch = decisions[start : start + BATCH]
        yield start + len(batch), batch


def _publish(
    lease: Lease,
    draft: Review,
    programme: Programme,
    approver: User | None,
    experiment: Experiment | None,
    drawn: Drawn | None,
) -> dict[str, Any]:
    lease.progress("Applying the review")
    with transaction.atomic():
        lease.guard()
        held = Programme.objects.select_for_update().get(pk=programme.pk)
        check_is_fresh(draft, held)
        if running_control(held) != experiment:
            raise ReviewOutdated("An experiment was started or ended meanwhile.")
        _take_fingerprint(draft, held)
        held.reviews.filter(state=Review.State.PROPOSED).update(state=Review.State.OUTDATED)
        if drawn is not None:
            record_draw(drawn, snapshot=draft.snapshot, review=draft)
        if approver is not None or not held.is_approval_required:
            draft = apply_review(review=draft, by=approver)
        else:
            draft.state = Review.State.PROPOSED
            draft.save()
            facts = {name: getattr(draft, name) for name in ("joined", "left", "kept", "warned", "members")}
            record_event(by=None, action="review.proposed", obj=draft, key=draft.pk, facts=facts)
        result = review_result(draft, unchanged=False)
        lease.complete(result)
    return result
