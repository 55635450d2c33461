"""Files through the services and their jobs: received, confirmed, published, taken back."""

import json
from decimal import Decimal

import pytest
from django.core.management import call_command

from core.models import AuditEvent, Run
from crm import ledger
from crm.models import CatalogueVersion, Customer, SavedMapping, Upload
from crm.selectors import current_version, has_lines, rejected_csv, upload_summary
from crm.services import MappingError, UploadError, confirm_mapping, discard_upload, undo_upload
from tests.factories import CSV, imported, make_upload, make_user, sniffed, undone

pytestmark = pytest.mark.django_db


def visible() -> list[tuple[str, Decimal]]:
    with ledger.reading(current_version()) as connection:
        return connection.execute("SELECT order_key, amount FROM lines ORDER BY ALL").fetchall()


def test_a_file_is_proposed_imported_and_published_exactly() -> None:
    upload = imported(make_upload())
    assert upload.state == Upload.State.PUBLISHED
    assert (upload.lines, upload.accepted, upload.rejected, upload.duplicates) == (2, 2, 0, 0)
    assert upload.gross_revenue == Decimal("13.50")
    assert visible() == [("A1", Decimal("9.00")), ("A2", Decimal("4.50"))]


def test_lines_hold_a_surrogate_key_and_never_the_outside_id() -> None:
    imported(make_upload())
    with ledger.reading(current_version()) as connection:
        rows = connection.execute("SELECT * FROM lines").fetchall()
    assert "ann" not in str(rows)
    assert {row[2] for row in rows} == set(Customer.objects.values_list("pk", flat=True))


def test_the_same_bytes_again_are_the_earlier_upload() -> None:
    first = imported(make_upload())
    assert make_upload(name="again.csv").pk == first.pk
    assert Upload.objects.count() == 1


def test_the_same_lines_in_another_order_add_nothing() -> None:
    imported(make_upload())
    header, *lines = CSV.splitlines()
    again = imported(make_upload("\n".join([header, *reversed(lines)]) + "\n"))
    assert (again.accepted, again.duplicates, str(again.net_revenue)) == (0, 2, "0.000000")
    assert len(visible()) == 2


def test_equal_lines_of_one_file_are_occurrences_and_all_count() -> None:
    upload = imported(make_upload(CSV + "A1,2025-01-02,ann,cup,2,4.50\n"))
    assert upload.accepted == 3
    assert {"code": "exact_duplicates", "lines": 1} in upload.warnings


def test_an_overlapping_file_adds_only_what_is_new() -> None:
    imported(make_upload())
    second = imported(make_upload(CSV + "A1,2025-01-02,ann,cup,2,4.50\nA3,2025-01-04,cid,cup,1,1.25\n"))
    assert (second.accepted, second.duplicates) == (2, 2)
    assert second.gross_revenue == Decimal("10.25")
    assert len(visible()) == 4


def test_undoing_one_of_two_overlapping_files_keeps_what_the_other_holds() -> None:
    first = imported(make_upload())
    second = imported(make_upload(CSV + "A3,2025-01-04,cid,cup,1,1.25\n"))
    assert undone(first).state == Upload.State.UNDONE
    second.refresh_from_db()
    assert (second.accepted, second.duplicates, second.gross_revenue) == (3, 0, Decimal("14.75"))
    assert len(visible()) == 3


def test_an_undone_file_can_be_published_again() -> None:
    first = undone(imported(make_upload()))
    assert visible() == []
    again = imported(first)
    assert again.state == Upload.State.PUBLISHED
    assert len(visible()) == 2


def test_an_import_that_is_not_published_shows_nowhere() -> None:
    upload = imported(make_upload(), publish=False)
    assert upload.state == Upload.State.IMPORTED
    assert current_version() is None
    assert visible() == []


def test_rejected_lines_come_back_with_their_reason_and_neutral() -> None:
    upload = imported(make_upload(CSV + "=1+1,2025-02-31,ann,cup,1,4.50\nA9,2025-02-01,ann,cup,-1,x\n"))
    assert (upload.accepted, upload.rejected) == (2, 2)
    header, first, second = list(rejected_csv(upload))
    assert header.strip() == "line,reason,neutralised,order,date,customer,item,quantity,price,insiders_upload"
    assert first.startswith("3,The date does not fit the format that was chosen.,order,")
    assert "'=1+1" in first
    assert second.rstrip().endswith(f"cup,-1,x,upload-{upload.pk}-{upload.sha256[:8]}")


