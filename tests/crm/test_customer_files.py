"""Files of customers through their job: merged by id, taken back whole, never half in, nothing personal elsewhere."""

from datetime import date
from typing import Any

import pytest

from core.models import AuditEvent, Run
from core.runs import acquire
from crm.jobs import customer_records, ingest
from crm.models import Customer, CustomerRecord, Upload
from crm.selectors import contact_of, current_version, customer_of, keys_called, upload_summary
from crm.services import confirm_mapping, redo_upload
from crm.services.records import clear_stray_records
from segmentation.services import request_refresh_after
from tests.crm.kind_files import (
    CUSTOMER_HEADER,
    CUSTOMER_MAPPING,
    CUSTOMERS,
    bring_customers,
    bring_events,
    bring_sessions,
)
from tests.crm.test_events import whole
from tests.factories import do_run, imported, make_snapshot, make_upload, sniffed, undone

pytestmark = pytest.mark.django_db


def known(external_id: str) -> Any:
    customer = customer_of(external_id)
    return customer and contact_of(customer)


def test_customers_come_in_and_are_known_by_name() -> None:
    upload = bring_customers()
    assert (upload.kind, upload.state, upload.accepted, upload.customers) == ("customers", "published", 3, 3)
    summary = upload_summary(upload)
    assert (summary["revenue"], summary["orders"], summary["first_at"]) == ("0", 0, None)
    ann, bob, nora = known("ann"), known("bob"), known("nora")
    assert (ann.name, ann.email, ann.birth_date, ann.city) == (
        "Ann Smith",
        "ann@example.com",
        date(1980, 5, 17),
        "Leeds",
    )
    assert [ann.consent, bob.consent, nora.consent] == [True, False, None]
    assert len(keys_called("miller", 5)) == 1
    assert whole()


def test_they_join_the_customers_of_purchases() -> None:
    imported(make_upload())
    before = set(Customer.objects.values_list("pk", flat=True))
    bring_customers()
    assert known("ann").name == "Ann Smith"
    assert set(Customer.objects.exclude(pk__in=before).values_list("external_id", flat=True)) == {"nora"}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",Nobody,,,,,", "missing_customer"),
        ("x,X,,1980-02-30,,,", "bad_date"),
        ("x,X,,1899-12-31,,,", "birth_out_of_range"),
        ("x,X,,2999-01-01,,,", "birth_out_of_range"),
        ("x,X,,,,,perhaps", "bad_flag"),
        (f"x,{'X' * 256},,,,,", "text_too_long"),
        (f"{'x' * 256},X,,,,,", "id_too_long"),
    ],
)
def test_what_can_not_be_used_is_rejected_with_its_reason(row: str, reason: str) -> None:
    upload = bring_customers(f"{CUSTOMERS}{row}\n")
    assert (upload.accepted, [item["code"] for item in upload.rejections]) == (3, [reason])
    assert CustomerRecord.objects.count() == 3


def test_the_last_row_of_a_customer_counts_with_a_warning() -> None:
    upload = bring_customers(CUSTOMERS + "ann,Ann Jones,,,,,\n")
    assert (upload.accepted, upload.customers) == (4, 3)
    assert {"code": "repeated_customer", "lines": 1} in upload.warnings
    assert (known("ann").name, known("ann").email) == ("Ann Jones", "")
    assert whole()


def test_odd_addresses_and_unknown_consent_are_warned_about() -> None:
    upload = bring_customers(CUSTOMERS + "eve,Eve,not an address,,,,yes\n")
    found = {item["code"]: item["lines"] for item in upload.warnings}
    assert (found["odd_email"], found["unknown_consent"]) == (1, 1)
    assert known("eve").email == "not an address"


def test_ids_that_all_end_in_point_zero_are_whole_numbers() -> None:
    upload = bring_customers(CUSTOMER_HEADER + "12.0,Ann,,,,,\n13.0,Bob,,,,,\n")
    assert known("12").name == "Ann"
    assert {"code": "normalised_ids", "lines": 2} in upload.warnings


