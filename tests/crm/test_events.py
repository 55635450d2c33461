"""Files of website events: exact, rejected with a reason, their purchases counted once, taken back, incremental."""

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from crm import invariants, ledger
from crm.forms import MappingForm
from crm.ledger import EventFilter, event_page
from crm.models import CatalogueEntry, Customer, Upload
from crm.selectors import current_version, has_lines, rejected_csv, upload_summary
from crm.services import confirm_mapping, redo_upload
from tests.crm.kind_files import EVENT_HEADER, EVENTS, bring_events
from tests.factories import do_run, imported, make_upload, sniffed, undone

pytestmark = pytest.mark.django_db
HEADER = "order,date,customer,item,quantity,price\n"
ORDERS = HEADER + "A1,2025-01-02 10:05:00,ann,cup,1,4.50\nA2,2025-01-05 11:00:00,bob,tea,1,2.00\n"


def lines() -> list[tuple[Any, ...]]:
    """What counts as bought: customer, order, item, amount."""
    with ledger.reading(current_version()) as connection:
        found = connection.execute("SELECT customer_key, order_id, item_id, amount FROM lines").fetchall()
    names = dict(Customer.objects.values_list("pk", "external_id"))
    return sorted((names.get(key, ""), order or "", item, str(amount)) for key, order, item, amount in found)


def counted() -> Counter[str]:
    return Counter(
        f"{row['session_id']} {row['kind']} {row['page']}" for row in event_page(current_version(), EventFilter())
    )


def whole() -> bool:
    checks = (
        invariants.uploads_add_up,
        invariants.no_line_counts_twice,
        invariants.only_published_uploads_are_visible,
        invariants.files_and_rows_belong_together,
    )
    return [detail for ok, detail in (check() for check in checks) if not ok] == []


# --- one file ---


def test_events_come_in_exactly_and_purchases_count() -> None:
    upload = bring_events()
    assert (upload.kind, upload.state) == ("events", Upload.State.PUBLISHED)
    assert (upload.lines, upload.accepted, upload.rejected, upload.duplicates) == (5, 5, 0, 0)
    summary = upload_summary(upload)
    assert (summary["gross_revenue"], summary["returned_value"], summary["revenue"]) == ("11.75", "0.00", "11.75")
    assert (upload.customers, upload.orders) == (2, 2)
    assert lines() == [("", "", "mug", "7.250000"), ("ann", "", "cup", "4.500000")]
    first = event_page(current_version(), EventFilter())[0]
    assert (first["latency_ms"], first["clicks"], first["converted"]) == (Decimal("120.5"), 3, False)
    assert whole()


def test_rows_never_hold_the_outside_id() -> None:
    bring_events()
    with ledger.reading(current_version()) as connection:
        stored = str(
            connection.execute("SELECT * FROM events").fetchall() + connection.execute("SELECT * FROM lines").fetchall()
        )
    assert "ann" not in stored
    assert "bob" not in stored


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("s1,ann,,/,view,,,no,1,1,x", "missing_date"),
        ("s1,ann,2025-13-01 10:00:00,/,view,,,no,1,1,x", "bad_date"),
        (",,2025-01-02 10:00:00,/,view,,,no,1,1,x", "missing_visitor"),
        ("s1,ann,2025-01-02 10:00:00,/,view,,,perhaps,1,1,x", "bad_flag"),
        ("s1,ann,2025-01-02 10:00:00,/,view,,,no,-1,1,x", "bad_number"),
        ("s1,ann,2025-01-02 10:00:00,/,view,,,no,1,1.5,x", "bad_number"),
        ("s1,ann,2025-01-02 10:00:00,/,view,cup,1_000,no,1,1,x", "bad_number"),
        ("s1,ann,2025-01-02 10:00:00,/,view,cup,0.0000001,no,1,1,x", "bad_number"),
    ],
)
def test_what_can_not_be_used_is_rejected_with_its_reason(row: str, reason: str) -> None:
    upload = bring_events(f"{EVENTS}{row}\n")
    assert (upload.accepted, upload.rejected) == (5, 1)
    assert [(item["code"], item["first_line"]) for item in upload.rejections] == [(reason, 6)]
    assert upload.rejections[0]["sentence"]


def test_warnings_say_what_deserves_a_look() -> None:
    upload = bring_events(EVENTS + "s3,bob,2025-01-05 10:00:00,/,purchase,,,yes,1,1,x\n")
    found = {item["code"]: item["lines"] for item in upload.warnings}
    assert found["purchase_events"] == 2
    assert found["unpriced_purchases"] == 1
    assert found["anonymous_events"] == 1
    assert "guest_lines" not in found


@pytest.mark.parametrize("kind", ["Purchase", "transaction", "ORDER", "buy", "conversion"])
def test_the_moment_of_buying_has_many_names(kind: str) -> None:
    bring_events(EVENT_HEADER + f"s1,ann,2025-01-02 10:00:00,/,{kind},cup,4.50,yes,1,1,x\n")
    assert lines() == [("ann", "", "cup", "4.500000")]


def test_views_and_carts_are_no_purchases_and_a_file_of_them_leaves_no_lines() -> None:
    upload = bring_events(
        EVENT_HEADER
        + "".join(
            f"s1,ann,2025-01-02 10:00:0{i},/,{kind},cup,4.50,no,1,1,x\n"
            for i, kind in enumerate(("view", "cart", "remove_from_cart"))
        )
    )
    assert (upload.accepted, str(upload.net_revenue)) == (3, "0.000000")
    assert not has_lines()
    assert whole()


