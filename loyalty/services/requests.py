"""Asking for a review or a report: rows of work, done by a worker or the command that asked."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core import runs
from core.models import Run, User
from core.permissions import may
from core.services.audit import record_event
from loyalty.experiments import running_control
from loyalty.models import Programme, RuleVersion
from loyalty.selectors.experiments import verdict_of
from loyalty.selectors.report import report_basis
from loyalty.selectors.standing import (
    active_rules,
    default_programme,
    has_started,
    is_review_due,
    latest_applied,
    open_programmes,
    rules_due,
)
from loyalty.services.rulebook import bring_into_force
from segmentation.models import Snapshot
from segmentation.selectors import current_snapshot

REVIEW, REPORT, PROPOSE = "loyalty.review", "loyalty.report", "loyalty.propose"


class ReviewRefused(runs.JobRefused):
    """There is nothing to review, or this person may not decide; the message says what to do."""


def request_review(*, by: User | None, programme: Programme | None = None, approver: User | None = None) -> Run:
    """Ask for a review of the current results. With an `approver` it is applied at once in their name."""
    if approver is not None and not may(approver, "programme.approve"):
        message = _("%(name)s may not approve reviews: name a manager or an administrator.") % {"name": approver}
        raise ReviewRefused("not_an_approver", message)
    snapshot = current_snapshot()
    if snapshot is None:
        raise ReviewRefused("no_snapshot", _("There are no results yet: upload purchases and compute values first."))
    programme = programme or default_programme()
    _check_is_open(programme, snapshot)
    with transaction.atomic():
        run = _request_review(programme, snapshot, by=by, approver=approver)
        record_event(by=by, action="review.requested", obj=run, key=run.pk, facts={"snapshot": snapshot.pk})
    return run


def _check_is_open(programme: Programme, snapshot: Snapshot) -> None:
    if programme.is_archived:
        raise ReviewRefused("archived", _("This programme is archived: restore it first."))
    if not has_started(programme, snapshot):
        days = {"start": f"{programme.starts_on:%-d %B %Y}", "day": f"{snapshot.as_of:%-d %B %Y}"}
        message = _(
            "The programme starts on %(start)s, and the results are as of %(day)s: wait for results of that day, or "
            "set an earlier start under Settings."
        )
        raise ReviewRefused("before_start", message % days)
    if (version := _undecided(programme, snapshot)) is not None:
        message = _("Version %(number)s of the rules waits, and none is in force: approve or withdraw it, then review.")
        raise ReviewRefused("rules_wait", message % {"number": version.number})


def _undecided(programme: Programme, snapshot: Snapshot) -> RuleVersion | None:
    """Rules that wait for somebody, or for their day, while none are in force: no others may take their place."""
    if active_rules(programme) is not None or rules_due(programme, snapshot.as_of) is not None:
        return None
    states = [RuleVersion.State.PROPOSED, RuleVersion.State.APPROVED]
    return programme.rule_versions.filter(state__in=states).first()


def request_review_after(after: Run | None = None) -> Run | None:
    """What the scan or the schedule asks for, for every programme; returns what the first one is given."""
    snapshot = current_snapshot()
    if snapshot is None:
        return None
    requested = [_request_due(programme, snapshot) for programme in open_programmes()]
    return requested[0]


def _request_due(programme: Programme, snapshot: Snapshot) -> Run:
    """A review when one is due, else the report of the list as it is."""
    if not is_review_due(programme, snapshot) or not _has_rules(programme, snapshot):
        return request_report(snapshot=snapshot, by=None, programme=programme)
    with transaction.atomic():
        return _request_review(programme, snapshot, by=None, approver=None)


def _has_rules(programme: Programme, snapshot: Snapshot) -> bool:
    """The first programme begins by itself, with rules read off the data; others once somebody has decided theirs."""
    if active_rules(programme) is not None or rules_due(programme, snapshot.as_of) is not None:
        return True
    return programme == default_programme() and _undecided(programme, snapshot) is None


def request_report_after(after: Run | None = None) -> Run | None:
    """The report of the list as it stands now, on the current results; None without results."""
    snapshot = current_snapshot()
    return None if snapshot is None else request_report(snapshot=snapshot, by=None)


def request_report_after_reading(after: Run | None = None) -> Run | None:
    """The report anew where the programme's own experiment was read: what it shows is an answer."""
    return request_report_after() if verdict_of(default_programme()) is not None else None


def request_report(*, snapshot: Snapshot, by: User | None, programme: Programme | None = None) -> Run:
    programme = programme or default_programme()
    base = latest_applied(programme)
    params: dict[str, Any] = {"programme": programme.pk, "snapshot": snapshot.pk}
    digest = runs.fingerprint(REPORT, params, base and base.pk, report_basis(programme))
    with transaction.atomic():
        return runs.request_run(kind=REPORT, params=params, fingerprint=digest, by=by)


def _request_review(programme: Programme, snapshot: Snapshot, *, by: User | None, approver: User | None) -> Run:
    bring_into_force(programme=programme, as_of=snapshot.as_of)
    base, version = latest_applied(programme), active_rules(programme)
    params: dict[str, Any] = {
        "programme": programme.pk,
        "snapshot": snapshot.pk,
        "approver": approver and approver.pk,
    }
    control = running_control(programme)
    digest = runs.fingerprint(REVIEW, params, version and version.pk, base and base.pk, control and control.pk)
    return runs.request_run(kind=REVIEW, params=params, fingerprint=digest, by=by)


def request_proposal(*, segment: int | None, by: User) -> Run:
    """Ask for conditions that find a segment of the current results (the best one unless named)."""
    snapshot = current_snapshot()
    if snapshot is None:
        raise ReviewRefused("no_snapshot", _("There are no results yet: upload purchases and compute values first."))
    if segment is not None and segment not in {each["segment"] for each in snapshot.segments}:
        raise ReviewRefused("no_segment", _("The present results have no such segment: choose one of the list."))
    params: dict[str, Any] = {"snapshot": snapshot.pk, "segment": segment}
    digest = runs.fingerprint(PROPOSE, params, snapshot.sha256)
    with transaction.atomic():
        run = runs.request_run(kind=PROPOSE, params=params, fingerprint=digest, by=by)
        record_event(by=by, action="rules.asked_for", obj=run, key=run.pk, facts=params)
    return run