def test_a_later_file_adds_its_words_and_taking_it_back_leaves_the_older_ones() -> None:
    bring_customers()
    version = current_version()
    later = bring_customers(CUSTOMER_HEADER + "ann,Ann Jones,,,,,no\nzoe,Zoe Zander,,,,,\n")
    assert (known("ann").name, known("ann").email, known("ann").consent) == ("Ann Jones", "ann@example.com", False)
    assert undone(later).state == Upload.State.UNDONE
    assert (known("ann").name, known("ann").consent) == ("Ann Smith", True)
    assert known("zoe") is None
    assert current_version() == version
    assert whole()
    again = Upload.objects.get(pk=later.pk)
    do_run(confirm_mapping(upload=again, mapping=again.mapping or {}, by=None))
    assert known("zoe").name == "Zoe Zander"
    assert CustomerRecord.objects.count() == 5


def test_a_file_that_is_imported_but_not_published_says_nothing() -> None:
    imported(make_upload(CUSTOMERS), CUSTOMER_MAPPING, publish=False)
    assert Upload.objects.get().state == Upload.State.IMPORTED
    assert known("ann") is None


def test_a_killed_import_leaves_nothing_visible_and_the_next_attempt_nothing_doubled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(customer_records, "BATCH", 1)
    upload = sniffed(make_upload(CUSTOMERS))
    run = confirm_mapping(upload=upload, mapping=CUSTOMER_MAPPING, by=None)
    lease = acquire(run.pk, owner="first")
    assert lease is not None
    written: list[int] = []

    def dying(upload: Upload, row: tuple[Any, ...]) -> CustomerRecord:
        if len(written) == 2:
            raise KeyboardInterrupt
        written.append(1)
        return made(upload, row)

    made = customer_records._record
    monkeypatch.setattr(customer_records, "_record", dying)
    with pytest.raises(KeyboardInterrupt):
        ingest.ingest(lease)
    assert CustomerRecord.objects.count() == 2
    assert known("ann") is None
    monkeypatch.setattr(customer_records, "_record", made)
    Run.objects.filter(pk=run.pk).update(lease_expires_at=run.created_at)
    do_run(run)
    assert sorted(CustomerRecord.objects.values_list("customer__external_id", flat=True)) == ["ann", "bob", "nora"]
    assert known("ann").name == "Ann Smith"


def test_nothing_personal_is_written_into_the_audit_trail_or_the_run() -> None:
    undone(bring_customers())
    told = str(list(AuditEvent.objects.values())) + str(list(Run.objects.values()))
    assert "Smith" not in told
    assert "example.com" not in told


def test_customers_leave_the_ledger_as_it_is() -> None:
    imported(make_upload())
    version = current_version()
    bring_customers()
    assert current_version() == version


def test_visits_without_purchases_leave_the_results_as_they_are() -> None:
    snapshot = make_snapshot(12)
    bring_sessions()
    version = current_version()
    assert version is not None
    assert version.pk != snapshot.catalogue_version_id
    run = request_refresh_after()
    assert run is not None
    do_run(run)
    assert run.result is not None
    assert (run.result["unchanged"], run.result["snapshot"]) == (True, snapshot.pk)
    snapshot.refresh_from_db()
    assert snapshot.catalogue_version_id == version.pk


def test_visits_with_purchases_are_new_lines() -> None:
    make_snapshot(12)
    bring_events()
    run = request_refresh_after()
    assert run is not None
    do_run(run)
    assert run.result is not None
    assert run.result["unchanged"] is False


def test_the_sweep_clears_what_nothing_will_show_and_keeps_the_rest() -> None:
    kept, other = bring_customers(), bring_customers(CUSTOMERS.replace("Smith", "Jones"))
    failed = bring_customers(CUSTOMERS.replace("Smith", "Miller"))
    undone(kept)
    Upload.objects.filter(pk=other.pk).update(kind="transactions")
    Upload.objects.filter(pk=failed.pk).update(state=Upload.State.FAILED)
    assert clear_stray_records() == 6
    assert set(CustomerRecord.objects.values_list("upload", flat=True)) == {kept.pk}
    assert clear_stray_records() == 0


def test_a_file_of_customers_comes_back_with_one_click() -> None:
    upload = undone(bring_customers())
    assert known("ann") is None
    do_run(redo_upload(upload=upload, by=None))
    upload.refresh_from_db()
    assert upload.state == Upload.State.PUBLISHED
    assert known("ann").name == "Ann Smith"
    assert whole()
