"""What a mapping may say, what of it is remembered, and what a new file decides for itself."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from core.models import ApiToken, Run
from crm import ledger
from crm.ledger import publishing
from crm.models import SavedMapping, Upload
from crm.selectors import current_version
from crm.services import MappingError, confirm_mapping, reread_upload
from tests.factories import CSV, do_run, imported, make_token, make_upload, make_user, sniffed, undone

pytestmark = pytest.mark.django_db
SEMICOLONS = "order;date;customer;item;quantity;price\nB1;2025-01-02;ann;cup;1;4,50\nB2;2025-01-03;bob;cup;2;1,25\n"


def confirm(upload: Upload, **options: Any) -> Run:
    assert upload.sniff is not None
    proposal = upload.sniff["proposal"]
    return confirm_mapping(upload=upload, mapping={"columns": proposal["columns"], "options": options}, by=None)


def found(upload: Upload) -> dict[str, Any]:
    assert upload.sniff is not None, upload.error
    sniff: dict[str, Any] = upload.sniff
    return sniff


def lines() -> list[tuple[Any, ...]]:
    with ledger.reading(current_version()) as connection:
        return connection.execute("SELECT order_key, amount::VARCHAR FROM lines ORDER BY ALL").fetchall()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("encoding", "klingon", "encoding is not known"),
        ("encoding", "base64", "encoding is not known"),
        ("encoding", "utf\0", "encoding is not known"),
        ("encoding", 8, "encoding is not known"),
        ("delimiter", ",,", "one sign"),
        ("delimiter", '"', "one sign"),
        ("delimiter", True, "one sign"),
        ("header", "yes", "true or false"),
        ("decimal", ["."], "point or a comma"),
        ("date_format", 20101231, "dates"),
        ("time_zone", ["UTC"], "time zone"),
        ("guests", "nobody", "guest sales"),
        ("cancellation", "CANCEL", "five characters"),
        ("cancellation", {"prefix": "C\0"}, "five characters"),
        ("cancellation", 7, "five characters"),
        ("cancellation", {"column": "status"}, "told by a prefix"),
        ("cancellation", {"column": "status", "values": ["gone"]}, "no column"),
        ("attributes", "item", "list of columns"),
        ("attributes", ["weight"], "no column"),
        ("colour", "blue", "no option colour"),
        ("sheet", "", "one sheet"),
        ("company", "North", "column that names the company"),
        ("company", 7, "name of the company"),
        ("non_merchandise", "POST", "list of item codes"),
        ("customer_ids", "folded", "as_written"),
    ],
)
def test_an_option_that_cannot_be_used_is_refused_in_words(name: str, value: Any, words: str) -> None:
    upload = sniffed(make_upload())
    with pytest.raises(MappingError, match=words):
        confirm(upload, **{name: value})
    assert Upload.objects.get().state == Upload.State.SNIFFED


@pytest.mark.parametrize(
    "mapping", [{"columns": ["date"]}, {"columns": {"ordered_at": 3}}, {"options": ["utf-8"]}, {"colums": {}}]
)
def test_a_mapping_of_another_shape_is_refused_in_words(mapping: dict[str, Any]) -> None:
    with pytest.raises(MappingError, match=r"an object|A mapping has no"):
        confirm_mapping(upload=sniffed(make_upload()), mapping=mapping, by=None)


@pytest.mark.parametrize("cancellation", ["C", {"prefix": "C"}])
def test_a_cancellation_is_told_by_its_prefix(cancellation: Any) -> None:
    upload = sniffed(make_upload(CSV + "CA1,2025-01-04,ann,cup,1,1\n"))
    do_run(confirm(upload, cancellation=cancellation, encoding="UTF8", delimiter=",", attributes=["item"]))
    with ledger.reading(current_version()) as connection:
        rows = connection.execute("SELECT order_id, attributes FROM lines WHERE is_cancellation").fetchall()
    assert rows == [("CA1", '{"item":"cup"}')]


def test_a_mapping_is_remembered_when_the_import_succeeded_and_not_before() -> None:
    run = confirm(sniffed(make_upload()))
    assert not SavedMapping.objects.exists()
    do_run(run)
    saved = SavedMapping.objects.get().mapping["options"]
    assert {"encoding", "delimiter", "header"}.isdisjoint(saved)
    assert saved["decimal"] == "."


def test_how_the_last_file_was_read_does_not_say_how_this_one_is() -> None:
    imported(make_upload(CSV.replace("ann", "anné").encode("cp1252")))
    second = sniffed(make_upload(SEMICOLONS.replace("ann", "anné")))
    assert found(second)["format"] == "Remembered"
    options = found(second)["proposal"]["options"]
    assert (options["delimiter"], options["encoding"], options["decimal"]) == (";", "utf-8", ",")
    do_run(confirm_mapping(upload=second, mapping=found(second)["proposal"], by=None))
    assert lines()[2:] == [("B1", "4.500000"), ("B2", "2.500000")]


def test_numbers_in_another_style_than_the_last_file_are_a_question() -> None:
    imported(make_upload())
    second = sniffed(make_upload(SEMICOLONS))
    assert second.state == Upload.State.MAPPING
    assert [item["field"] for item in found(second)["uncertain"]] == ["decimal"]


def test_the_remembered_style_settles_what_can_be_read_two_ways() -> None:
    imported(make_upload(SEMICOLONS))
    second = sniffed(make_upload(SEMICOLONS.replace("4,50", "1,234").replace("1,25", "1,500").replace("B", "D")))
    assert second.state == Upload.State.SNIFFED
    assert found(second)["proposal"]["options"]["decimal"] == ","


def dated(first: str, second: str, order: str = "A") -> Upload:
    text = CSV.replace("2025-01-02", first).replace("2025-01-03", second).replace("\nA", f"\n{order}")
    return sniffed(make_upload(text))


def test_dates_in_a_form_that_is_plainly_another_are_read_so() -> None:
    imported(make_upload())
    second = dated("31.01.2025", "01.02.2025")
    assert (second.state, found(second)["format"]) == (Upload.State.SNIFFED, "Remembered")
    assert found(second)["proposal"]["options"]["date_format"] == "31.12.2010"


def test_day_and_month_the_other_way_round_than_in_the_last_file_are_a_question() -> None:
    imported(dated("01/31/2025", "02/01/2025"))
    second = dated("31/01/2025", "01/02/2025", "B")
    assert [item["field"] for item in found(second)["uncertain"]] == ["date_format"]
    assert found(second)["proposal"]["options"]["date_format"] == "31/12/2010 (day first)"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-07-01T10:00:00Z", "2025-07-01 10:00:00"),
        ("2025-07-01T10:00:00.500Z", "2025-07-01 10:00:00.5"),
        ("2025-07-01 10:00:00 UTC", "2025-07-01 10:00:00"),
        ("2025-07-01T10:00:00+02:00", "2025-07-01 08:00:00"),
        ("2025-07-01 10:00:00", "2025-07-01 14:00:00"),
    ],
)
def test_a_time_that_names_utc_is_no_time_of_the_files_zone(text: str, moment: str) -> None:
    upload = sniffed(make_upload(CSV.replace("2025-01-02", text)))
    do_run(confirm(upload, time_zone="America/New_York"))
    with ledger.reading(current_version()) as connection:
        row = connection.execute("SELECT ordered_at::VARCHAR FROM lines WHERE order_id = 'A1'").fetchone()
    assert row == (moment,)


# --- reading options at the confirmation ---


def test_a_file_is_never_imported_under_another_reading_than_its_columns_were_found_in() -> None:
    upload = sniffed(make_upload())
    with pytest.raises(MappingError, match="read again"):
        confirm(upload, delimiter=";")
    with pytest.raises(MappingError, match="one sign"):
        reread_upload(upload=upload, options={"delimiter": ";;"}, by=None)


def test_a_script_that_reads_otherwise_has_the_file_read_anew_and_confirms_again() -> None:
    client = Client(headers={"Authorization": f"Token {make_token(make_user(), ApiToken.Scope.WRITE)}"})
    upload = sniffed(make_upload(CSV.replace("ann", "anné").encode("cp1252")))
    body = {"columns": found(upload)["proposal"]["columns"], "options": {"encoding": "latin1"}}

    def send() -> Any:
        return client.post(f"/api/v1/uploads/{upload.pk}/confirm/", json.dumps(body), content_type="application/json")

    first = send()
    assert (first.status_code, first.json()["code"]) == (409, "read_again")
    again = sniffed(Upload.objects.get())
    assert found(again)["encoding"] == "latin-1"
    assert send().status_code == 202


def ingested(file: Path, **mapping: Any) -> dict[str, Any]:
    out = StringIO()
    call_command("ingest", str(file), "--json", "--mapping", json.dumps(mapping), stdout=out, stderr=StringIO())
    result: dict[str, Any] = json.loads(out.getvalue())
    return result


@pytest.fixture
def own_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands do their jobs in this process, which sees the test's rows."""
    monkeypatch.setattr("core.commands.execute_or_wait", lambda run_id, **_: do_run(Run.objects.get(pk=run_id)))