def test_a_confirmed_mapping_is_offered_for_the_next_file_of_that_header() -> None:
    upload = sniffed(make_upload())
    assert upload.sniff is not None
    proposal = upload.sniff["proposal"]
    columns = {**proposal["columns"], "description": "item"}
    del columns["item_id"]
    imported(upload, {**proposal, "columns": columns})
    following = sniffed(make_upload(CSV.replace("A2", "A7")))
    assert following.sniff is not None
    assert following.sniff["format"] == "Remembered"
    assert following.sniff["proposal"]["columns"] == columns
    assert SavedMapping.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"columns": {"ordered_at": "date"}}, "amount"),
        ({"columns": {"amount": "price"}}, "date"),
        ({"columns": {"ordered_at": "date", "amount": "nowhere"}}, "no column"),
        ({"columns": {"ordered_at": "date", "amount": "date"}}, "more than one"),
        ({"columns": {"ordered_at": "date", "amount": "price", "weight": "item"}}, "no field"),
        ({"options": {"currency": "XYZ"}}, "another currency"),
        ({"options": {"time_zone": "Mars/North"}}, "time zone"),
        ({"options": {"date_format": "guess"}}, "dates"),
    ],
)
def test_a_mapping_that_cannot_be_used_is_refused_in_words(change: dict[str, dict[str, str]], word: str) -> None:
    upload = sniffed(make_upload())
    assert upload.sniff is not None
    with pytest.raises(MappingError, match=word):
        confirm_mapping(upload=upload, mapping={**upload.sniff["proposal"], **change}, by=None)
    upload.refresh_from_db()
    assert upload.state == Upload.State.SNIFFED


def test_a_published_file_is_not_confirmed_twice_nor_deleted() -> None:
    upload = imported(make_upload())
    assert upload.mapping is not None
    with pytest.raises(MappingError):
        confirm_mapping(upload=upload, mapping=upload.mapping, by=None)
    with pytest.raises(UploadError):
        discard_upload(upload=upload, by=make_user())


def test_a_file_that_is_not_published_cannot_be_taken_back() -> None:
    with pytest.raises(UploadError, match="published"):
        undo_upload(upload=make_upload(), by=None)


@pytest.mark.django_db(transaction=True)
def test_deleting_a_file_removes_its_bytes() -> None:
    upload = sniffed(make_upload())
    path = ledger.storage_path(upload.storage_name)
    assert path.exists()
    discard_upload(upload=upload, by=make_user())
    assert not path.exists()
    assert not Upload.objects.exists()


def test_the_first_real_file_takes_the_demos_place() -> None:
    demo = make_upload(CSV.replace("A", "D"))
    Upload.objects.filter(pk=demo.pk).update(source=Upload.Source.DEMO)
    imported(Upload.objects.get(pk=demo.pk))
    real = imported(make_upload())
    demo.refresh_from_db()
    assert (demo.state, real.state) == (Upload.State.UNDONE, Upload.State.PUBLISHED)
    assert {key[0] for key, _ in visible()} == {"A"}


def test_every_write_leaves_one_event_without_values() -> None:
    person = make_user()
    upload = imported(make_upload(by=person))
    undone(upload)
    events = list(AuditEvent.objects.filter(object_type="upload").order_by("sequence"))
    assert [event.action for event in events] == [
        "upload.stored",
        "upload.confirmed",
        "upload.published",
        "upload.undo_requested",
        "upload.undone",
    ]
    assert "ann" not in str([event.facts for event in events])


def test_the_summary_is_what_the_command_promises() -> None:
    summary = upload_summary(imported(make_upload()))
    promised = "upload kind state lines accepted rejected duplicates gross_revenue returned_value revenue customers"
    assert set(summary) == {*promised.split(), "orders", "first_at", "last_at", "warnings", "seconds"}
    assert summary["revenue"] == "13.50"


def test_publishing_counts_versions_one_by_one_and_names_its_run() -> None:
    upload = imported(make_upload())
    version = CatalogueVersion.objects.get()
    assert version.upload == upload
    assert version.run is not None
    assert version.run.state == Run.State.SUCCEEDED


def test_service_lines_count_in_all_totals_and_are_flagged() -> None:
    upload = imported(
        make_upload(
            "order,date,customer,item,description,quantity,price\n"
            "A1,2025-01-02,ann,22423,Postage stamp mug,1,4.50\n"
            "A1,2025-01-02,ann,POST,Postage,1,3.00\n"
            "A1,2025-01-02,ann,FEES,Bank charges,1,1.00\n"
            "A1,2025-01-02,ann,DCGSSBOY,Boys party bag,1,2.00\n"
        )
    )
    assert upload.gross_revenue == Decimal("10.50")
    assert {"code": "service_lines", "lines": 2} in upload.warnings
    with ledger.reading(current_version()) as connection:
        rows = connection.execute("SELECT item_id FROM lines WHERE NOT is_merchandise ORDER BY 1").fetchall()
    assert rows == [("FEES",), ("POST",)]


def test_taking_back_what_was_taken_back_says_so_and_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    upload = undone(imported(make_upload()))
    call_command("undo_upload", upload.pk, as_json=True)
    assert json.loads(capsys.readouterr().out) == {"upload": upload.pk, "state": "undone"}
    assert not has_lines()
