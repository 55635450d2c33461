"""What people may say and do about an anomaly, and what is remembered of it."""

import json

import pytest

from anomalies.models import Anomaly, AnomalyEvent, Verdict
from anomalies.selectors import anomalies_of, anomaly_detail, anomaly_of, queue_summary
from anomalies.services import TriageError, assign, record_verdict, record_verdicts, reopen
from core.models import AuditEvent
from crm.models import Customer
from tests.factories import make_anomaly, make_user

pytestmark = pytest.mark.django_db


def test_a_verdict_closes_the_anomaly_and_keeps_what_it_was_given_on() -> None:
    anomaly, ann = make_anomaly(severity=61.5), make_user()
    verdict = record_verdict(anomaly=anomaly, verdict="real", comment="Called them.", by=ann)
    anomaly.refresh_from_db()
    assert anomaly.status == Anomaly.Status.RESOLVED
    assert verdict.judged["severity"] == 61.5
    assert verdict.judged["reasons"] == anomaly.reasons


def test_the_audit_trail_holds_the_verdict_but_not_the_comment() -> None:
    record_verdict(anomaly=make_anomaly(), verdict="real", comment="Jane Doe owes us 5,000", by=make_user())
    event = AuditEvent.objects.get(action="anomaly.judged")
    assert event.facts == {"verdict": "real", "count": 1, "has_comment": True}
    assert "Jane" not in json.dumps([event.facts, event.object_key, event.digest])


def test_the_same_verdict_sent_twice_is_one_verdict() -> None:
    anomaly, ann = make_anomaly(), make_user()
    first = record_verdict(anomaly=anomaly, verdict="noise", by=ann)
    assert record_verdict(anomaly=anomaly, verdict="noise", by=ann) == first
    assert Verdict.objects.count() == 1
    assert AuditEvent.objects.filter(action="anomaly.judged").count() == 1


def test_another_word_replaces_the_first_and_both_stay_in_the_history() -> None:
    anomaly, ann = make_anomaly(), make_user()
    record_verdict(anomaly=anomaly, verdict="noise", by=ann)
    record_verdict(anomaly=anomaly, verdict="real", by=ann)
    shown = anomaly_of(anomaly.pk)
    assert shown is not None
    detail = anomaly_detail(shown)
    assert detail.row.verdict == "real"
    assert len(detail.history) == 3


def test_undo_opens_it_again_and_leaves_the_verdict_in_the_history() -> None:
    anomaly, ann = make_anomaly(), make_user()
    record_verdict(anomaly=anomaly, verdict="noise", by=ann)
    reopen(anomaly=anomaly, by=ann)
    reopen(anomaly=anomaly, by=ann)
    anomaly.refresh_from_db()
    assert anomaly.status == Anomaly.Status.OPEN
    assert list(anomaly.events.values_list("kind", flat=True)) == [AnomalyEvent.Kind.REOPENED]
    assert anomaly.verdicts.count() == 1


def test_what_the_scan_no_longer_finds_can_not_be_opened() -> None:
    with pytest.raises(TriageError, match="no longer finds"):
        reopen(anomaly=make_anomaly(status="gone"), by=make_user())


@pytest.mark.parametrize(
    ("verdict", "comment", "code"), [("maybe", "", "unknown_verdict"), ("real", "x" * 2001, "comment_too_long")]
)
def test_a_bad_verdict_is_refused_in_a_sentence(verdict: str, comment: str, code: str) -> None:
    anomaly = make_anomaly()
    with pytest.raises(TriageError) as refusal:
        record_verdict(anomaly=anomaly, verdict=verdict, comment=comment, by=make_user())
    assert refusal.value.code == code
    assert not Verdict.objects.exists()


def test_several_at_once_are_all_judged_or_none() -> None:
    rows, ann = [make_anomaly() for _ in range(3)], make_user()
    assert len(record_verdicts(anomalies=rows, verdict="expected", by=ann)) == 3
    assert AuditEvent.objects.get(action="anomaly.judged").facts["count"] == 3
    other = make_anomaly()
    Anomaly.objects.filter(pk=rows[0].pk).delete()
    with pytest.raises(TriageError, match="not there any more"):
        record_verdicts(anomalies=[other, rows[0]], verdict="real", by=ann)
    other.refresh_from_db()
    assert other.status == Anomaly.Status.OPEN


def test_assigning_is_remembered_once_and_can_be_given_back() -> None:
    anomaly, ann, bob = make_anomaly(), make_user(username="ann"), make_user(username="bob")
    assign(anomaly=anomaly, assignee=bob, by=ann)
    assign(anomaly=anomaly, assignee=bob, by=ann)
    assign(anomaly=anomaly, assignee=None, by=bob)
    kinds = list(anomaly.events.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["assigned", "unassigned"]
    shown = anomaly_of(anomaly.pk)
    assert shown is not None
    titles = [entry.title for entry in anomaly_detail(shown).history]
    assert titles == ["Given back, by bob", "Assigned to bob, by ann", "Found"]


def test_nobody_who_has_left_is_given_work() -> None:
    with pytest.raises(TriageError, match="can't sign in"):
        assign(anomaly=make_anomaly(), assignee=make_user(is_active=False), by=make_user())


def test_the_first_page_shows_what_waits_and_what_is_mine() -> None:
    ann = make_user()
    worst, _ = make_anomaly(severity=90), make_anomaly("data", severity=10)
    make_anomaly(status="gone", severity=99)
    assign(anomaly=worst, assignee=ann, by=ann)
    summary = queue_summary(reader=ann)
    assert (summary["open"], summary["mine"]) == (2, 1)
    assert summary["highest"][0].pk == worst.pk
    assert {entry["kind"]: entry["open"] for entry in summary["kinds"]} == {"metric": 1, "data": 1}


def test_a_profile_shows_its_own_anomalies_open_ones_first() -> None:
    ann = make_user()
    customer = Customer.objects.create(external_id="7", search_key="7", created_at=make_anomaly().created_at)
    judged = make_anomaly("customer", customer=customer, severity=80)
    waiting = make_anomaly("customer", customer=customer, severity=20)
    make_anomaly("customer", customer=customer, status="gone")
    record_verdict(anomaly=judged, verdict="expected", by=ann)
    assert [row.pk for row in anomalies_of(customer)] == [waiting.pk, judged.pk]
