"""Every odd or bad file of the corpus gets its verdict, and no line goes missing on the way."""

from typing import Any

import pytest

from crm import ledger
from crm.models import Customer, Upload
from crm.reasons import REASONS, WARNINGS
from crm.selectors import current_version
from crm.services import confirm_mapping, reread_upload
from crm.services.mappings import reading_options
from tests.crm.intake_corpus import CASES, HEADER, ROWS, Case, row, table
from tests.crm.intake_corpus.json_files import lines
from tests.crm.intake_corpus.workbooks import NAMES, USUAL, workbook
from tests.factories import do_run, imported, make_upload, sniffed

pytestmark = pytest.mark.django_db


def latest_line() -> dict[str, Any]:
    with ledger.reading(current_version()) as connection:
        rows = connection.execute(
            """SELECT customer_key, amount, ordered_at, ordered_on AS day, is_purchase, is_cancellation
            FROM lines ORDER BY line_no DESC LIMIT 1"""
        )
        names = [column[0] for column in rows.description or []]
        found = dict(zip(names, rows.fetchone() or (), strict=True))
    key = found.pop("customer_key")
    found["customer"] = None if key is None else Customer.objects.get(pk=key).external_id
    return {name: value if value is None or isinstance(value, bool) else str(value) for name, value in found.items()}


def bring(case: Case) -> Upload:
    """Sniff, and import under the proposal and what the case declares; stops where a person would have to decide."""
    upload = sniffed(make_upload(case.bytes, name="file.csv"))
    assert upload.latest_run
    assert upload.latest_run.error_code != "unexpected"
    if upload.state == Upload.State.FAILED or (upload.state == Upload.State.MAPPING and not case.options):
        return upload
    if reading := reading_options({"options": case.options}):
        do_run(reread_upload(upload=upload, options=reading, by=None))
        upload.refresh_from_db()
        assert upload.state == Upload.State.SNIFFED
    assert upload.sniff
    proposal = upload.sniff["proposal"]
    mapping = {**proposal, "options": {**proposal["options"], **case.options}}
    do_run(confirm_mapping(upload=upload, mapping=mapping, by=None))
    upload.refresh_from_db()
    assert upload.accepted + upload.rejected + upload.duplicates == upload.lines
    return upload


@pytest.mark.any_world
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_verdict(case: Case) -> None:
    upload = bring(case)
    {"RF": refused, "ASK": asked, "RR": rejected, "AX": accepted, "AW": warned}[case.verdict](case, upload)


def refused(case: Case, upload: Upload) -> None:
    assert (upload.state, upload.error_code) == (Upload.State.FAILED, case.code), upload.sniff
    assert upload.error.endswith((".", "?"))
    assert current_version() is None


def asked(case: Case, upload: Upload) -> None:
    assert upload.state == Upload.State.MAPPING, upload.error
    assert upload.sniff
    assert case.code in {item["field"] for item in upload.sniff["uncertain"]}, upload.sniff["uncertain"]
    assert upload.sniff["lines"] == case.lines


def rejected(case: Case, upload: Upload) -> None:
    assert upload.state == Upload.State.PUBLISHED, upload.error
    assert [(item["code"], item["lines"]) for item in upload.rejections] == [(case.code, case.rejected)]
    assert upload.rejections[0]["sentence"] == str(REASONS[case.code])
    assert (upload.lines, upload.rejected) == (case.lines, case.rejected)
    assert len(list(ledger.rejected_rows(upload.rejected_path))) == case.rejected
    assert not case.also or case.also in {item["code"] for item in upload.warnings}


def accepted(case: Case, upload: Upload) -> None:
    assert upload.state == Upload.State.PUBLISHED, (upload.error, upload.sniff and upload.sniff["uncertain"])
    assert (upload.lines, upload.rejections) == (case.lines, [])
    assert upload.accepted == case.lines
    line = latest_line()
    assert {name: line[name] for name in case.values} == case.values


