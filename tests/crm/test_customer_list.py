"""Finding customers, as a marketer meets it."""

import csv
import io
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.models import AuditEvent
from crm.models import Customer
from crm.views import customer_search
from crm.views.customer_search import ORDERINGS
from loyalty.models import Membership
from loyalty.selectors.standing import default_programme
from segmentation.models import ScoreA, Snapshot
from tests.analytics.ledger import Line
from tests.factories import make_customer, make_ledger, make_snapshot, make_user
from tests.many_scores import make_scores

pytestmark = pytest.mark.django_db


@pytest.fixture
def marketer(client: Client) -> Client:
    client.force_login(make_user("marketer"))
    return client


def rename(key: int, name: str) -> Customer:
    Customer.objects.filter(pk=key).update(external_id=name, search_key=name.casefold())
    return Customer.objects.get(pk=key)


def listed(client: Client, **query: Any) -> list[str]:
    answer = client.get("/customers/", query)
    assert answer.status_code == 200
    return [row["customer_id"] for row in answer.context["rows"]]


# --- the list ---


def test_before_the_first_file_the_list_says_what_to_do(marketer: Client) -> None:
    assert "Upload a file" in marketer.get("/customers/").content.decode()


def test_while_results_are_computed_the_list_says_so(marketer: Client) -> None:
    make_ledger([Line(1, "A1", date(2025, 1, 1), "5")])
    assert "Results are being computed" in marketer.get("/customers/").content.decode()


@pytest.mark.parametrize("ordering", [name for name in ORDERINGS if "customer_id" not in name])
def test_the_list_is_sorted_as_asked(marketer: Client, ordering: str) -> None:
    make_scores(30)
    column, sign = ordering.lstrip("-"), -1 if ordering.startswith("-") else 1
    rows = marketer.get("/customers/", {"ordering": ordering}).context["rows"]
    values = [getattr(row["score"], column) for row in rows]
    known = [value for value in values if value is not None]
    assert known == sorted(known, key=lambda value: sign * value)
    assert values[: len(known)] == known


def test_without_a_wish_the_most_valuable_come_first(marketer: Client) -> None:
    make_scores(30)
    assert listed(marketer) == listed(marketer, ordering="-clv")


def test_the_pager_leads_through_everybody_once(marketer: Client) -> None:
    make_scores(120)
    seen, cursor = [], ""
    while True:
        answer = marketer.get("/customers/", {"ordering": "revenue", "cursor": cursor})
        seen += [row["customer_id"] for row in answer.context["rows"]]
        if not (cursor := answer.context["page"].next or ""):
            break
    assert len(seen) == len(set(seen)) == 120


def test_search_by_the_beginning_of_an_id_does_not_mind_capitals(marketer: Client) -> None:
    make_snapshot(12)
    rename(1, "Ann@Example.com")
    rename(2, "anna")
    assert listed(marketer, q="ANN") == ["Ann@Example.com", "anna"]
    assert listed(marketer, q="nn") == []


def test_filters_narrow_the_list(marketer: Client) -> None:
    snapshot = make_snapshot(30)
    rows = list(ScoreA.objects.filter(snapshot_id=snapshot.pk))
    for name, value in {"tier": "gold", "rfm_group": rows[0].rfm_group, "segment": rows[0].segment_id}.items():
        column = "segment_id" if name == "segment" else name
        expected = {str(row.pk) for row in rows if getattr(row, column) == value}
        assert set(listed(marketer, **{name: value})) == expected


def test_members_and_others_can_be_told_apart(marketer: Client) -> None:
    make_snapshot(12)
    Membership.objects.create(programme=default_programme(), customer_id=3, entered_on=date(2025, 12, 31))
    Membership.objects.create(
        programme=default_programme(), customer_id=4, entered_on=date(2025, 1, 1), left_on=date(2025, 2, 1)
    )
    assert listed(marketer, member="yes") == ["3"]
    assert set(listed(marketer, member="no")) == {str(key) for key in range(1, 13) if key != 3}
    assert "Insider" in marketer.get("/customers/", {"member": "yes"}).content.decode()


