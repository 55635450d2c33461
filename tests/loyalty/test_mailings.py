"""The report by e-mail: to whom, when, and what is on record; against a real mail server."""

import socket
from collections.abc import Iterator
from datetime import date, timedelta
from email import message_from_bytes
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.conf import LazySettings
from django.core import mail
from django.test import Client
from django.urls import reverse

from core.child import perform
from core.models import Run
from core.problems import Problem
from core.runs import acquire
from loyalty.models import Report, ReportDelivery
from loyalty.services.reporting import due_day, request_mailing
from tests.factories import do_run, make_snapshot, make_user, reviewed
from tests.loyalty.reports import make_mailing, written

pytestmark = pytest.mark.django_db

MONDAY = date(2026, 1, 5)


@pytest.fixture
def report() -> Report:
    make_snapshot()
    reviewed()
    return written()


@pytest.mark.parametrize(
    ("every", "today", "due"),
    [
        ("day", MONDAY, MONDAY),
        ("week", MONDAY + timedelta(days=3), MONDAY),
        ("week", MONDAY + timedelta(days=7), MONDAY + timedelta(days=7)),
        ("month", date(2026, 2, 14), date(2026, 2, 1)),
        ("month", date(2026, 1, 20), None),
    ],
)
def test_a_missed_day_is_made_up_for(every: str, today: date, due: date | None) -> None:
    assert due_day(make_mailing(every=every, today=MONDAY), today) == due


@pytest.fixture
def smtp(settings: LazySettings) -> Iterator[list[Any]]:
    """A real SMTP server on this machine; what it was given."""
    received: list[Any] = []

    class Handler:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
            received.append(envelope)
            return "250 OK"

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(Handler(), hostname="127.0.0.1", port=port)
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    yield received
    server.stop()


def sent(today: date) -> Run | None:
    run = request_mailing(today=today, by=None)
    return None if run is None else do_run(run)


def test_the_report_goes_by_mail_to_those_who_may_read_it(report: Report, smtp: list[Any]) -> None:
    manager = make_user("manager", email="manager@example.org")
    closed = make_user("marketer", email="closed@example.org")
    make_mailing(manager, closed)
    closed.is_active = False
    closed.save()
    assert sent(MONDAY - timedelta(days=1)) is None
    run = sent(MONDAY)
    assert run is not None
    assert run.result == {"sent": 1, "skipped": 1}
    (envelope,) = smtp
    assert envelope.rcpt_tos == ["manager@example.org"]
    message = message_from_bytes(envelope.content)
    kinds = [part.get_content_type() for part in message.walk()]
    assert kinds == ["multipart/mixed", "text/plain", "application/pdf", "text/html"]
    body: Any = list(message.walk())[1].get_payload(decode=True)
    assert report.content["q2"]["answer"] in body.decode()
    assert reverse("loyalty:report-detail", args=[report.pk]) in body.decode()
    assert "closed" in ReportDelivery.objects.get(recipient=closed).reason
    assert sent(MONDAY) is None
    assert len(smtp) == 1


def test_a_server_that_is_away_is_said_and_tried_again(report: Report, smtp: list[Any], settings: LazySettings) -> None:
    make_mailing()
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    run = request_mailing(today=MONDAY, by=None)
    assert run is not None
    lease = acquire(run.pk, owner="test")
    assert lease is not None
    perform(lease)
    run.refresh_from_db()
    assert (run.state, run.error_code) == (Run.State.FAILED, "mail")
    assert "EMAIL_HOST" in run.error
    assert ReportDelivery.objects.get().state == ReportDelivery.State.FAILED
    settings.EMAIL_PORT = port
    assert sent(MONDAY) is not None
    assert ReportDelivery.objects.get().state == ReportDelivery.State.SENT
    assert len(smtp) == 1
    assert mail.outbox == []


def test_only_people_with_an_account_and_an_address_are_chosen(client: Client) -> None:
    nobody = make_user("marketer", email="")
    manager = make_user("manager", email="manager@example.org")
    client.force_login(manager)
    address = reverse("loyalty:mailing-list")
    assert (
        "not one of the available choices"
        in client.post(address, {"every": "week", "recipients": [nobody.pk]}).content.decode()
    )
    assert client.post(address, {"every": "week", "recipients": [manager.pk]}).status_code == 302
    page = client.get(address).content.decode()
    assert "Every week, on Monday" in page
    with pytest.raises(Problem, match="no e-mail address"):
        make_mailing(nobody)
