"""The members list: sorted, filtered, of any past day, noted on, pinned, kept as views, exported."""

import io
import zipfile
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest
import python_calamine
from django.test import Client
from django.urls import reverse

from core.problems import Problem
from core.workbooks import write_workbook
from crm.models import Customer
from loyalty.exports import member_rows
from loyalty.models import BulkAction, MemberNote, Pin, SavedView
from loyalty.selectors.members import SORTS, Filters, members
from loyalty.selectors.past import members_on, replayed_on
from loyalty.selectors.standing import default_programme
from loyalty.services import act_on_many, set_texts, undo_bulk
from segmentation.selectors import current_snapshot
from tests.factories import make_rules, make_user, reviewed
from tests.loyalty.test_review import JULY, MAY, ORDERS
from tests.loyalty.world import publish_scores

pytestmark = pytest.mark.django_db
AUGUST = date(2025, 8, 31)


@pytest.fixture
def manager(client: Client) -> Client:
    client.force_login(make_user("manager"))
    return client


@pytest.fixture
def three_reviews() -> None:
    """1 and 2 join in May; in July 1 is warned and 3 joins; in October 1 leaves."""
    make_rules()
    for day, orders in ((MAY, ORDERS), (JULY, {1: 2, 2: 6, 3: 9, 4: 1}), (date(2025, 10, 1), {1: 2, 2: 6, 3: 9, 4: 1})):
        publish_scores(day, orders)
        reviewed()


def keys(filters: Filters) -> list[int]:
    page = members(default_programme(), current_snapshot(), filters)
    return [member.customer_id for member in page.members]


def test_every_past_days_list_is_what_the_book_tells(three_reviews: None) -> None:
    programme = default_programme()
    days = [MAY - timedelta(days=1), MAY, JULY - timedelta(days=1), JULY, AUGUST, date(2025, 10, 1), date(2026, 1, 1)]
    found = [sorted(replayed_on(programme, day)) for day in days]
    assert found == [[], [1, 2], [1, 2], [1, 2, 3], [1, 2, 3], [2, 3], [2, 3]]
    for day in days:
        told = replayed_on(programme, day)
        rows = {row.customer_id: row.entered_on for row in members_on(programme, day)}
        assert rows == {key: standing.entered_on for key, standing in told.items()}
        shown = members(programme, current_snapshot(), Filters(day=day)).members
        assert {row.customer_id: row.grace_until for row in shown} == {
            key: standing.grace_until for key, standing in told.items()
        }


def test_a_past_day_shows_the_figures_and_reasons_of_that_time(manager: Client, three_reviews: None) -> None:
    page = members(default_programme(), current_snapshot(), Filters(day=MAY)).members
    first = next(row for row in page if row.customer_id == 1)
    assert first.figures["orders_12m"] == 9
    assert first.reason.startswith("Joined on 31 May 2025: 9 orders")
    text = manager.get(reverse("loyalty:insiders"), {"day": "2025-06-15"}).content.decode()
    assert "Members at the end of 15 June 2025" in text
    assert ">c1<" in text
    lines = b"".join(
        manager.get(reverse("loyalty:members-csv"), {"day": "2025-06-15", "column": ["customer_id", "as_of"]})
    )
    assert lines.decode().splitlines() == ["customer_id,as_of", "c1,2025-05-31", "c2,2025-05-31"]


def test_the_list_is_filtered_by_what_people_look_for(three_reviews: None) -> None:
    programme, manager = default_programme(), make_user("manager")
    act_on_many(programme=programme, keys=[2], kind="note", text="Call her", by=manager)
    act_on_many(programme=programme, keys=[3], kind="pin_in", text="A friend", by=manager)
    assert keys(Filters(status="noted")) == [2]
    assert keys(Filters(status="pinned")) == [3]
    assert keys(Filters(status="warned", day=AUGUST)) == [1]
    assert keys(Filters(status="new", day=AUGUST)) == [3]
    assert keys(Filters(q="C2")) == [2]


@pytest.mark.parametrize("ordering", sorted(SORTS))
def test_pages_in_every_order_meet_without_gap_or_repeat(ordering: str) -> None:
    make_rules()
    publish_scores(MAY, {key: 6 + key % 3 for key in range(1, 12)})
    reviewed()
    seen: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        page = members(default_programme(), current_snapshot(), Filters(ordering=ordering), cursor=cursor, size=4)
        seen += [member.customer_id for member in page.members]
        cursor = page.next
    assert sorted(seen) == list(range(1, 12))
    if ordering == "-revenue":
        assert [6 + key % 3 for key in seen] == sorted((6 + key % 3 for key in seen), reverse=True)