def test_more_matches_than_are_named_one_by_one_give_the_same_list(
    marketer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_scores(40)
    Membership.objects.create(
        programme=default_programme(), customer=Customer.objects.latest("pk"), entered_on=date(2025, 12, 31)
    )
    few = [listed(marketer, q="c000001", ordering="-clv"), listed(marketer, member="yes")]
    monkeypatch.setattr(customer_search, "FEW", 0)
    assert [listed(marketer, q="c000001", ordering="-clv"), listed(marketer, member="yes")] == few
    assert [len(found) for found in few] == [10, 1]


def test_somebody_without_a_purchase_is_still_found(marketer: Client) -> None:
    make_snapshot(12)
    make_customer("returns-only")
    page = marketer.get("/customers/", {"q": "returns"}).content.decode()
    assert "Also found, without figures" in page
    assert reverse("crm:customer-detail", args=["returns-only"]) in page


@pytest.mark.parametrize(
    "query",
    [
        {"q": "\x00"},
        {"segment": "x", "tier": "tin", "rfm_group": "?", "member": "maybe", "ordering": "pk; DROP", "cursor": "::"},
        {"segment": "9" * 30, "cursor": "after-9999999999"},
    ],
)
def test_a_query_that_makes_no_sense_shows_everybody(marketer: Client, query: dict[str, str]) -> None:
    make_snapshot(6)
    assert len(listed(marketer, **query)) in {0, 6}


QUERIES = ["", "?q=c00001", "?q=c&ordering=-clv", "?segment=1", "?tier=gold&ordering=-revenue", "?member=yes"]


@pytest.mark.parametrize("query", QUERIES)
def test_a_list_page_asks_the_database_a_bounded_number_of_times(marketer: Client, query: str) -> None:
    make_scores(60)
    with CaptureQueriesContext(
        connection,
    ) as few:
        marketer.get(f"/customers/{query}")
    assert len(few) <= 14
    assert not [each for each in few.captured_queries if "COUNT(" in each["sql"] or "OFFSET" in each["sql"]]


# --- suggestions and export ---


def test_suggestions_come_grouped_as_one_types(marketer: Client) -> None:
    snapshot = make_snapshot(12)
    rename(1, "Freda")
    Snapshot.objects.filter(pk=snapshot.pk).update(segments=[{**snapshot.segments[0], "name": "Frequent buyers"}])
    page = marketer.get("/customer-suggestions/", {"q": "fre"}).content.decode()
    assert "Customers" in page
    assert "Segments" in page
    assert reverse("crm:customer-detail", args=["Freda"]) in page
    assert "Frequent buyers" in page


def test_a_search_that_finds_nothing_says_so_and_an_empty_one_is_silent(marketer: Client) -> None:
    make_snapshot(6)
    assert "or e-mail address begins with this" in marketer.get("/customer-suggestions/", {"q": "zz"}).content.decode()
    assert marketer.get("/customer-suggestions/", {"q": " "}).content.decode().strip() == ""


def test_suggestions_take_few_queries(marketer: Client) -> None:
    make_scores(60)
    with CaptureQueriesContext(connection) as asked:
        marketer.get("/customer-suggestions/", {"q": "c0"})
    assert len(asked) <= 8


def test_the_export_holds_the_filtered_customers_and_no_formula(marketer: Client) -> None:
    make_snapshot(12)
    rename(3, "=HYPERLINK(1)")
    answer = marketer.get("/customers.csv", {"q": "="})
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode())))
    assert [row["customer_id"] for row in rows] == ["'=HYPERLINK(1)"]
    score = ScoreA.objects.get(pk=3)
    assert rows[0]["revenue"] == f"{score.revenue:f}"
    assert (rows[0]["as_of"], rows[0]["tier"]) == ("2025-12-31", score.tier)
    assert AuditEvent.objects.filter(action="customers.exported").count() == 1


def test_an_analyst_may_look_but_not_take_the_list_along(client: Client) -> None:
    make_snapshot(6)
    client.force_login(make_user("analyst"))
    assert "/customers.csv" not in client.get("/customers/").content.decode()
    assert client.get("/customers.csv").status_code == 403
