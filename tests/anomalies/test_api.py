"""The queue for scripts."""

from typing import Any

import pytest
from django.test import Client

from tests.factories import make_anomaly, make_token, make_user

pytestmark = pytest.mark.django_db
LIST = "/api/v1/anomalies/"


@pytest.fixture
def api(db: Any) -> Client:
    return Client(headers={"Authorization": f"Token {make_token(make_user(username='ann'), scope='write')}"})


def post(api: Client, url: str, body: Any) -> Any:
    return api.post(url, body, content_type="application/json")


def test_the_list_is_a_cursor_page_worst_first(api: Client) -> None:
    make_anomaly(severity=10), make_anomaly(severity=70)
    body = api.get(LIST).json()
    assert set(body) == {"next", "previous", "results"}
    assert [row["severity"] for row in body["results"]] == [70.0, 10.0]
    assert body["results"][0]["money"] == "800.00"
    assert body["results"][0]["kind"] == "metric"


def test_following_the_cursor_gives_every_row_once(api: Client) -> None:
    made = {make_anomaly(severity=float(number % 3)).pk for number in range(7)}
    seen, url = [], f"{LIST}?page_size=2"
    while url:
        body = api.get(url).json()
        seen += [row["id"] for row in body["results"]]
        url = body["next"]
    assert len(seen) == 7
    assert set(seen) == made


def test_filters_by_status_kind_and_assignee(api: Client) -> None:
    mine = make_anomaly("data")
    make_anomaly("metric", status="gone")
    post(api, f"{LIST}{mine.pk}/assign/", {"assignee": "ann"})
    for query in ("kind=data", "status=open", "assignee=ann", "assignee=me"):
        assert [row["id"] for row in api.get(f"{LIST}?{query}").json()["results"]] == [mine.pk], query


def test_an_unknown_filter_is_a_problem_that_names_the_choices(api: Client) -> None:
    answer = api.get(f"{LIST}?kind=Customer")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "unknown_value"
    assert "customer" in answer.json()["allowed"]


def test_a_verdict_closes_the_anomaly(api: Client) -> None:
    anomaly = make_anomaly()
    answer = post(api, f"{LIST}{anomaly.pk}/verdict/", {"verdict": "data_error", "comment": "Typing error"})
    body = answer.json()
    assert answer.status_code == 200
    assert (body["status"], body["verdict"]) == ("resolved", "data_error")
    assert body["verdicts"][0]["comment"] == "Typing error"
    assert body["verdicts"][0]["by"] == "ann"
    assert api.get(f"{LIST}{anomaly.pk}/").json() == body


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"verdict": "maybe"}, "unknown_verdict"),
        ({}, "unknown_verdict"),
        ({"verdict": "real", "comment": ["x"]}, "comment_not_text"),
        (["real"], "not_an_object"),
    ],
)
def test_a_bad_verdict_is_a_problem(api: Client, body: Any, code: str) -> None:
    answer = post(api, f"{LIST}{make_anomaly().pk}/verdict/", body)
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == code


@pytest.mark.parametrize(("body", "code"), [({}, "assignee_missing"), ({"assignee": "eve"}, "unknown_user")])
def test_a_bad_assignment_is_a_problem(api: Client, body: Any, code: str) -> None:
    answer = post(api, f"{LIST}{make_anomaly().pk}/assign/", body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_an_anomaly_that_is_not_there_is_not_found(api: Client) -> None:
    assert api.get(f"{LIST}99/").status_code == 404
    assert post(api, f"{LIST}99/verdict/", {"verdict": "real"}).status_code == 404


def test_the_schema_names_filters_and_verdicts(api: Client) -> None:
    schema = api.get("/api/v1/schema/?format=json").json()
    names = {parameter["name"] for parameter in schema["paths"]["/api/v1/anomalies/"]["get"]["parameters"]}
    assert {"status", "kind", "assignee", "cursor"} <= names
    assert "post" in schema["paths"]["/api/v1/anomalies/{id}/verdict/"]
