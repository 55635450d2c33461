"""What a person sees before and after a file is taken back."""

import pytest
from django.test import Client

from crm import ledger
from crm.ledger.leaving import Leaving
from crm.models import Upload
from crm.selectors import current_version
from segmentation.services import request_refresh
from tests.factories import CSV, PASSWORD, do_run, imported, make_upload, make_user, refreshed, undone

pytestmark = pytest.mark.django_db

HEADER = "order,date,customer,item,quantity,price\n"


@pytest.fixture
def marketer(client: Client) -> Client:
    client.login(username=make_user().username, password=PASSWORD)
    return client


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_customers_that_no_other_file_knows_vanish() -> None:
    first = imported(make_upload())
    second = imported(make_upload(HEADER + "B1,2025-01-09,bob,cup,1,1\nB2,2025-01-10,cid,cup,1,1\n"))
    version = current_version()
    assert ledger.what_leaves(version, first.pk).vanishing == 1  # ann
    assert ledger.what_leaves(version, second.pk).vanishing == 1  # cid


def test_lines_that_another_file_holds_stay_and_so_do_their_customers() -> None:
    first = imported(make_upload())
    imported(make_upload(CSV + "A3,2025-01-04,cid,cup,1,1.25\n"))
    leaving = ledger.what_leaves(current_version(), first.pk)
    assert (leaving.vanishing, leaving.staying) == (0, 2)


def test_what_takes_too_long_to_find_out_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    first = imported(make_upload())
    assert ledger.what_leaves(current_version(), 10**9) == Leaving(0, 0)

    def slow(*_: object) -> list[int]:
        import duckdb

        raise duckdb.InterruptException("the time is over")

    monkeypatch.setattr("crm.ledger.leaving._vanishing", slow)
    assert ledger.what_leaves(current_version(), first.pk) == Leaving(None, None)


def test_the_preview_says_what_goes_and_one_click_takes_it_back(marketer: Client) -> None:
    upload = imported(make_upload())
    text = text_of(marketer, f"/uploads/{upload.pk}/undo/")
    assert "What leaves every figure" in text
    assert "of the 2 in this file have no line in any other file" in text
    assert "This is the only file in the figures." in text
    answer = marketer.post(f"/uploads/{upload.pk}/undo/")
    assert answer.status_code == 302
    upload.refresh_from_db()
    assert upload.latest_run is not None
    do_run(upload.latest_run)
    upload.refresh_from_db()
    assert upload.state == Upload.State.UNDONE


def test_there_is_nothing_to_preview_of_a_file_that_is_not_in_the_figures(marketer: Client) -> None:
    upload = imported(make_upload(), publish=False)
    assert marketer.get(f"/uploads/{upload.pk}/undo/").status_code == 302


def test_until_they_are_computed_anew_pages_say_that_figures_are_of_before(marketer: Client) -> None:
    imported(make_upload())
    more = imported(make_upload(HEADER + "B1,2025-02-09,bob,cup,1,1\n", name="more.csv"))
    refresh = request_refresh(by=None)
    assert refresh is not None
    refreshed(refresh)
    for path in ("/", "/segments/", "/insiders/", "/customers/"):
        assert "still of before" not in text_of(marketer, path)
    undone(more)
    for path in ("/", "/segments/", "/insiders/", "/customers/"):
        text = text_of(marketer, path)
        assert "more.csv was taken back." in text
        assert "Figures on this page are still of before, as of 9 February 2025. They are being recomputed." in text
