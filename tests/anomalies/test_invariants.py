"""The checks of the queue, each with a fault that it has to notice."""

from typing import Any

import pytest

from anomalies.invariants import scans_are_of_published_results, the_queue_has_no_orphans, verdicts_keep_their_anomaly
from anomalies.models import Anomaly, Scan, Verdict
from anomalies.services import record_verdict, reopen
from segmentation.models import Snapshot
from tests.factories import make_anomaly, make_scan, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue(db: Any) -> list[Anomaly]:
    """One open, one judged, one gone."""
    rows = [make_anomaly(), make_anomaly(), make_anomaly(status="gone")]
    record_verdict(anomaly=rows[1], verdict="real", by=make_user())
    return rows


def test_a_sound_queue_passes(queue: list[Anomaly]) -> None:
    checks = (scans_are_of_published_results, the_queue_has_no_orphans, verdicts_keep_their_anomaly)
    assert all(check()[0] for check in checks)


def test_an_open_row_that_the_newest_scan_did_not_find_is_noticed(queue: list[Anomaly]) -> None:
    make_scan()
    assert the_queue_has_no_orphans()[0] is False


def test_a_resolved_row_without_a_verdict_is_noticed(queue: list[Anomaly]) -> None:
    Verdict.objects.all().delete()
    assert the_queue_has_no_orphans()[0] is False


def test_a_verdict_without_what_it_was_given_on_is_noticed(queue: list[Anomaly]) -> None:
    Verdict.objects.update(judged={})
    assert verdicts_keep_their_anomaly()[0] is False


def test_a_scan_of_unpublished_results_is_noticed(queue: list[Anomaly]) -> None:
    Snapshot.objects.filter(scans__in=Scan.objects.all()).update(state=Snapshot.State.BUILDING)
    assert scans_are_of_published_results()[0] is False


def test_a_row_that_a_person_opened_after_the_newest_scan_is_no_orphan(queue: list[Anomaly]) -> None:
    Anomaly.objects.filter(status="open").update(status="gone")
    make_scan()
    reopen(anomaly=queue[1], by=make_user())
    assert the_queue_has_no_orphans()[0] is True
