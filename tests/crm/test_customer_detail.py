"""One customer's page and command."""

import json
from datetime import date
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crm.ledger import lookups
from crm.ledger.reading import looking
from segmentation.models import ScoreA
from tests.analytics.ledger import Line
from tests.factories import make_customer, make_ledger, make_snapshot, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def marketer(client: Client) -> Client:
    client.force_login(make_user("marketer"))
    return client


ODD_IDS = ["a/b", "a/b/", "/", "..", ".", "~", "~2F", "a b", "ü/☃", "=1+1", "50%", "x?y#z", "a&b;c", '<b>"q"</b>', "-1"]


@pytest.mark.parametrize("name", [*ODD_IDS, "new\nline", "suggestions", "export.csv", "history", "a/history"])
def test_whatever_an_id_holds_its_page_opens_under_its_address(marketer: Client, name: str) -> None:
    make_customer(name)
    address = reverse("crm:customer-detail", args=[name])
    assert address.isascii()
    assert not any(part in {".", "..", ""} for part in address.strip("/").split("/"))
    answer = marketer.get(address)
    assert answer.status_code == 200
    assert answer.context["customer"].external_id == name


def test_an_id_with_plain_slashes_is_found_too(marketer: Client) -> None:
    make_customer("a/b")
    assert marketer.get("/customers/a/b/").status_code == 200


@pytest.mark.parametrize("path", ["/customers/nobody/", "/customers/%00/", "/customers/x%00y/"])
def test_nobody_has_no_page(marketer: Client, path: str) -> None:
    make_snapshot(6)
    assert marketer.get(path).status_code == 404


def test_the_profile_shows_figures_with_units_and_orders_with_lines(marketer: Client) -> None:
    make_snapshot(12)
    score = ScoreA.objects.get(pk=4)
    page = marketer.get("/customers/4/").content.decode()
    for part in ("Recency", f"{score.order_count} orders", f"{score.revenue:,.2f} GBP", "Not a member", "4-0"):
        assert part in page


def test_a_one_time_buyer_gets_an_honest_word_about_staying(marketer: Client) -> None:
    make_snapshot(12)
    ScoreA.objects.filter(pk=6).update(value_reason="one_time_buyer")
    assert "Bought on one day only" in marketer.get("/customers/6/").content.decode()
    assert "Bought on one day only" not in marketer.get("/customers/5/").content.decode()


def test_before_results_the_profile_says_what_is_missing(marketer: Client) -> None:
    make_ledger([Line(1, "A1", date(2025, 1, 1), "5")])
    page = marketer.get("/customers/1/").content.decode()
    assert "No results have been computed yet" in page
    assert "A1" in page


def test_a_customer_who_only_returned_things_is_told_in_a_sentence(marketer: Client) -> None:
    make_snapshot(6)
    make_customer("returner")
    page = marketer.get("/customers/returner/").content.decode()
    assert "bought nothing by 31 December 2025" in page
    assert "There are no lines of this customer" in page


def many_orders(count: int = 25) -> None:
    make_ledger([Line(1, f"A{number:02}", date(2025, 1, 1 + number), "5") for number in range(count)])


def test_older_orders_follow_by_htmx_and_by_reload_alike(marketer: Client) -> None:
    many_orders()
    first = marketer.get("/customers/1/")
    names = [order.order_id for order in first.context["history"].orders]
    older = {"before": first.context["older"]["before"]}
    piece = marketer.get("/customers/1/", older, headers={"HX-Request": "true"})
    assert "<html" not in piece.content.decode()
    whole = marketer.get("/customers/1/", older)
    assert "<html" in whole.content.decode()
    for answer in (piece, whole):
        assert [order.order_id for order in answer.context["history"].orders] == [f"A{n:02}" for n in range(14, 4, -1)]
    assert names == [f"A{n:02}" for n in range(24, 14, -1)]


@pytest.mark.parametrize("before", ["x", "_", "2025-01-01_A1", "2025-13-01T00:00:00Z_A1", "2025-01-01T00:00:00_A"])
def test_an_edge_that_makes_no_sense_is_the_beginning(marketer: Client, before: str) -> None:
    many_orders(3)
    assert len(marketer.get("/customers/1/", {"before": before}).context["history"].orders) == 3


def test_a_long_order_shows_its_first_lines_and_all_on_demand(marketer: Client) -> None:
    make_ledger([Line(1, "A", date(2025, 1, 1), "5", item_id=f"item-{number}") for number in range(30)])
    page = marketer.get("/customers/1/").content.decode()
    assert "Show all 30 lines" in page
    assert page.count("item-") == 20
    assert marketer.get("/customers/1/", {"order": "A"}).content.decode().count("item-") == 30


def test_a_profile_asks_the_ledger_once_and_the_database_a_bounded_number_of_times(
    marketer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_snapshot(12)
    opened: list[int] = []

    def counted() -> Any:
        opened.append(1)
        return looking()

    monkeypatch.setattr(lookups, "looking", counted)
    with CaptureQueriesContext(connection) as asked:
        marketer.get("/customers/4/")
    assert len(opened) == 1
    assert len(asked) <= 22


# --- the command ---

FIGURES = ["frequency", "recency", "T", "monetary_value", "days_since_last_purchase", "order_count", "revenue"]
VALUES = ["p_alive", "expected_purchases", "clv", "intervals", "segment", "rfm_group", "tier"]
FIELDS = ["customer_id", "as_of", *FIGURES, *VALUES, "membership", "anomalies", "orders"]


def test_the_command_prints_every_field_of_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    make_snapshot(12)
    call_command("profile", "4", as_json=True)
    printed = json.loads(capsys.readouterr().out)
    assert set(FIELDS) <= set(printed)
    score = ScoreA.objects.get(pk=4)
    assert (printed["customer_id"], printed["as_of"], printed["order_count"]) == ("4", "2025-12-31", score.order_count)
    assert len(printed["orders"]) >= score.order_count
    assert printed["revenue"] == f"{score.revenue.normalize():.2f}"


def test_the_command_fails_with_a_code_for_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CommandError):
        call_command("profile", "nobody", as_json=True)
    printed = json.loads(capsys.readouterr().out)
    assert (printed["state"], printed["error"]["code"]) == ("failed", "not_found")