def test_visits_without_an_id_are_a_visitor_and_a_day() -> None:
    bring_events()
    bob = Customer.objects.get(external_id="bob")
    found = event_page(current_version(), EventFilter(customer_key=bob.pk))
    assert [row["session_key"] for row in found] == [f"{bob.pk}@2025-01-04"]


def test_purchases_can_be_left_out_on_wish() -> None:
    upload = bring_events(purchases="ignore")
    assert (upload.accepted, str(upload.gross_revenue)) == (5, "0.000000")
    assert lines() == []


# --- several files ---


def test_the_same_events_in_another_order_add_nothing() -> None:
    bring_events()
    header, *rows = EVENTS.splitlines()
    again = bring_events("\n".join([header, *reversed(rows)]) + "\n")
    assert (again.accepted, again.duplicates, str(again.gross_revenue)) == (0, 5, "0.000000")
    assert len(lines()) == 2
    assert whole()


def test_overlapping_exports_add_what_is_new_and_undo_keeps_what_the_other_holds() -> None:
    first = bring_events()
    new = "s9,ann,2025-01-04 12:00:00,/checkout,purchase,jug,3.00,yes,1,1,x\n"
    second = bring_events(EVENTS + new)
    assert (second.accepted, second.duplicates, str(second.gross_revenue)) == (1, 5, "3.000000")
    before = counted()
    undone(first)
    second.refresh_from_db()
    assert (second.accepted, second.duplicates, str(second.gross_revenue)) == (6, 0, "14.750000")
    assert counted() == before
    assert len(lines()) == 3
    assert whole()


@pytest.mark.parametrize("is_shop_first", [True, False])
def test_a_purchase_that_a_purchase_file_holds_counts_once_whichever_came_first(is_shop_first: bool) -> None:
    if is_shop_first:
        shop = imported(make_upload(ORDERS))
        site = bring_events()
    else:
        site = bring_events()
        shop = imported(make_upload(ORDERS))
    expected = [("", "", "mug", "7.250000"), ("ann", "A1", "cup", "4.500000"), ("bob", "A2", "tea", "2.000000")]
    assert lines() == expected
    site.refresh_from_db()
    shop.refresh_from_db()
    assert (site.accepted, site.duplicates, str(site.gross_revenue)) == (5, 0, "7.250000")
    assert (shop.accepted, shop.duplicates, str(shop.gross_revenue)) == (2, 0, "6.500000")
    assert whole()
    undone(shop)
    site.refresh_from_db()
    assert str(site.gross_revenue) == "11.750000"
    assert lines() == [("", "", "mug", "7.250000"), ("ann", "", "cup", "4.500000")]
    assert whole()


def test_an_order_number_tells_the_same_purchase_whatever_the_clocks_say() -> None:
    imported(make_upload(ORDERS))
    header = "session_id,user_id,occurred_at,kind,item_id,price,order_id\n"
    columns = {name: name for name in header.strip().split(",")}
    mapping = {"kind": "events", "columns": columns, "options": {"date_format": "2010-12-31 (ISO)", "time_zone": "UTC"}}
    rows = "s1,ann,2025-01-02 10:04:13,purchase,cup,4.50,A1\ns2,ann,2025-01-02 18:00:00,purchase,cup,4.50,A7\n"
    site = imported(make_upload(header + rows), mapping)
    assert str(site.gross_revenue) == "4.500000"
    assert [line[1] for line in lines()] == ["A1", "A7", "A2"]
    assert whole()


def test_events_and_purchases_are_swept_with_their_upload() -> None:
    upload = undone(bring_events())
    assert upload.state == Upload.State.UNDONE
    assert counted() == Counter()
    assert lines() == []
    assert not CatalogueEntry.objects.filter(version=current_version()).exists()
    assert whole()


def test_the_page_asks_what_purchases_are_for_events_alone() -> None:
    events, shop = sniffed(make_upload(EVENTS)), sniffed(make_upload(ORDERS))
    assert events.sniff is not None
    assert shop.sniff is not None
    assert events.sniff["proposal"]["kind"] == "events"
    form = MappingForm(sniff=events.sniff)
    assert form["purchases"].value() == "count"
    chosen = {name: form[name].value() or "" for name in form.fields} | {"purchases": "ignore"}
    said = MappingForm(chosen, sniff=events.sniff)
    assert said.is_valid(), said.errors
    assert said.mapping()["options"]["purchases"] == "ignore"
    assert "purchases" not in MappingForm(sniff=shop.sniff).fields


def test_a_file_of_events_comes_back_with_its_purchases() -> None:
    imported(make_upload(ORDERS))
    site = bring_events()
    before = lines()
    undone(site)
    do_run(redo_upload(upload=Upload.objects.get(pk=site.pk), by=None))
    site.refresh_from_db()
    assert (site.state, site.accepted, str(site.gross_revenue)) == ("published", 5, "7.250000")
    assert lines() == before
    assert whole()


def test_corrected_events_complete_their_file_and_their_purchases_count() -> None:
    imported(make_upload(ORDERS))
    site = bring_events(EVENTS + "s5,bob,2025-02-30 10:00:00,/,purchase,jug,3.00,yes,1,1,x\n")
    text = "".join(rejected_csv(site)).replace("2025-02-30", "2025-02-28")
    correction = sniffed(make_upload(text))
    assert correction.completes == site
    do_run(confirm_mapping(upload=correction, mapping={}, by=None))
    site.refresh_from_db()
    assert (site.accepted, site.rejected, str(site.gross_revenue)) == (6, 0, "10.250000")
    assert ("bob", "", "jug", "3.000000") in lines()
    assert whole()
    undone(Upload.objects.get(pk=correction.pk))
    site.refresh_from_db()
    assert (site.accepted, site.rejected, str(site.gross_revenue)) == (5, 1, "7.250000")
    assert whole()
