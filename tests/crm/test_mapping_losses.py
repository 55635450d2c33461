"""Amounts with a currency beside them, and files of which much would be set aside: those are never certain."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from django.core.management import CommandError, call_command

from core.models import Run
from crm.intake.values import number_sql
from crm.models import Upload
from crm.selectors.upload_list import certain_uploads
from crm.services import confirm_mapping
from tests.factories import do_run, make_upload, sniffed

HEADER = "order,date,customer,amount"


def lines(*amounts: str) -> str:
    return "\n".join([HEADER, *(f'A{n},2025-03-{n:02d},c{n},"{text}"' for n, text in enumerate(amounts, 1))]) + "\n"


def found_in(upload: Upload) -> dict[str, Any]:
    found: dict[str, Any] | None = upload.sniff
    assert found
    return found


def imported_as_it_is(upload: Upload) -> Upload:
    do_run(confirm_mapping(upload=upload, mapping=found_in(upload)["proposal"], by=None))
    upload.refresh_from_db()
    return upload


@pytest.mark.parametrize(
    ("text", "decimal", "currency", "number"),
    [
        ("12,50 €", ",", "EUR", "12.500000"),
        ("€ 1.234,50", ",", "EUR", "1234.500000"),
        ("$12", ".", "USD", "12.000000"),
        ("US$12", ".", "USD", "12.000000"),
        ("USD 12", ".", "USD", "12.000000"),
        ("12 CHF", ".", "CHF", "12.000000"),
        ("CHF -12.50", ".", "CHF", "-12.500000"),
        ("£12", ".", "CHF", "None"),
        ("£12", ".", "", "None"),
    ],
)
def test_only_the_own_currency_may_stand_beside_a_number(text: str, decimal: str, currency: str, number: str) -> None:
    row = (
        duckdb.connect().execute(f"SELECT {number_sql('t', decimal, currency)} FROM (SELECT ? AS t)", [text]).fetchone()
    )
    assert row
    assert str(row[0]) == number


@pytest.mark.django_db
def test_the_decimal_comma_is_seen_behind_the_sign(settings: Any) -> None:
    settings.REPORTING_CURRENCY = "EUR"
    upload = sniffed(make_upload(lines("12,50 €", "1.000,00 €", "3,20 €")))
    assert (upload.state, found_in(upload)["problems"]) == (Upload.State.SNIFFED, [])
    assert found_in(upload)["proposal"]["options"]["decimal"] == ","
    assert imported_as_it_is(upload).accepted == 3


@pytest.mark.django_db
def test_a_file_of_which_much_would_be_set_aside_waits_for_a_person() -> None:
    upload = sniffed(make_upload(lines("€1.00", "€2.00", "€3.00", "4.00")))
    assert upload.state == Upload.State.MAPPING
    (question,) = (item["question"] for item in found_in(upload)["uncertain"] if item["field"] == "file")
    assert question.startswith("3 of the first 4 lines would be set aside. The amount is missing or no plain number")
    assert not certain_uploads().exists()
    # Said to be right, it is imported as it is.
    assert (imported_as_it_is(upload).accepted, upload.rejected) == (1, 3)


@pytest.mark.django_db
def test_a_few_bad_lines_among_many_need_nobody() -> None:
    upload = sniffed(make_upload(lines("1.00", "2.00", "free", "4.00", "5.00")))
    assert upload.state == Upload.State.SNIFFED
    assert [item["lines"] for item in found_in(upload)["problems"]] == [1]


@pytest.mark.django_db
def test_the_command_does_not_take_such_a_file_blindly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # The command's jobs run in this process, which sees the test's rows.
    monkeypatch.setattr("core.commands.execute_or_wait", lambda run_id, **_: do_run(Run.objects.get(pk=run_id)))
    path = tmp_path / "orders.csv"
    path.write_text(lines("€1.00", "€2.00", "3.00"))
    with pytest.raises(CommandError) as error:
        call_command("ingest", str(path), as_json=True)
    assert error.value.returncode == 1
    said = json.loads(capsys.readouterr().out)["error"]
    assert said["code"] == "uncertain"
    assert [item["field"] for item in said["uncertain"]] == ["file"]