def warned(case: Case, upload: Upload) -> None:
    if case.code == "file":
        asked(case, upload)
        return
    accepted(case, upload)
    assert case.code in {item["code"] for item in upload.warnings}
    assert case.code in WARNINGS


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (workbook([NAMES, *USUAL, ["B1", "yesterday", "ann", "cup", 1, 1]]), 8),
        (workbook([["Sales of March"], [], NAMES, *USUAL, ["B1", "yesterday", "ann", "cup", 1, 1]]), 10),
        (lines({"order_id": "B1", "ordered_at": "yesterday", "quantity": 1, "unit_price": 1}).encode(), 7),
    ],
)
def test_a_problem_names_the_row_of_the_sheet_or_the_line_of_the_file(data: bytes, line: int) -> None:
    sniff = sniffed(make_upload(data)).sniff
    assert sniff
    assert [(item["code"], item["examples"][0]["line"]) for item in sniff["problems"]] == [("bad_date", line)]


def test_ids_that_all_end_in_point_zero_are_whole_numbers() -> None:
    text = table(*(line.replace(f"c{n}", f"{n}.0") for n, line in enumerate(ROWS, start=1)))
    upload = imported(make_upload(text))
    assert {"code": "normalised_ids", "lines": 6} in upload.warnings
    assert set(Customer.objects.values_list("external_id", flat=True)) == {"1", "2", "3", "4", "5", "6"}


def test_the_same_bytes_again_are_the_same_upload() -> None:
    first = imported(make_upload(table(*ROWS)))
    assert make_upload(table(*ROWS)) == first
    assert Upload.objects.count() == 1


def test_the_same_lines_in_other_order_add_nothing() -> None:
    imported(make_upload(table(*ROWS)))
    again = imported(make_upload(table(*reversed(ROWS))))
    assert (again.lines, again.accepted, again.rejected, again.duplicates) == (6, 0, 0, 6)


def test_overlapping_periods_count_a_line_once() -> None:
    rows = [row(n) for n in range(10)]
    imported(make_upload(table(*rows[:6])))
    second = imported(make_upload(table(*rows[4:])))
    assert (second.accepted, second.duplicates) == (4, 2)
    with ledger.reading(current_version()) as connection:
        assert connection.execute("SELECT count(*), sum(amount) FROM lines").fetchone() == (10, 90)


def test_a_guest_order_may_be_a_customer_of_its_own() -> None:
    upload = sniffed(make_upload(table("A1,2025-03-01,,cup,1,1", "A2,2025-03-01,,cup,1,1", *ROWS)))
    assert upload.sniff
    proposal = upload.sniff["proposal"]
    mapping = {**proposal, "options": {**proposal["options"], "guests": "customer_per_order"}}
    do_run(confirm_mapping(upload=upload, mapping=mapping, by=None))
    upload.refresh_from_db()
    assert (upload.accepted, upload.customers) == (8, 8)
    assert Customer.objects.filter(external_id="guest-A1").exists()


def test_another_currency_is_rejected() -> None:
    text = table(*(line + ",GBP" for line in ROWS), "B1,2025-03-01,ann,cup,1,1,USD", header=HEADER + ",currency")
    upload = imported(make_upload(text))
    assert [(item["code"], item["lines"]) for item in upload.rejections] == [("other_currency", 1)]


def test_a_time_zone_decides_the_moment_and_the_shop_decides_the_day(settings: Any) -> None:
    settings.TIME_ZONE = "Europe/London"
    text = table("A1,2025-07-01 00:30:00,ann,cup,1,1", "A2,2025-03-30 01:30:00,ann,cup,1,1")
    imported(make_upload(text))
    with ledger.reading(current_version()) as connection:
        rows = connection.sql("SELECT ordered_at::VARCHAR, ordered_on::VARCHAR FROM lines ORDER BY line_no").fetchall()
    assert rows[0] == ("2025-06-30 23:30:00", "2025-07-01")
    assert rows[1][1] == "2025-03-30"  # the hour that the clocks leave out
