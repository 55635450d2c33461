"""What a person chooses in the mapping step does in the ledger what it says."""

from typing import Any

import pytest

from crm import ledger
from crm.models import Customer, Upload
from crm.selectors import current_version
from crm.services import confirm_mapping
from tests.factories import do_run, make_upload, sniffed

pytestmark = pytest.mark.django_db
SALES = """order,date,customer,sku,quantity,price,status,company
1,2025-03-14,12,CUP,2,4.00,paid,North
2,2025-03-15,0012,POST,1,3.00,paid,North
3,2025-03-16,12.0,CUP,1,4.00,refunded,South
4,2025-03-17,Ann,BOWL,1,9.00,paid,South
5,2025-03-18,ann,WRAP,1,1.00,paid,North
"""


def brought(**options: Any) -> Upload:
    upload = sniffed(make_upload(SALES))
    do_run(confirm_mapping(upload=upload, mapping={"options": options}, by=None))
    upload.refresh_from_db()
    assert upload.state == Upload.State.PUBLISHED, upload.error
    return upload


def lines(columns: str) -> list[tuple[Any, ...]]:
    with ledger.reading(current_version()) as connection:
        return connection.execute(f"SELECT {columns} FROM lines ORDER BY line_no").fetchall()


RULE = {"column": "status", "values": ["refunded"]}


def test_a_sale_that_a_column_calls_refunded_counts_nowhere() -> None:
    upload = brought()
    assert (upload.accepted, str(upload.gross_revenue), str(upload.returned_value)) == (4, "21.000000", "0.000000")
    assert [(item["code"], item["lines"]) for item in upload.rejections] == [("cancelled_sale", 1)]


def test_a_line_that_takes_a_sale_back_is_subtracted() -> None:
    upload = brought(cancellation={**RULE, "effect": "take_back"})
    assert (upload.accepted, str(upload.gross_revenue), str(upload.returned_value)) == (5, "21.000000", "4.000000")
    assert [order for order, is_back in lines("order_id, is_cancellation") if is_back] == ["3"]


def test_negative_amounts_alone_take_back_when_so_chosen() -> None:
    upload = brought(cancellation="negative")
    assert (str(upload.gross_revenue), str(upload.returned_value)) == ("25.000000", "0.000000")


def test_only_the_company_that_was_chosen_comes_in() -> None:
    upload = brought(company="North")
    assert (upload.accepted, upload.rejected, upload.lines) == (3, 0, 3)
    assert {company for (company,) in lines("company")} == {"North"}
    assert {"code": "other_company", "lines": 2} in upload.warnings


def test_codes_that_were_named_are_no_merchandise() -> None:
    brought(non_merchandise=["wrap"])
    assert [sku for sku, is_goods in lines("item_id, is_merchandise") if not is_goods] == ["WRAP"]


def test_the_usual_codes_are_no_merchandise_when_nobody_says() -> None:
    brought()
    assert [sku for sku, is_goods in lines("item_id, is_merchandise") if not is_goods] == ["POST"]


@pytest.mark.parametrize(
    ("ids", "people"), [("as_written", {"12", "0012", "12.0", "Ann", "ann"}), ("alike", {"12", "ann"})]
)
def test_ids_written_in_several_ways_are_one_customer_when_so_chosen(ids: str, people: set[str]) -> None:
    upload = brought(customer_ids=ids, cancellation="negative")
    assert set(Customer.objects.values_list("external_id", flat=True)) == people
    assert upload.customers == len(people)


@pytest.mark.parametrize(
    ("format", "first", "day"),
    [
        ("Excel serial number", "45730.25", "2025-03-14 06:00:00"),
        ("Unix seconds", "1741932000", "2025-03-14 06:00:00"),
        ("Unix milliseconds", "1741932000000", "2025-03-14 06:00:00"),
        ("31 Dec 2010", "14 Mar 2025", "2025-03-14 00:00:00"),
        ("Dec 31, 2010", '"Mar 14, 2025"', "2025-03-14 00:00:00"),
    ],
)
def test_dates_are_read_as_chosen(format: str, first: str, day: str) -> None:
    upload = sniffed(make_upload(f"date,customer,amount\n{first},ann,4.50\n"))
    assert upload.sniff
    assert upload.sniff["proposal"]["options"]["date_format"] == format
    do_run(confirm_mapping(upload=upload, mapping={"options": {"date_format": format}}, by=None))
    assert lines("ordered_at::VARCHAR") == [(day,)]
