"""Sending the report: one mail a person and due day, with the PDF and the HTML file, each on record.

A mail that left can't be called back, so a kill between sending and noting it may send the same mail twice: both carry
one Message-ID, by which mail programs show it once.
"""

from collections.abc import Iterator
from datetime import date
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from core.models import User
from core.runs import JobRefused, Lease
from core.services.audit import record_event
from loyalty import paper
from loyalty.addresses import public_url
from loyalty.models import Report, ReportDelivery, ReportMailing
from loyalty.selectors.report import QUESTIONS, newest_report, report_content, report_of
from loyalty.services.reporting import due_day, why_no_mail
from segmentation.selectors import current_snapshot

DONE = (ReportDelivery.State.SENT, ReportDelivery.State.SKIPPED)


def mail_report(lease: Lease) -> dict[str, Any]:
    """Kind `loyalty.mail_report`; params: today (a day as text)."""
    today = date.fromisoformat(lease.run.params["today"])
    counts = dict.fromkeys((*DONE, ReportDelivery.State.FAILED), 0)
    papers: dict[int, list[tuple[str, Any, str]]] = {}
    for mailing, person, due in _waiting(today):
        lease.progress("Sending mails")
        counts[_deliver(lease, mailing, person, due, papers)] += 1
    if failed := counts[ReportDelivery.State.FAILED]:
        raise JobRefused(
            "mail",
            f"{failed} of the mails could not be sent; why stands under Report, By e-mail. "
            "Check EMAIL_HOST and its port, then try again: whoever has got the mail does not get it twice.",
        )
    result: dict[str, Any] = {
        "sent": counts[ReportDelivery.State.SENT],
        "skipped": counts[ReportDelivery.State.SKIPPED],
    }
    with transaction.atomic():
        lease.guard()
        lease.complete(result)
    return result


def _waiting(today: date) -> Iterator[tuple[ReportMailing, User, date]]:
    for mailing in ReportMailing.objects.filter(is_enabled=True).select_related("programme"):
        due = due_day(mailing, today)
        if due is None:
            continue
        told = mailing.deliveries.filter(due_on=due, state__in=DONE).values("recipient")
        for person in mailing.recipients.exclude(pk__in=told).order_by("pk"):
            yield mailing, person, due


def _deliver(
    lease: Lease, mailing: ReportMailing, person: User, due: date, papers: dict[int, list[tuple[str, Any, str]]]
) -> ReportDelivery.State:
    report = _report_for(mailing)
    delivery = _begun(lease, mailing, person, due, report)
    reason = why_no_mail(person) or ("" if report else "There is no report yet: it follows the first review.")
    if reason or report is None:
        return _ended(lease, delivery, ReportDelivery.State.SKIPPED, reason)
    if report.pk not in papers:
        papers[report.pk] = list(_papers(report))
    try:
        _mail(mailing, person, due, report, papers[report.pk]).send()
    except (SMTPException, OSError) as error:
        return _ended(lease, delivery, ReportDelivery.State.FAILED, f"The mail server did not take it: {error}.")
    return _ended(lease, delivery, ReportDelivery.State.SENT, "")


def _report_for(mailing: ReportMailing) -> Report | None:
    snapshot = current_snapshot()
    if snapshot is None:
        return None
    return report_of(mailing.programme, snapshot) or newest_report(mailing.programme)


def _begun(lease: Lease, mailing: ReportMailing, person: User, due: date, report: Report | None) -> ReportDelivery:
    with transaction.atomic():
        lease.guard()
        delivery, _ = ReportDelivery.objects.update_or_create(
            mailing=mailing,
            recipient=person,
            due_on=due,
            defaults={"report": report, "state": ReportDelivery.State.SENDING, "reason": "", "at": timezone.now()},
        )
    return delivery


def _ended(lease: Lease, delivery: ReportDelivery, state: ReportDelivery.State, reason: str) -> ReportDelivery.State:
    with transaction.atomic():
        lease.guard()
        delivery.state, delivery.reason, delivery.at = state, reason, timezone.now()
        delivery.save()
        facts = {"state": str(state), "recipient": delivery.recipient_id, "due_on": delivery.due_on.isoformat()}
        record_event(by=None, action="report.mailed", obj=delivery, key=delivery.pk, facts=facts)
    return state


def _papers(report: Report) -> Iterator[tuple[str, Any, str]]:
    """Neither holds a list of customers."""
    content, name = report_content(report), f"insiders-report-{report.snapshot.as_of}"
    yield f"{name}.pdf", paper.pdf(content, public_url()), "application/pdf"
    yield f"{name}.html", paper.html(content, public_url()), "text/html"


def _mail(
    mailing: ReportMailing, person: User, due: date, report: Report, papers: list[tuple[str, Any, str]]
) -> EmailMessage:
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ") or "localhost"
    mail = EmailMessage(
        subject=f"The {mailing.programme} report as of {report.snapshot.as_of:%-d %B %Y}",
        body=_body(report),
        to=[person.email],
        headers={"Message-ID": f"<report-{mailing.pk}-{person.pk}-{due.isoformat()}@{host}>"},
    )
    for name, made, kind in papers:
        mail.attach(name, made, kind)
    return mail


def _body(report: Report) -> str:
    content = report.content
    asked = [f"{number}. {content[name]['question']}\n{content[name]['answer']}" for number, name in _numbered()]
    address = f"{public_url()}{reverse('loyalty:report-detail', args=[report.pk])}"
    return "\n\n".join([*asked, f"Everything these figures rest on: {address}", "The report is attached."])


def _numbered() -> Iterator[tuple[int, str]]:
    return iter(enumerate(QUESTIONS, start=1))
