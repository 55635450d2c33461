"""Members, events and reviews for scripts: complete, filtered, of any day."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from tests.factories import make_rules, make_token, make_user, reviewed
from tests.loyalty.test_review import MAY, ORDERS
from tests.loyalty.world import publish_scores

pytestmark = pytest.mark.django_db


@pytest.fixture
def script() -> Client:
    make_rules()
    publish_scores(MAY, ORDERS)
    reviewed()
    publish_scores(MAY + timedelta(days=10), {**ORDERS, 1: 2})
    reviewed()
    return Client(headers={"Authorization": f"Token {make_token(make_user('manager'))}"})


def results(script: Client, path: str, **query: str) -> list[dict[str, Any]]:
    answer = script.get(f"/api/v1/{path}", query)
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def test_members_come_with_figures_reasons_and_of_any_day(script: Client) -> None:
    warned = results(script, "members/", status="warned")
    assert [row["customer_id"] for row in warned] == ["c1"]
    assert warned[0]["figures"]["orders_12m"] == 2
    assert warned[0]["grace_until"] == "2025-08-09"
    before = results(script, "members/", day="2025-06-01", search="C1")
    assert (before[0]["figures"]["orders_12m"], before[0]["grace_until"]) == (9, None)
    assert before[0]["reason"].startswith("Joined on 31 May 2025")
    assert results(script, "members/", day="2025-05-30") == []
    assert script.get("/api/v1/members/", {"day": "soon"}).status_code == 400


def test_events_are_what_is_new_since_the_last_look(script: Client) -> None:
    told = results(script, "members/events/")
    assert [(row["customer_id"], row["kind"]) for row in told] == [("c1", "warned"), ("c2", "joined"), ("c1", "joined")]
    assert results(script, "members/events/", after=str(told[0]["id"])) == []
    assert len(results(script, "members/events/", kind="joined", until="2025-06-01")) == 2
    assert [row["kind"] for row in results(script, "members/events/", customer_id="c1")] == ["warned", "joined"]
    assert script.get("/api/v1/members/events/", {"kind": "vanished"}).status_code == 400


def test_the_csv_has_the_columns_that_were_asked_for(script: Client) -> None:
    answer = script.get("/api/v1/members.csv", {"column": ["customer_id", "warned_until"]})
    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert lines == ["customer_id,warned_until", "c1,2025-08-09", "c2,"]
    assert script.get("/api/v1/members.csv", {"column": "shoe_size"}).status_code == 400


def test_reviews_say_what_they_went_by(script: Client) -> None:
    newest = results(script, "reviews/")[0]
    names = ("kind", "state", "is_partial", "most_members", "held_back", "without_place", "warned")
    assert [newest[name] for name in names] == ["regular", "applied", False, None, 0, 0, 1]
