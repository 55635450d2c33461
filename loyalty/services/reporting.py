"""Writes around the report: hypotheses that people add, and who gets it by e-mail."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from core import runs
from core.models import Run, User
from core.permissions import may
from core.problems import Problem
from core.services.audit import record_event
from loyalty import claims
from loyalty.models import Hypothesis, Programme, ReportDelivery, ReportMailing

MAIL = "loyalty.mail_report"
FIRST_WRITTEN = 5
MONDAY = 0


def add_hypothesis(
    *, programme: Programme, measure: str, figure: str, group: str, group_value: str, threshold: float, by: User | None
) -> Hypothesis:
    """A claim that every report tests from now on; raises Problem with what to change."""
    claims.check(measure, figure, group, group_value, threshold)
    with transaction.atomic():
        held = Programme.objects.select_for_update().get(pk=programme.pk)
        said = {"measure": measure, "figure": figure, "group": group, "group_value": group_value}
        standing = held.hypotheses.filter(withdrawn_at=None)
        if standing.filter(threshold=threshold, **said).exists():
            raise Problem("hypothesis", _("This hypothesis is tested already."))
        if standing.count() >= claims.MOST_WRITTEN:
            parts = {"most": claims.MOST_WRITTEN}
            raise Problem(
                "hypothesis", _("At most %(most)s hypotheses are tested at once: withdraw one first.") % parts
            )
        latest = held.hypotheses.aggregate(latest=Max("number"))["latest"] or FIRST_WRITTEN - 1
        hypothesis = Hypothesis.objects.create(
            programme=held, number=latest + 1, threshold=threshold, created_by=by, created_at=timezone.now(), **said
        )
        facts = {"number": hypothesis.number, "threshold": threshold, **said}
        record_event(by=by, action="hypothesis.added", obj=hypothesis, key=hypothesis.pk, facts=facts)
    return hypothesis


def withdraw_hypothesis(*, hypothesis: Hypothesis, by: User | None) -> None:
    """Reports no longer test it; those that did keep what they said."""
    with transaction.atomic():
        held = Hypothesis.objects.select_for_update().get(pk=hypothesis.pk)
        if held.withdrawn_at is not None:
            return
        held.withdrawn_at = timezone.now()
        held.save(update_fields=["withdrawn_at"])
        record_event(by=by, action="hypothesis.withdrawn", obj=held, key=held.pk, facts={"number": held.number})


def why_no_mail(person: User) -> str:
    """Why this person can't get the report, in a sentence; "" when they can."""
    if not person.is_active:
        return _("%(name)s's account is closed.") % {"name": person}
    if not may(person, "view"):
        return _("%(name)s may not read the report.") % {"name": person}
    if not person.email:
        return _(
            "%(name)s's account has no e-mail address: an administrator can make one with an address under Settings."
        ) % {"name": person}
    return ""


def add_mailing(
    *, programme: Programme, every: str, recipients: Iterable[User], today: date, by: User | None
) -> ReportMailing:
    """The report by e-mail from the next due day on; raises Problem for people who can't get it."""
    chosen = list(recipients)
    if every not in ReportMailing.Every.values:
        raise Problem("mailing", _("Choose how often the report is sent."))
    if not chosen:
        raise Problem("mailing", _("Choose at least one person."))
    if reasons := [reason for person in chosen if (reason := why_no_mail(person))]:
        raise Problem("mailing", " ".join(reasons))
    with transaction.atomic():
        mailing = ReportMailing.objects.create(
            programme=programme, every=every, starts_on=today, created_by=by, created_at=timezone.now()
        )
        mailing.recipients.set(chosen)
        facts = {"every": every, "recipients": [person.pk for person in chosen]}
        record_event(by=by, action="mailing.added", obj=mailing, key=mailing.pk, facts=facts)
    return mailing


def enable_mailing(*, mailing: ReportMailing, is_enabled: bool, by: User | None) -> None:
    with transaction.atomic():
        held = ReportMailing.objects.select_for_update().get(pk=mailing.pk)
        held.is_enabled = is_enabled
        held.save(update_fields=["is_enabled"])
        record_event(by=by, action="mailing.changed", obj=held, key=held.pk, facts={"is_enabled": is_enabled})


def due_day(mailing: ReportMailing, today: date) -> date | None:
    """The latest day on which a mail was due; None before the first one. A day that was missed is made up for."""
    due = {
        ReportMailing.Every.DAY: today,
        ReportMailing.Every.WEEK: today - timedelta(days=(today.weekday() - MONDAY) % 7),
        ReportMailing.Every.MONTH: today.replace(day=1),
    }[ReportMailing.Every(mailing.every)]
    return due if due >= mailing.starts_on else None


def request_mailing_after(after: Run | None = None) -> Run | None:
    """What the schedule asks for every morning: the mails that are due and not sent; None when there are none."""
    return request_mailing(today=timezone.localdate(), by=None)


def request_mailing(*, today: date, by: User | None) -> Run | None:
    waiting = [mailing for mailing in ReportMailing.objects.filter(is_enabled=True) if is_waiting(mailing, today)]
    if not waiting:
        return None
    params: dict[str, Any] = {"today": today.isoformat()}
    digest = runs.fingerprint(MAIL, params, [mailing.pk for mailing in waiting])
    with transaction.atomic():
        return runs.request_run(kind=MAIL, params=params, fingerprint=digest, by=by)


def is_waiting(mailing: ReportMailing, today: date) -> bool:
    due = due_day(mailing, today)
    if due is None:
        return False
    done = [ReportDelivery.State.SENT, ReportDelivery.State.SKIPPED]
    told = mailing.deliveries.filter(due_on=due, state__in=done).values("recipient")
    return mailing.recipients.exclude(pk__in=told).exists()
