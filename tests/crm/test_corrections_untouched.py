"""A download that comes back as it went completes nothing: what a line had too many or too few of is not guessed."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from crm.models import LedgerFile, Upload
from crm.reasons import REASONS
from crm.selectors import rejected_columns, rejected_examples
from tests.crm.correcting import assert_adds_up, brought, corrected, download, visible
from tests.crm.test_ledger_properties import fresh_ledger
from tests.factories import CSV, imported, make_upload

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]

# Line 3 lost the quotes around its price of 1,234.56; line 4 its price; line 5 has =7 and more beyond the last column.
ODD = "A3,2025-02-03,ann,cup,1,1,234.56\nA4,2025-02-04,ann,mug,1\nA5,2025-02-05,cid,pot,2,2.50,=7,,x\n"
BEYOND = "beyond_the_last_column"


def odd_file() -> Upload:
    return imported(make_upload(CSV + ODD, name="sales.csv"))


def codes(upload: Upload) -> dict[str, int]:
    return {item["code"]: item["lines"] for item in upload.rejections}


def test_the_download_keeps_what_stood_beyond_the_last_column() -> None:
    first = odd_file()
    header, rows = download(first)
    assert header[-2:] == [BEYOND, "insiders_upload"]
    assert [row[BEYOND] for row in rows] == ["234.56", "", "'=7,,x"]
    assert [row["neutralised"] for row in rows] == ["", "", BEYOND]
    assert rejected_columns(first)[-1] == "Beyond the last column"
    assert [row["fields"][-1] for row in rejected_examples(first)] == ["234.56", None, "=7,,x"]


def test_more_fields_than_can_be_kept_end_in_dots() -> None:
    many = ",".join(str(number) for number in range(20))
    first = imported(make_upload(CSV + f"A3,2025-02-03,ann,cup,1,1.00,{many}\n"))
    assert download(first)[1][0][BEYOND] == ",".join(str(number) for number in range(16)) + ",…"


def test_an_untouched_download_is_rejected_again_for_what_it_was() -> None:
    first = odd_file()
    before = visible()
    second = brought(download(first))
    assert_adds_up(first, second)
    assert (second.accepted, codes(second)) == (0, {"too_many_fields": 2, "too_few_fields": 1})
    assert (first.accepted, first.rejected, visible()) == (2, 3, before)
    again = download(second)
    assert [row[BEYOND] for row in again[1]] == ["234.56", "", "'=7,,x"]
    assert [row["line"] for row in again[1]] == ["3", "4", "5"]
    third = brought((again[0], [*reversed(again[1])]), "again.csv")
    assert (third.accepted, visible()) == (0, before)


def test_a_spreadsheets_way_to_write_a_number_is_no_correction() -> None:
    first = odd_file()
    second = brought(corrected(download(first), {3: {"price": "1.00"}, 5: {"price": "2.5", "quantity": " 2"}}))
    assert (second.accepted, second.rejected) == (0, 3)


def test_another_way_to_write_a_number_is_a_correction_where_that_was_what_was_wrong() -> None:
    first = imported(make_upload(CSV + "A3,2025-02-03,ann,cup,1.00000000000000000001,2\n"))
    assert list(codes(first)) == ["bad_quantity"]
    second = brought(corrected(download(first), {3: {"quantity": "1"}}))
    assert (second.accepted, second.rejected) == (1, 0)


def test_what_was_corrected_counts_and_the_column_beyond_is_dropped() -> None:
    first = odd_file()
    fixes = {3: {"price": "1234.56"}, 4: {"price": "2.00"}, 5: {BEYOND: ""}}
    second = brought(corrected(download(first), fixes))
    assert_adds_up(first, second)
    assert (second.accepted, first.rejected, first.rejections) == (3, 0, [])
    assert [row[-1] for row in visible() if row[1] > 2] == [Decimal("1234.56"), Decimal("2"), Decimal("5")]


def test_a_download_without_the_column_beyond_can_be_corrected() -> None:
    header, rows = corrected(download(odd_file()), {3: {"price": "1234.56"}})
    plain = [name for name in header if name != BEYOND]
    second = brought((plain, [{name: row[name] for name in plain} for row in rows]))
    assert (second.accepted, codes(second)) == (1, {"too_many_fields": 1, "too_few_fields": 1})


def test_the_files_of_a_correction_say_so_from_the_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []
    make = LedgerFile.objects.get_or_create

    def noting(**fields: Any) -> Any:
        made.append(fields["defaults"])
        return make(**fields)

    first = odd_file()
    table = corrected(download(first), {3: {"price": "1234.56"}})
    monkeypatch.setattr(LedgerFile.objects, "get_or_create", noting)
    second = brought(table)
    assert [(fields["upload"], fields["correction"]) for fields in made] == [(first, second)]


LINES = st.lists(
    st.lists(st.sampled_from(["A1", "2025-03-01", "2025-02-31", "", "=1+1", "1", "0.50", "x", "'", "ü"]), max_size=9),
    min_size=1,
    max_size=8,
)


@hypothesis_settings(max_examples=4, deadline=None, derandomize=True)
@given(LINES)
def test_an_untouched_download_completes_nothing(lines: list[list[str]]) -> None:
    text = CSV + "".join(f"{','.join(line)}\n" for line in lines if line)
    with fresh_ledger():
        first = imported(make_upload(text))
        if not first.rejected:
            return
        before = visible()
        second = brought(download(first))
        assert (second.accepted, second.rejected) == (0, first.rejected)
        assert codes(second) == codes(Upload.objects.get(pk=first.pk))
        assert codes(second).keys() <= REASONS.keys()
        assert visible() == before
