"""Asking how rules would have done at past reviews."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from analytics.scoring.rules import Condition, RuleError
from core import runs
from core.models import Run, User
from core.problems import Problem
from core.services.audit import record_event
from loyalty.figures import check_held
from loyalty.models import Programme
from loyalty.rules import check_rules
from loyalty.selectors.standing import active_rules, months_later, on_day
from segmentation.selectors import current_snapshot

REPLAY = "loyalty.replay"
MOST_REVIEWS = 12


def request_replay(*, programme: Programme, entry: Sequence[Condition], stay: Sequence[Condition], by: User) -> Run:
    """Ask for these rules over the past reviews; raises Problem with what to change. Nothing changes by it."""
    snapshot = current_snapshot()
    if snapshot is None:
        raise Problem("no_snapshot", _("There are no results yet: upload purchases first."), status=409)
    try:
        check_rules(entry, stay)
    except RuleError as error:
        raise Problem("rules", str(error)) from error
    check_held(snapshot, entry, stay)
    active = active_rules(programme)
    params: dict[str, Any] = {
        "programme": programme.pk,
        "snapshot": snapshot.pk,
        "entry": list(entry),
        "stay": list(stay),
    }
    terms = (
        programme.grace_days,
        programme.most_members,
        [day.isoformat() for day in days_before(programme, snapshot.as_of)],
    )
    digest = runs.fingerprint(REPLAY, params, snapshot.sha256, active and active.pk, terms)
    with transaction.atomic():
        run = runs.request_run(kind=REPLAY, params=params, fingerprint=digest, by=by)
        facts = {"programme": programme.pk, "snapshot": snapshot.pk}
        record_event(by=by, action="rules.replayed", obj=run, key=run.pk, facts=facts, changed=params)
    return run


def days_before(programme: Programme, as_of: date) -> list[date]:
    """The days of the last reviews up to `as_of`, had the programme kept its schedule; the earliest first."""
    if programme.review_schedule == Programme.Schedule.DAYS:
        days = [as_of - timedelta(days=number * programme.review_period_days) for number in range(MOST_REVIEWS)]
    else:
        # On request only: as if once a month.
        is_asked = programme.review_schedule == Programme.Schedule.ASKED
        period = 1 if is_asked else programme.review_period_months
        days = [_months_before(as_of, number * period, programme.review_on_day) for number in range(MOST_REVIEWS)]
    return sorted({as_of, *(day for day in days if day < as_of)})


def _months_before(as_of: date, months: int, wanted: int | None) -> date:
    month = months_later(as_of.replace(day=1), -months)
    return on_day(month, wanted or as_of.day)