COLUMNS = {"ordered_at": "column 2", "customer_id": "column 3", "quantity": "column 5", "unit_price": "column 6"}


@pytest.mark.usefixtures("own_process")
def test_the_command_reads_a_file_as_its_mapping_says(tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_text("A1,2025-01-02,ann,cup,2,4.50\nA2,2025-01-03,bob,cup,1,4.50\n", encoding="utf-16")
    options = {"encoding": "utf16", "header": False, "delimiter": ",", "date_format": "2010-12-31 (ISO)"}
    result = ingested(file, columns=COLUMNS, options=options)
    assert (result["state"], result["accepted"], result["revenue"]) == ("published", 2, "13.50")


@pytest.mark.usefixtures("own_process")
def test_the_command_refuses_an_encoding_that_nobody_knows(tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_text(CSV)
    with pytest.raises(CommandError):
        ingested(file, options={"encoding": "klingon"})
    assert Upload.objects.get().state == Upload.State.STORED


# --- demo and real lines ---


def demo_upload(text: str = CSV.replace("A", "D")) -> Upload:
    upload = make_upload(text)
    Upload.objects.filter(pk=upload.pk).update(source=Upload.Source.DEMO)
    return sniffed(Upload.objects.get(pk=upload.pk))


def test_the_demo_is_not_confirmed_beside_real_lines() -> None:
    imported(make_upload())
    with pytest.raises(MappingError, match="real data"):
        confirm(demo_upload())


def test_the_demo_is_not_published_when_real_lines_came_meanwhile() -> None:
    demo = demo_upload()
    run = confirm(demo)
    imported(make_upload())
    assert do_run(run).error_code == "real_data"
    demo.refresh_from_db()
    assert (demo.state, demo.error_code) == (Upload.State.FAILED, "real_data")
    assert {key[0] for key, _ in lines()} == {"A"}


def test_a_demo_that_is_published_while_a_real_file_is_compared_goes_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    demo, real = demo_upload(), sniffed(make_upload())
    demo_run, real_run = confirm(demo), confirm(real)
    plan = publishing.plan_publish
    waiting = [demo_run]

    def late(**wanted: Any) -> Any:
        if waiting:
            do_run(waiting.pop())
        return plan(**wanted)

    monkeypatch.setattr("crm.jobs.ingest.plan_publish", late)
    do_run(real_run)
    demo.refresh_from_db()
    assert demo.state == Upload.State.UNDONE
    assert {key[0] for key, _ in lines()} == {"A"}


def test_the_demo_can_come_back_when_the_real_file_was_taken_back() -> None:
    undone(imported(make_upload()))
    assert do_run(confirm(demo_upload())).state == Run.State.SUCCEEDED
