"""The mapping form: what it shows when a file is opened again."""

import pytest

from crm.forms import MappingForm
from crm.models import Upload
from tests.factories import imported, make_upload, sniffed, undone

pytestmark = pytest.mark.django_db
UNKNOWN = "wer;wann;was;wieviel\nann;02.01.2025;cup;4,50\n"


def by_hand(upload: Upload) -> Upload:
    columns = {"customer_id": "wer", "ordered_at": "wann", "item_id": "was", "amount": "wieviel"}
    options = {"date_format": "31.12.2010", "decimal": ","}
    return imported(upload, {"kind": "transactions", "columns": columns, "options": options})


def test_a_mapping_made_by_hand_is_there_when_its_file_is_opened_again() -> None:
    upload = undone(by_hand(make_upload(UNKNOWN)))
    assert upload.sniff is not None
    form = MappingForm(sniff=upload.sniff, confirmed=upload.mapping)
    assert form["column_amount"].initial == "wieviel"
    assert form["date_format"].initial == "31.12.2010"
    assert form["decimal"].initial == ","


def test_a_file_that_nobody_mapped_shows_the_proposal() -> None:
    upload = sniffed(make_upload())
    assert upload.sniff is not None
    assert MappingForm(sniff=upload.sniff, confirmed=upload.mapping)["column_ordered_at"].initial == "date"


def test_only_the_date_is_asked_of_every_file() -> None:
    upload = sniffed(make_upload())
    assert upload.sniff is not None
    form = MappingForm(sniff=upload.sniff)
    assert [field.name for field in form.column_fields() if field.field.required] == ["column_ordered_at"]
