"""Requests that cost a stranger nothing must cost us no error: an answer in words, whatever is sent."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.converters import IntConverter

from core import selectors
from tests.factories import make_anomaly, make_review, make_token, make_user

pytestmark = pytest.mark.django_db
HUGE = "99999999999999999999"


def with_a_number(resolver: URLResolver, before: str = "/") -> Iterator[str]:
    """Every address that holds nothing but a number to look up, with one that no row can have."""
    for entry in resolver.url_patterns:
        address = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from with_a_number(entry, address)
        elif isinstance(entry, URLPattern) and list(map(type, entry.pattern.converters.values())) == [IntConverter]:
            yield address.replace("<int:pk>", HUGE)


ADDRESSES = sorted(with_a_number(get_resolver()))


@pytest.fixture
def api() -> Client:
    return Client(headers={"Authorization": f"Token {make_token(make_user('admin'), scope='write')}"})


def post(api: Client, url: str, body: str) -> Any:
    return api.post(url, body, content_type="application/json")


def assert_problem(answer: Any, status: int) -> None:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"]


def test_the_walk_finds_addresses() -> None:
    assert "/segments/99999999999999999999/" in ADDRESSES
    assert "/api/v1/snapshots/99999999999999999999/" in ADDRESSES


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_number_that_no_row_can_have_is_not_found(client: Client, address: str) -> None:
    client.force_login(make_user("admin"))
    for answer in (client.get(address), client.post(address)):
        assert answer.status_code == 404
        if address.startswith("/api/"):
            assert_problem(answer, 404)


def test_a_stranger_is_asked_to_sign_in_all_the_same(client: Client) -> None:
    assert client.get(f"/segments/{HUGE}/")["Location"].startswith("/sign-in/")
    assert client.get(f"/api/v1/snapshots/{HUGE}/").status_code == 401


def test_a_nul_in_the_filter_of_the_audit_book_is_left_out(client: Client) -> None:
    client.force_login(make_user("admin"))
    page = client.get("/settings/audit/?q=user.%00").content.decode()
    assert 'id="audit-query" name="q" value="user."' in page


def test_a_nul_in_a_filter_of_the_api_is_refused_in_words(api: Client) -> None:
    assert_problem(api.get("/api/v1/anomalies/", {"assignee": "a\0b"}), 400)


@pytest.mark.parametrize("position", ["p=abc", f"p={HUGE}{HUGE}", "p=", "p=nan"])
def test_a_cursor_with_a_position_that_is_none_is_no_error(api: Client, position: str) -> None:
    make_review("applied")
    cursor = base64.b64encode(position.encode()).decode()
    for address in ("/api/v1/reviews/", "/api/v1/anomalies/"):
        answer = api.get(address, {"cursor": cursor})
        assert answer.status_code in {200, 404}, answer.content
    if position == "p=abc":
        assert_problem(api.get("/api/v1/reviews/", {"cursor": cursor}), 404)


@pytest.mark.parametrize("body", ['"a text"', "7", "null", "[]", "true"])
def test_a_verdict_that_is_no_object_is_refused(api: Client, body: str) -> None:
    assert_problem(post(api, f"/api/v1/anomalies/{make_anomaly().pk}/verdict/", body), 400)


def test_a_comment_with_a_nul_is_refused_in_words(api: Client) -> None:
    answer = post(api, f"/api/v1/anomalies/{make_anomaly().pk}/verdict/", r'{"verdict": "real", "comment": "a\u0000b"}')
    assert_problem(answer, 400)
    assert answer.json()["code"] == "comment_unreadable"


def test_an_assignee_with_a_nul_is_nobody(api: Client) -> None:
    answer = post(api, f"/api/v1/anomalies/{make_anomaly().pk}/assign/", r'{"assignee": "a\u0000b"}')
    assert_problem(answer, 400)


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_json_that_is_nested_too_deeply_is_refused(api: Client, opening: str) -> None:
    answer = post(api, f"/api/v1/anomalies/{make_anomaly().pk}/verdict/", opening * 100_000)
    assert_problem(answer, 400)
    assert "nested" in answer.json()["detail"]


@pytest.mark.parametrize("decisions", [f"[{HUGE}]", "[-1]", "[1e400]", "[0]"])
def test_decisions_that_no_row_can_be_are_refused(api: Client, decisions: str) -> None:
    review = make_review()
    assert_problem(post(api, f"/api/v1/reviews/{review.pk}/approve/", f'{{"decisions": {decisions}}}'), 400)


def test_ticked_decisions_that_no_row_can_be_are_none(client: Client) -> None:
    client.force_login(make_user("manager"))
    review = make_review()
    answer = client.post(f"/insiders/reviews/{review.pk}/approve/", {"part": "1", "decision": HUGE}, follow=True)
    assert "Choose at least one decision" in answer.content.decode()


def condition(value: str = "6", feature: str = '"orders_12m"') -> str:
    return f'{{"feature": {feature}, "operator": ">=", "value": {value}}}'


@pytest.mark.parametrize("value", ["1" + "0" * 400, "NaN", "1e999", "-Infinity", '"NaN"', "null", "[]", "{}"])
def test_a_threshold_that_is_no_number_is_refused(api: Client, value: str) -> None:
    body = f'{{"entry": [{condition(value)}], "stay": [{condition(value)}]}}'
    assert_problem(post(api, "/api/v1/programme/preview/", body), 400)


@pytest.mark.parametrize("feature", ["[]", "{}", "null", "7", '"password"'])
def test_a_condition_on_what_is_no_figure_is_refused(api: Client, feature: str) -> None:
    for value in ("6", "[]"):
        body = f'{{"entry": [{condition(value, feature)}], "stay": [{condition(value, feature)}]}}'
        assert_problem(post(api, "/api/v1/programme/preview/", body), 400)


def test_more_than_twenty_conditions_are_refused(api: Client) -> None:
    many = ", ".join([condition()] * 21)
    answer = post(api, "/api/v1/programme/preview/", f'{{"entry": [{many}], "stay": [{condition()}]}}')
    assert_problem(answer, 400)
    assert "at most 20" in answer.json()["detail"]


def test_an_error_of_ours_is_a_problem_without_details(
    api: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(pk: object) -> None:
        raise RuntimeError("a secret of the machine")

    monkeypatch.setattr(selectors, "run", broken)
    address = "/api/v1/runs/00000000-0000-0000-0000-000000000000/"
    with pytest.raises(RuntimeError, match="secret"):
        api.get(address)
    api.raise_request_exception = False
    answer = api.get(address)
    assert_problem(answer, 500)
    assert answer.json()["code"] == "unexpected"
    assert "secret" not in answer.content.decode()
    assert "a secret of the machine" in caplog.text
