"""What a scan finds, and what becomes of it when it looks again."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from anomalies.jobs.days import read_days
from anomalies.jobs.scan import last_complete_day
from anomalies.models import Anomaly, AnomalyEvent, Scan
from anomalies.services import record_verdict, request_scan, request_scan_after
from core.models import AuditEvent, Run
from crm import ledger
from segmentation.models import SnapshotPointer
from segmentation.services import withdraw_snapshot
from tests.anomalies.worlds import (
    CLOSED,
    DAYS,
    FIRST,
    LORRY,
    ODD_CUSTOMER,
    PEAK,
    found,
    make_odd_lines,
    make_odd_results,
    requested_scan,
    scanned,
)
from tests.factories import do_run, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def scan(db: Any) -> Scan:
    make_odd_results()
    return scanned()


def peak_day() -> Anomaly:
    return Anomaly.objects.get(kind="metric", key=f"revenue:{PEAK}")


def test_the_odd_customer_the_odd_day_and_the_gap_are_found(scan: Scan) -> None:
    customer = found("customer")[0]
    assert customer.customer_id == ODD_CUSTOMER
    assert customer.summary.startswith("Returned everything they bought")
    assert customer.money == Decimal("4000.00")
    assert str(ODD_CUSTOMER) not in customer.summary
    # The lorry's order and its return are odd days too.
    assert {row.occurred_on for row in found("metric")} == {PEAK, LORRY, LORRY + timedelta(days=1)}
    (gap,) = found("data")
    assert gap.evidence["days"] == [CLOSED.isoformat()]
    assert gap.severity == 10
    assert gap.summary == "No sales on 12 March 2025: closed, or a missing file?"


def test_all_eight_kinds_are_counted(scan: Scan) -> None:
    assert set(scan.counts) == set(Anomaly.Kind.values)
    assert scan.counts["metric"] == {"open": 3, "new": 3}
    assert scan.counts["bot"] == {"open": 0, "new": 0}


def test_evidence_names_the_upload_and_the_days_around(scan: Scan) -> None:
    row = peak_day()
    upload = scan.catalogue_version.upload if scan.catalogue_version else None
    assert upload is not None
    assert row.evidence["uploads"] == [upload.pk]
    assert row.evidence["actual"] > row.evidence["upper"]
    days = [point["day"] for point in row.evidence["series"]]
    assert days[0] == (PEAK - timedelta(days=28)).isoformat()
    assert row.money == pytest.approx(Decimal(9000), rel=Decimal("0.1"))


def test_the_same_results_again_are_the_same_scan_and_nothing_new(scan: Scan) -> None:
    rows = list(Anomaly.objects.values_list("pk", "updated_at"))
    run = do_run(requested_scan())
    assert run.result is not None
    assert run.result["scan"] == scan.pk
    assert run.result["new"] == 0
    assert run.result["open"] == len(rows)
    assert list(Anomaly.objects.values_list("pk", "updated_at")) == rows
    assert Scan.objects.count() == 1


def test_the_same_anomaly_found_in_newer_results_is_the_same_row(scan: Scan) -> None:
    before = {row.key: row.pk for row in Anomaly.objects.all()}
    make_odd_results(make_odd_lines(days=DAYS + 7))
    newer = scanned()
    assert newer.pk != scan.pk
    again = {row.key: row.pk for row in Anomaly.objects.filter(status="open")}
    assert before.items() <= again.items()
    row = peak_day()
    assert (row.first_scan_id, row.latest_scan_id) == (scan.pk, newer.pk)


def test_what_is_no_longer_found_is_gone_and_comes_back_when_it_returns(scan: Scan) -> None:
    row = peak_day()
    make_odd_results(make_odd_lines(peak="1"))
    scanned()
    row.refresh_from_db()
    assert row.status == Anomaly.Status.GONE
    make_odd_results()
    assert scanned().counts["metric"]["new"] == 1
    row.refresh_from_db()
    assert row.status == Anomaly.Status.OPEN
    kinds = list(AnomalyEvent.objects.filter(anomaly=row).order_by("pk").values_list("kind", flat=True))
    assert kinds == ["gone", "found_again"]


def test_a_resolved_anomaly_stays_resolved(scan: Scan) -> None:
    row = peak_day()
    record_verdict(anomaly=row, verdict="noise", by=make_user())
    make_odd_results(make_odd_lines(days=DAYS + 7))
    scanned()
    row.refresh_from_db()
    assert row.status == Anomaly.Status.RESOLVED


def test_a_resolved_anomaly_that_became_clearly_worse_is_opened_again(scan: Scan) -> None:
    row = peak_day()
    record_verdict(anomaly=row, verdict="expected", by=make_user())
    make_odd_results(make_odd_lines(peak="19000"))
    newer = scanned()
    row.refresh_from_db()
    assert row.status == Anomaly.Status.OPEN
    assert newer.counts["metric"] == {"open": 3, "new": 1}
    assert row.events.get().kind == AnomalyEvent.Kind.WORSE


def test_a_closed_day_that_a_person_expected_is_never_asked_again(scan: Scan) -> None:
    (gap,) = found("data")
    record_verdict(anomaly=gap, verdict="expected", by=make_user())
    again = scanned()
    gap.refresh_from_db()
    assert again.pk != scan.pk
    assert gap.status == Anomaly.Status.RESOLVED
    assert gap.latest_scan_id == scan.pk


def test_public_holidays_of_the_country_are_not_asked_about(db: Any) -> None:
    labour_day = date(2025, 5, 1)
    make_odd_results(make_odd_lines(closed=(CLOSED, labour_day)))
    scanned()
    assert [row.evidence["days"] for row in found("data")] == [[CLOSED.isoformat()]]


def test_a_ledgers_last_day_waits_until_a_later_one_is_there() -> None:
    day = date(2025, 5, 1)
    assert last_complete_day(day, day) == day - timedelta(days=1)
    assert last_complete_day(day, None) == day - timedelta(days=1)
    assert last_complete_day(day, day + timedelta(days=1)) == day


def test_a_scan_of_results_that_were_withdrawn_says_so(scan: Scan) -> None:
    run = requested_scan()
    withdraw_snapshot(by=None)
    assert do_run(run).error_code == "outdated"
    assert request_scan(by=None) is None
    assert request_scan_after() is None


def test_an_automatic_scan_of_old_results_steps_aside(scan: Scan) -> None:
    run = request_scan_after()
    assert run is not None
    SnapshotPointer.objects.update(snapshot=None)
    assert do_run(run).state == Run.State.CANCELLED


def test_a_scan_leaves_one_event_without_values(scan: Scan) -> None:
    event = AuditEvent.objects.get(action="scan.published")
    assert event.facts["counts"] == scan.counts
    assert "900" not in str(event.facts["counts"])


def test_a_shop_of_one_customer_and_one_day_has_an_empty_queue(db: Any) -> None:
    make_odd_results(make_odd_lines(days=1)[:3])
    assert scanned().counts["customer"]["open"] == 0


def test_an_empty_ledger_has_no_days() -> None:
    with ledger.reading(None) as connection:
        assert read_days(connection, FIRST).figures.empty
