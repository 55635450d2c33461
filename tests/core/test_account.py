"""Mark, a marketer, and his scripts' tokens."""

import re

import pytest
from django.test import Client

from core.models import ApiToken, AuditEvent, User
from tests.factories import make_run, make_token, make_token_row, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def mark(client: Client) -> User:
    mark = make_user("marketer", username="mark")
    client.force_login(mark)
    return mark


def test_a_new_token_is_shown_once_and_works(client: Client, mark: User) -> None:
    answer = client.post("/account/", {"name": "nightly sheet", "scope": "read", "days": "30"})
    (key,) = set(re.findall(r"ins_[\w-]{43}", answer.content.decode()))
    assert key not in client.get("/account/").content.decode()
    run = make_run()
    script = Client(headers={"Authorization": f"Token {key}"})
    assert script.get(f"/api/v1/runs/{run.pk}/").status_code == 200
    assert not [event for event in AuditEvent.objects.all() if key in str(vars(event))]


@pytest.mark.parametrize(
    "fields", [{}, {"name": "x", "scope": "all", "days": "1"}, {"name": "x", "scope": "read", "days": "0"}]
)
def test_a_token_without_sense_is_not_made(client: Client, mark: User, fields: dict[str, str]) -> None:
    assert client.post("/account/", fields).status_code == 422
    assert not ApiToken.objects.exists()


def test_a_revoked_token_is_gone_from_the_list_and_stands_in_the_book(client: Client, mark: User) -> None:
    token = make_token_row(mark)
    client.post(f"/account/tokens/{token.pk}/revoke/")
    client.post(f"/account/tokens/{token.pk}/revoke/")
    token.refresh_from_db()
    assert token.revoked_at is not None
    assert AuditEvent.objects.filter(action="token.revoked").count() == 1


def test_nobody_revokes_a_strangers_token(client: Client, mark: User) -> None:
    token = make_token_row(make_user())
    assert client.post(f"/account/tokens/{token.pk}/revoke/").status_code == 404
    token.refresh_from_db()
    assert token.revoked_at is None


def test_the_list_says_when_a_token_was_used(client: Client, mark: User, django_assert_num_queries: object) -> None:
    script = Client(headers={"Authorization": f"Token {make_token(mark)}"})
    assert "never" in client.get("/account/").content.decode()
    address = f"/api/v1/runs/{make_run().pk}/"
    script.get(address)
    assert "never" not in client.get("/account/").content.decode()
    with django_assert_num_queries(2):  # type: ignore[operator]  # the token and the run: no write within the hour
        script.get(address)