def test_notes_pins_and_views_are_kept_on_the_page(manager: Client, three_reviews: None) -> None:
    url = reverse("loyalty:member-detail", kwargs={"pk": 2})
    manager.post(reverse("loyalty:member-note", kwargs={"pk": 2}), {"text": "Asked for a catalogue"})
    manager.post(reverse("loyalty:member-pin", kwargs={"pk": 2}), {"kind": "in", "reason": "Our oldest customer"})
    text = manager.get(url).content.decode()
    assert "Asked for a catalogue" in text
    assert "Our oldest customer" in text
    assert "version 1" in text
    manager.post(reverse("loyalty:pin-end", kwargs={"pk": Pin.objects.get().pk}))
    manager.post(reverse("loyalty:note-remove", kwargs={"pk": MemberNote.objects.get().pk}))
    text = manager.get(url).content.decode()
    assert "Our oldest customer" not in text
    assert "Asked for a catalogue" not in text
    fields = {"name": "Warned in summer", "query": "status=warned&day=2025-08-31&evil=1"}
    manager.post(reverse("loyalty:view-save"), fields)
    view = SavedView.objects.get()
    assert view.query == "status=warned&day=2025-08-31"
    page = manager.get(reverse("loyalty:insiders")).content.decode()
    assert "Warned in summer" in page
    assert ">c1<" in manager.get(f"{reverse('loyalty:insiders')}?{view.query}").content.decode()


def test_what_was_done_to_many_is_undone_at_once(manager: Client, three_reviews: None) -> None:
    url = reverse("loyalty:members-bulk")
    manager.post(url, {"kind": "note", "text": "Invited", "scope": "all", "query": "q=c"})
    assert set(MemberNote.objects.values_list("customer_id", flat=True)) == {2, 3}
    manager.post(url, {"kind": "pin_out", "text": "Closed account", "scope": "ticked", "member": ["2"], "query": ""})
    assert Pin.objects.get().customer_id == 2
    again = {"kind": "pin_in", "text": "Back", "scope": "ticked", "member": ["2", "3"], "query": ""}
    page = manager.post(url, again, follow=True).content.decode()
    assert "Pinned in: 1 customers." in page
    assert "1 were left as they are: pinned already" in page
    for action in BulkAction.objects.all():
        manager.post(reverse("loyalty:bulk-undo", kwargs={"pk": action.pk}))
    assert not MemberNote.objects.exists()
    assert not Pin.objects.filter(ended_at=None).exists()
    with pytest.raises(Problem, match="already undone"):
        undo_bulk(action=BulkAction.objects.all()[0], by=make_user("manager"))


def test_a_marketer_notes_but_does_not_pin(client: Client, three_reviews: None) -> None:
    client.force_login(make_user("marketer"))
    url = reverse("loyalty:members-bulk")
    answer = client.post(
        url, {"kind": "pin_in", "text": "x", "scope": "ticked", "member": ["2"], "query": ""}, follow=True
    )
    assert "Only managers and administrators pin members" in answer.content.decode()
    assert not Pin.objects.exists()


def test_texts_are_filled_in_for_each_member_and_nothing_else(manager: Client, three_reviews: None) -> None:
    programme = default_programme()
    with pytest.raises(Problem, match="no place called"):
        set_texts(programme=programme, texts={"member": "Hello {nmae}"}, by=make_user("manager"))
    Customer.objects.filter(pk=2).update(external_id="{revenue}")
    fields = {"member": "Dear {customer_id}, a member since {member_since}: {orders_12m} orders."}
    assert (
        "12 orders" not in manager.post(reverse("loyalty:message-texts"), {**fields, "preview": "1"}).content.decode()
    )
    manager.post(reverse("loyalty:message-texts"), fields)
    rows = list(member_rows(programme, current_snapshot(), Filters(), ["message"]))
    assert rows == [
        ["Dear {revenue}, a member since 31 May 2025: 6 orders."],
        ["Dear c3, a member since 31 July 2025: 9 orders."],
    ]


def test_a_workbook_opens_with_numbers_days_and_texts_that_nobody_calculates(
    manager: Client, three_reviews: None
) -> None:
    Customer.objects.filter(pk=2).update(external_id="=1+2")
    url = reverse("loyalty:members-xlsx")
    answer = manager.get(url, {"column": ["customer_id", "member_since", "revenue_12m"]})
    rows = sheet(b"".join(answer.streaming_content))  # type: ignore[attr-defined]
    assert rows == [
        ["customer_id", "member_since", "revenue_12m"],
        ["'=1+2", "45808", "600.000000"],
        ["c3", "45869", "900.000000"],
    ]


def sheet(content: bytes) -> list[list[str]]:
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        assert package.testzip() is None
        root = ElementTree.fromstring(package.read("xl/worksheets/sheet1.xml"))
    return [["".join(cell.itertext()) for cell in row] for row in root.iter(f"{space}row")]


def test_a_workbook_holds_any_text_and_no_cell_that_is_no_number() -> None:
    target = io.BytesIO()
    rows: list[list[Any]] = [
        ["\x00<&>", 1],
        ["=1+1", float("nan")],
        ["a" * 40_000, Decimal("-1.50")],
        [None, date(2025, 1, 1)],
    ]
    write_workbook(target, "A/B", ["=a", "b"], rows)
    found = python_calamine.load_workbook(io.BytesIO(target.getvalue())).get_sheet_by_index(0).to_python()
    texts, others = zip(*found, strict=True)
    assert texts[0] == "'=a"
    assert texts[1].endswith("<&>")
    assert (texts[2], len(texts[3]), texts[4]) == ("'=1+1", 32_767, "")
    assert others == ("b", 1.0, "", -1.5, date(2025, 1, 1))
