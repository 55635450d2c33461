"""The list of files: what waits for a word on top, filters, and one click for all that is certain."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.models import Run
from crm.models import Upload
from crm.selectors.upload_list import certain_uploads, waiting_uploads
from crm.services.certain import confirm_certain
from tests.crm.tus import make_partial
from tests.factories import CSV, imported, make_upload, make_user, sniffed

pytestmark = pytest.mark.django_db
# 3/4 and 5/6 may be read month or day first: that is asked, never guessed.
ASKED = "order,date,customer,item,quantity,price\nQ1,03/04/2025,ann,cup,2,4.50\nQ2,05/06/2025,bob,cup,1,4.50\n"


@pytest.fixture
def reader(client: Client) -> Client:
    client.force_login(make_user("marketer", username="mia"))
    return client


def certain(number: int) -> Upload:
    return sniffed(make_upload(CSV.replace("A1", f"N{number}"), name=f"certain-{number}.csv"))


def test_questions_come_before_what_only_has_to_be_confirmed(reader: Client) -> None:
    asked, sure = sniffed(make_upload(ASKED, name="asked.csv")), certain(1)
    imported(make_upload())
    assert list(waiting_uploads()) == [asked, sure]
    page = reader.get("/uploads/").content.decode()
    assert page.index("Waiting for your decision") < page.index("asked.csv") < page.index("certain-1.csv")
    assert "Import the one that is certain" in page


def test_one_click_imports_all_that_are_certain_and_nothing_else(reader: Client) -> None:
    asked, sure = sniffed(make_upload(ASKED)), [certain(1), certain(2)]
    answer = reader.post("/uploads/confirm-certain/", follow=True)
    assert "2 files are being imported." in answer.content.decode()
    assert {upload.pk for upload in Upload.objects.filter(state="importing")} == {upload.pk for upload in sure}
    assert Upload.objects.get(pk=asked.pk).state == "mapping"
    assert Run.objects.filter(kind="crm.ingest").count() == 2
    assert not certain_uploads().exists()


def test_a_second_click_asks_for_nothing_twice(reader: Client) -> None:
    certain(1)
    confirm_certain(by=None)
    assert confirm_certain(by=None).runs == []
    assert "Nothing is certain" in reader.post("/uploads/confirm-certain/", follow=True).content.decode()


def test_a_file_that_is_being_read_waits_for_nobody() -> None:
    upload = certain(1)
    assert upload.latest_run is not None
    Run.objects.filter(pk=upload.latest_run.pk).update(state=Run.State.PENDING, finished_at=None)
    assert not waiting_uploads().exists()


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", {"asked.csv", "certain-1.csv", "sales.csv"}),
        ("?state=waiting", {"asked.csv", "certain-1.csv"}),
        ("?state=published", {"sales.csv"}),
        ("?state=failed", set()),
        ("?name=CERT", {"certain-1.csv"}),
        ("?kind=transactions&state=waiting&name=asked", {"asked.csv"}),
        ("?kind=events", set()),
        ("?state=nonsense&kind=x", {"asked.csv", "certain-1.csv", "sales.csv"}),
    ],
)
def test_files_are_found_by_state_kind_and_name(reader: Client, query: str, names: set[str]) -> None:
    sniffed(make_upload(ASKED, name="asked.csv"))
    certain(1)
    imported(make_upload())
    rows = reader.get(f"/uploads/{query}").context["page"].rows
    assert {upload.file_name for upload in rows} == names


def test_an_empty_filter_says_how_to_see_all_again(reader: Client) -> None:
    make_upload()
    page = reader.get("/uploads/?name=nothing").content.decode()
    assert "No file fits this filter." in page
    assert "Show all files" in page


def test_unfinished_files_are_shown_to_their_owner_alone(reader: Client) -> None:
    mine = make_partial(b"1234", size=16)
    mine.owner.__class__.objects.filter(pk=mine.owner_id).update(username="other")
    assert "25 % has arrived" not in reader.get("/uploads/").content.decode()
    reader.force_login(mine.owner)
    assert "25 % has arrived" in reader.get("/uploads/").content.decode()


def test_a_longer_list_asks_the_database_no_more(reader: Client, django_assert_max_num_queries: Any) -> None:
    for number in range(5):
        make_upload(CSV.replace("A1", f"N{number}"), by=make_user())
    with CaptureQueriesContext(connection) as few:
        reader.get("/uploads/")
    for number in range(5, 20):
        make_upload(CSV.replace("A1", f"N{number}"), by=make_user())
    with django_assert_max_num_queries(len(few)):
        reader.get("/uploads/")
