"""The rows of one file as its page and the API show them, whatever its kind."""

from typing import Any

import pytest
from django.test import Client

from crm.models import Upload
from tests.crm.ledger_kinds import publish_rows
from tests.crm.test_contacts import ANN, make_records
from tests.crm.test_visits import EVENTS, SESSIONS
from tests.factories import make_customer, make_token, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def marketer(client: Client) -> Client:
    client.force_login(make_user())
    return client


def rows(client: Client, upload: Upload, query: str = "") -> dict[str, Any]:
    key = make_token(make_user())
    answer: dict[str, Any] = client.get(
        f"/api/v1/uploads/{upload.pk}/lines/{query}", headers={"Authorization": f"Token {key}"}
    ).json()
    return answer


def test_events_of_a_file_are_listed_with_their_customers(marketer: Client) -> None:
    ann = make_customer("ann")
    upload = publish_rows("events", [{**EVENTS[1], "customer_key": ann.pk}, *EVENTS[4:]])
    page = marketer.get(f"/uploads/{upload.pk}/lines/").content.decode()
    assert "/customers/ann/" in page
    assert "/cup" in page
    first = rows(marketer, upload)["results"][0]
    assert (first["customer_id"], first["kind"], first["price"]) == ("ann", "view", "4.50")
    assert first["occurred_at"].startswith("2025-03-01T10:05:00")
    assert "customer_key" not in first


def test_visits_of_a_file_are_listed_with_or_without_a_time(marketer: Client) -> None:
    upload = publish_rows("sessions", SESSIONS)
    page = marketer.get(f"/uploads/{upload.pk}/lines/").content.decode()
    assert "s10" in page
    assert "Converted" in page
    found = rows(marketer, upload)["results"]
    assert [row["started_at"] is None for row in found] == [True, True, False]
    assert found[1]["duration"] == "0.000119048"


def test_customers_of_a_file_are_listed_while_it_is_published(marketer: Client) -> None:
    upload = make_records(ANN, {"customer": "2", "consent": False})
    page = marketer.get(f"/uploads/{upload.pk}/lines/").content.decode()
    assert "Ann@Example.com" in page
    assert "Not agreed" in page
    assert [row["customer_id"] for row in rows(marketer, upload)["results"]] == ["1", "2"]
    Upload.objects.update(state=Upload.State.UNDONE)
    assert rows(marketer, upload)["results"] == []
    assert "Ann@Example.com" not in marketer.get(f"/uploads/{upload.pk}/lines/").content.decode()


def test_rows_come_page_by_page(marketer: Client) -> None:
    upload = publish_rows("events", EVENTS)
    first = rows(marketer, upload, "?page_size=4")
    assert len(first["results"]) == 4
    following = rows(marketer, upload, f"?page_size=4&cursor={first['next'].split('cursor=')[1]}")
    assert [row["line"] for row in following["results"]] == [5, 6]
    assert following["next"] is None


def test_the_api_describes_every_kind_of_rows(marketer: Client) -> None:
    schema = marketer.get("/api/v1/schema/").content.decode()
    for name in ("UploadEventPage", "UploadSessionPage", "UploadCustomerPage", "UploadLinePage"):
        assert name in schema
