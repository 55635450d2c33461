"""The API's frame: problem details everywhere, a description without holes, pages by key."""

import pytest
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from core.models import AuditEvent
from core.pagination import key_page
from core.services.audit import record_event
from tests.factories import make_run, make_token, make_user

pytestmark = pytest.mark.django_db


def test_a_run_can_be_followed(client: Client) -> None:
    run = make_run(state="running", stage="Reading", progress_done=3, progress_total=10)
    client.force_login(make_user())
    body = client.get(f"/api/v1/runs/{run.pk}/").json()
    assert (body["state"], body["stage"], body["progress_done"], body["progress_total"]) == (
        "running",
        "Reading",
        3,
        10,
    )


@pytest.mark.parametrize("address", ["/api/v1/nothing/", "/api/v1/runs/00000000-0000-0000-0000-000000000000/"])
def test_an_address_that_is_none_answers_with_problem_details(client: Client, address: str) -> None:
    client.force_login(make_user())
    answer = client.get(address)
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "code": "not_found",
        "detail": "There is nothing at this address.",
    }


def test_a_stranger_gets_problem_details_too(client: Client) -> None:
    answer = client.get("/api/v1/schema/")
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"


def test_a_token_that_was_revoked_opens_nothing(client: Client) -> None:
    user = make_user()
    key = make_token(user)
    address = f"/api/v1/runs/{make_run().pk}/"
    assert client.get(address, headers={"Authorization": f"Token {key}"}).status_code == 200
    user.tokens.update(revoked_at=user.date_joined)
    assert client.get(address, headers={"Authorization": f"Token {key}"}).status_code == 401


def test_a_token_of_somebody_who_left_opens_nothing(client: Client) -> None:
    user = make_user()
    key = make_token(user)
    user.is_active = False
    user.save()
    answer = client.get(f"/api/v1/runs/{make_run().pk}/", headers={"Authorization": f"Token {key}"})
    assert answer.status_code == 401


def test_the_description_is_valid_and_complete() -> None:
    GENERATOR_STATS.reset()
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    validate_schema(schema)  # type: ignore[no-untyped-call]
    assert not GENERATOR_STATS, "drf-spectacular warned; annotate the view with extend_schema"
    assert "/api/v1/runs/{id}/" in schema["paths"]


def test_pages_by_key_lead_forth_and_back_without_gap_or_double() -> None:
    for number in range(7):
        record_event(by=None, action="thing.made", obj="thing", key=number)
    seen, cursor = [], ""
    while True:
        page = key_page(AuditEvent.objects.all(), cursor=cursor, size=3)
        seen.append([event.object_key for event in page.rows])
        if page.next is None:
            break
        cursor = page.next
    assert seen == [["6", "5", "4"], ["3", "2", "1"], ["0"]]
    assert page.previous is not None
    middle = key_page(AuditEvent.objects.all(), cursor=page.previous, size=3)
    assert [event.object_key for event in middle.rows] == ["3", "2", "1"]
    assert middle.previous is not None
    first = key_page(AuditEvent.objects.all(), cursor=middle.previous, size=3)
    assert [event.object_key for event in first.rows] == ["6", "5", "4"]
    assert first.previous is None


@pytest.mark.parametrize("cursor", ["", "x", "after-", "after-x", "before-١", "after-" + "9" * 40, "sideways-3"])
def test_a_cursor_that_makes_no_sense_is_the_first_page(cursor: str) -> None:
    record_event(by=None, action="thing.made", obj="thing", key=1)
    assert len(key_page(AuditEvent.objects.all(), cursor=cursor).rows) == 1
