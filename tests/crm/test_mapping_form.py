"""The mapping form: what it shows when a file is opened again, and what it says."""

from typing import Any

import pytest

from crm.forms import MappingForm
from crm.models import Upload
from tests.factories import imported, make_upload, sniffed, undone

pytestmark = pytest.mark.django_db
UNKNOWN = "wer;wann;was;wieviel\nann;02.01.2025;cup;4,50\n"
STATES = "order,date,customer,total,status,company\n" + "".join(
    f"{n},2025-03-{1 + n % 27:02d},c{n % 7},{10 + n}.00,{('refunded', 'paid')[n % 8 > 0]},{('North', 'South')[n % 2]}\n"
    for n in range(40)
)
POSTAGE = "order,date,customer,sku,quantity,price\n1,2025-03-14,ann,POST,1,4.00\n2,2025-03-14,ann,85123A,1,4.00\n"


def by_hand(upload: Upload) -> Upload:
    columns = {"customer_id": "wer", "ordered_at": "wann", "item_id": "was", "amount": "wieviel"}
    options = {"date_format": "31.12.2010", "decimal": ","}
    return imported(upload, {"kind": "transactions", "columns": columns, "options": options})


def form_of(text: str, **changes: Any) -> MappingForm:
    """The form as it is sent back, with some of its values changed."""
    upload = sniffed(make_upload(text))
    assert upload.sniff is not None
    shown = MappingForm(sniff=upload.sniff)
    data = {name: shown[name].value() for name in shown.fields}
    return MappingForm(
        {**{name: value for name, value in data.items() if value is not None}, **changes}, sniff=upload.sniff
    )


def said(text: str, **changes: Any) -> dict[str, Any]:
    form = form_of(text, **changes)
    assert form.is_valid(), form.errors
    return form.mapping()


def test_a_mapping_made_by_hand_is_there_when_its_file_is_opened_again() -> None:
    upload = undone(by_hand(make_upload(UNKNOWN)))
    assert upload.sniff is not None
    form = MappingForm(sniff=upload.sniff, confirmed=upload.mapping)
    assert form["column_3"].initial == "amount"
    assert form["date_format"].initial == "31.12.2010"
    assert form["decimal"].initial == ","


def test_a_file_that_nobody_mapped_shows_the_proposal_with_its_reasons() -> None:
    upload = sniffed(make_upload())
    assert upload.sniff is not None
    form = MappingForm(sniff=upload.sniff, confirmed=upload.mapping)
    row = next(row for row in form.rows() if row.name == "date")
    assert (row.field.initial, str(row.word), row.reason) == ("ordered_at", "Sure", "Its name says so.")
    assert row.profile["examples"][0].startswith("2025-01-0")
    assert [need["is_met"] for need in form.needs()] == [True, True]


def test_what_is_needed_is_said_as_either_or() -> None:
    upload = sniffed(make_upload(UNKNOWN))
    assert upload.sniff is not None
    needs = list(MappingForm(sniff={**upload.sniff, "proposal": {**upload.sniff["proposal"], "columns": {}}}).needs())
    assert needs[1] == {
        "label": "Either amount of the line, or quantity and unit price",
        "columns": [],
        "is_met": False,
    }


def test_the_form_sent_back_as_it_is_says_what_was_proposed() -> None:
    mapping = said(STATES)
    assert mapping["columns"]["company"] == "company"
    assert mapping["options"]["cancellation"] == {
        "column": "status",
        "values": ["refunded"],
        "effect": "leave_out",
    }
    assert not mapping["options"]["company"]
    assert mapping["options"]["non_merchandise"] is None


def test_one_company_and_other_signs_of_a_cancellation_can_be_chosen() -> None:
    options = said(STATES, company="North", cancellation="prefix", cancellation_prefix="R", name="Shop")["options"]
    assert (options["company"], options["cancellation"]) == ("North", {"prefix": "R"})


def test_codes_that_are_no_merchandise_can_be_added_and_taken_away() -> None:
    assert said(POSTAGE)["options"]["non_merchandise"] is None
    assert said(POSTAGE, services=[], more_services="GIFT, WRAP")["options"]["non_merchandise"] == ["GIFT", "WRAP"]
    assert said(POSTAGE, services=["POST"], more_services="GIFT")["options"]["non_merchandise"] == ["POST", "GIFT"]


def test_a_column_may_be_kept_beside_the_line() -> None:
    mapping = said(STATES, column_4="+")
    assert mapping["options"]["attributes"] == ["status"]


def test_two_columns_can_not_be_the_same_thing() -> None:
    form = form_of(STATES, column_4="amount")
    assert not form.is_valid()
    assert form.errors["column_4"] == ["“total” is the amount of the line already."]
