"""What a person sees before and after a file is taken back."""

import re
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from django.test import Client

from crm import ledger
from crm.ledger.leaving import Leaving, Sum
from crm.models import Upload
from crm.selectors import current_version
from crm.services import redo_upload
from segmentation.services import request_refresh
from tests.crm.correcting import FIXES, brought, corrected, download, first_file
from tests.crm.kind_files import ISO
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
    assert ledger.what_leaves(version, first).vanishing == 1  # ann
    assert ledger.what_leaves(version, second).vanishing == 1  # cid


def going(upload: Upload) -> Sum:
    found = ledger.what_leaves(current_version(), upload).going
    assert found is not None
    return found


def figures() -> Sum:
    """What the ledger as it is comes to."""
    with ledger.reading(current_version()) as connection:
        row = connection.execute(
            """SELECT count(*), count(DISTINCT order_key), coalesce(sum(amount) FILTER (amount > 0), 0),
            coalesce(-sum(amount) FILTER (amount < 0), 0) FROM lines"""
        ).fetchone()
    assert row is not None
    return Sum(*row)


def difference(before: Sum, after: Sum) -> Sum:
    return Sum(
        before.lines - after.lines,
        before.orders - after.orders,
        before.gross_revenue - after.gross_revenue,
        before.returned_value - after.returned_value,
    )


def test_nothing_leaves_with_a_file_whose_lines_another_one_holds(marketer: Client) -> None:
    first = imported(make_upload())
    imported(make_upload(CSV + "A3,2025-01-04,cid,cup,1,1.25\n"))
    leaving = ledger.what_leaves(current_version(), first)
    assert (leaving.vanishing, leaving.counting.lines, leaving.going) == (0, 2, Sum())
    text = text_of(marketer, f"/uploads/{first.pk}/undo/")
    assert "Nothing: every line of this file that counts is held by another file too" in text
    assert "0<small>of the file's 2 that count; 2 stay: other files hold them too" in text
    assert re.search(r">0\.00 GBP</data><small>of the file's <data[^>]*>13\.50 GBP</data></small>", text)


def test_a_line_that_two_other_files_hold_stays_once() -> None:
    shared = "".join(f"S{n},2025-01-{n:02d},ann,cup,1,2.00\n" for n in range(1, 31))
    files = [imported(make_upload(f"{HEADER}{shared}{own},2025-01-09,{own},mug,3,1.50\n")) for own in ("X", "Y", "Z")]
    for file in files:
        before, expected = figures(), going(file)
        assert (expected.lines, expected.orders, expected.gross_revenue) == (1, 1, Decimal("4.50"))
        undone(file)
        assert difference(before, figures()) == expected
        do_run(redo_upload(upload=Upload.objects.get(pk=file.pk), by=None))


def test_of_equal_lines_as_many_stay_as_another_file_holds() -> None:
    twice = "T1,2025-01-05,ann,cup,1,2.00\n" * 2
    first = imported(make_upload(HEADER + twice + "T2,2025-01-05,ann,cup,-1,2.00\n"))
    imported(make_upload(HEADER + "T1,2025-01-05,ann,cup,1,2.00\nT3,2025-01-06,bob,cup,1,2.00\n"))
    before, expected = figures(), going(first)
    assert expected == Sum(2, 1, Decimal(2), Decimal(2))  # T1 lives on in the other file
    undone(first)
    assert difference(before, figures()) == expected


def test_purchases_among_events_come_back_in_the_place_of_the_shops_lines() -> None:
    mapping: dict[str, Any] = {
        "kind": "events",
        "columns": {
            name: name for name in ("session_id", "user_id", "occurred_at", "kind", "item_id", "price", "order_id")
        },
        "options": ISO,
    }
    rows = "s1,ann,2025-01-02 10:04:13,purchase,cup,4.50,A1\ns2,ann,2025-01-02 18:00:00,purchase,cup,4.50,A7\n"
    imported(make_upload(",".join(mapping["columns"]) + "\n" + rows, name="events.csv"), mapping)
    shop = imported(make_upload())
    before, expected = figures(), going(shop)
    assert (expected.lines, expected.orders) == (1, 1)  # A1 is told by the event; A2 is not
    undone(shop)
    after = figures()
    assert (before.lines - after.lines, before.orders - after.orders) == (1, 1)


def test_a_correction_takes_its_own_lines_back_and_no_more() -> None:
    first = first_file()
    fixed = brought(corrected(download(first), FIXES))
    assert fixed.completes_id == first.pk
    before, expected = figures(), going(fixed)
    assert expected.lines == 3
    undone(fixed)
    assert difference(before, figures()) == expected


def test_what_takes_too_long_to_find_out_is_left_out(marketer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    first = imported(make_upload())
    imported(make_upload(CSV + "A3,2025-01-04,cid,cup,1,1.25\n"))
    assert ledger.what_leaves(current_version(), Upload(pk=10**9)) == Leaving(going=Sum(), vanishing=0)

    def slow(*_: object) -> list[int]:
        raise duckdb.InterruptException("the time is over")

    monkeypatch.setattr("crm.ledger.leaving._going", slow)
    leaving = ledger.what_leaves(current_version(), first)
    assert (leaving.going, leaving.vanishing) == (None, 0)
    text = text_of(marketer, f"/uploads/{first.pk}/undo/")
    assert "At most what stands here" in text
    assert re.search(r"up to <data[^>]*>13\.50 GBP</data>", text)
    monkeypatch.setattr("crm.ledger.leaving._vanishing", slow)
    leaving = ledger.what_leaves(current_version(), first)
    assert (leaving.going, leaving.vanishing, leaving.counting.lines) == (None, None, 2)


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
