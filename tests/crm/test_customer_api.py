"""Uploads, transactions and customers as a script sees them."""

import io
import json
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.models import ApiToken, Run
from crm.models import Customer, Upload
from segmentation.models import ScoreA
from tests.analytics.ledger import Line
from tests.factories import (
    CSV,
    do_run,
    imported,
    make_customer,
    make_ledger,
    make_snapshot,
    make_token,
    make_upload,
    make_upload_with_rejected,
    make_user,
    sniffed,
)

pytestmark = pytest.mark.django_db


class Script:
    """Somebody's program with a token."""

    def __init__(self, scope: str = ApiToken.Scope.WRITE, role: str = "marketer") -> None:
        self.client = Client(headers={"Authorization": f"Token {make_token(make_user(role), scope)}"})

    def get(self, path: str, **query: Any) -> Any:
        answer = self.client.get(f"/api/v1/{path}", query)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def send(self, path: str, body: Any = None) -> Any:
        return self.client.post(f"/api/v1/{path}", json.dumps(body or {}), content_type="application/json")

    def bring(self, text: str = CSV, **fields: Any) -> Any:
        files = fields or {"file": SimpleUploadedFile("sales.csv", text.encode())}
        return self.client.post("/api/v1/uploads/", files)


@pytest.fixture
def script() -> Script:
    return Script()


# --- uploads ---


def test_a_file_is_brought_confirmed_published_read_and_taken_back(script: Script) -> None:
    brought = script.bring()
    assert brought.status_code == 201
    upload, run = brought.json()["upload"], brought.json()["run"]
    do_run(Run.objects.get(pk=run))
    proposal = script.get(f"uploads/{upload}/")["sniff"]["proposal"]
    confirmed = script.send(f"uploads/{upload}/confirm/", {"columns": proposal["columns"]})
    assert (confirmed.status_code, confirmed.json()["state"]) == (202, "importing")
    do_run(Run.objects.get(pk=confirmed.json()["run"]))
    published = script.get(f"uploads/{upload}/")
    assert (published["state"], published["accepted"], published["revenue"]) == ("published", 2, "13.50")
    assert published["first_at"] == "2025-01-02T00:00:00+00:00"
    undone = script.send(f"uploads/{upload}/undo/")
    do_run(Run.objects.get(pk=undone.json()["run"]))
    assert script.get(f"uploads/{upload}/")["state"] == "undone"


def test_the_same_bytes_again_answer_with_the_earlier_upload(script: Script) -> None:
    first, again = script.bring(), script.bring()
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["upload"] == again.json()["upload"]
    assert Upload.objects.count() == 1


def test_exactly_one_file_is_wanted(script: Script) -> None:
    def file(name: str) -> SimpleUploadedFile:
        return SimpleUploadedFile(name, b"a,b\n")

    for fields in ({"other": file("a.csv")}, {"file": [file("a.csv"), file("b.csv")]}, {"note": "no file"}):
        answer = script.bring(**fields)
        assert (answer.status_code, answer.json()["code"]) == (400, "one_file")
    assert Upload.objects.count() == 0


def test_a_file_that_is_too_large_is_refused_with_what_to_do(script: Script, settings: Any) -> None:
    settings.UPLOAD_MAX_MB = 0
    answer = script.bring()
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert "Split it" in answer.json()["detail"]


def test_a_length_that_is_too_large_is_refused_before_the_bytes_are_read(script: Script, settings: Any) -> None:
    settings.UPLOAD_MAX_MB = 1
    answer = script.client.post(
        "/api/v1/uploads/",
        io.BytesIO(b"").read(),
        content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(9_000_000_000),
    )
    assert answer.status_code == 413


MISTAKES: list[tuple[Any, str]] = [
    ({"columns": {"ordered_at": "date"}}, "mapping"),
    ({"columns": {"ordered_at": "no such column", "amount": "price"}}, "mapping"),
    ({"columns": ["date"]}, "invalid"),
    ({"options": {"time_zone": ["UTC"]}}, "invalid"),
    ({"options": {"time_zone": "Mars/Olympus"}}, "mapping"),
    ({"kind": "sessions"}, "mapping"),
    ([1, 2], "invalid"),
]


@pytest.mark.parametrize(("body", "code"), MISTAKES)
def test_a_mapping_that_is_wrong_is_refused_in_words(script: Script, body: Any, code: str) -> None:
    upload = sniffed(make_upload())
    answer = script.send(f"uploads/{upload.pk}/confirm/", body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"]


def test_what_does_not_fit_the_state_is_a_conflict(script: Script) -> None:
    upload = make_upload()
    assert script.send(f"uploads/{upload.pk}/confirm/").status_code == 409
    assert script.send(f"uploads/{upload.pk}/undo/").status_code == 409


def test_a_token_that_only_reads_can_not_bring_a_file() -> None:
    assert Script(ApiToken.Scope.READ).bring().status_code == 403


def test_uploads_are_listed_newest_first_in_pages(script: Script) -> None:
    made = [make_upload(f"{CSV}A{number},2025-01-03,bob,cup,1,1\n").pk for number in range(5)]
    first = script.get("uploads/", page_size=3)
    assert [row["upload"] for row in first["results"]] == made[:1:-1]
    rest = script.client.get(first["next"]).json()
    assert ([row["upload"] for row in rest["results"]], rest["next"]) == (made[1::-1], None)


def test_lines_of_an_upload_follow_its_file_page_by_page(script: Script) -> None:
    upload = imported(make_upload(CSV + "A3,2025-01-04,,mug,3,1.25\n"))
    first = script.get(f"uploads/{upload.pk}/lines/", page_size=2)
    assert [row["line"] for row in first["results"]] == [1, 2]
    row = script.client.get(first["next"]).json()["results"][0]
    assert (row["customer_id"], row["item_id"], row["quantity"], row["amount"]) == (None, "mug", "3.00", "3.75")
    assert row["ordered_at"] == "2025-01-04T00:00:00+00:00"


def test_lines_that_are_not_published_are_shown_nowhere(script: Script) -> None:
    upload = imported(make_upload(), publish=False)
    assert script.get(f"uploads/{upload.pk}/lines/")["results"] == []
    assert script.get("transactions/")["results"] == []
    assert script.get("customers/")["results"] == []


def test_rejected_lines_come_as_csv_and_their_absence_as_a_problem(script: Script) -> None:
    upload, clean = make_upload_with_rejected(), imported(make_upload())
    answer = script.client.get(f"/api/v1/uploads/{upload.pk}/rejected.csv")
    assert b"A3,2025-02-31" in b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert script.client.get(f"/api/v1/uploads/{clean.pk}/rejected.csv").status_code == 404


@pytest.mark.parametrize("path", ["uploads/999/", "uploads/99999999999999999999/", "customers/nobody/"])
def test_what_is_not_there_answers_with_problem_details(script: Script, path: str) -> None:
    answer = script.client.get(f"/api/v1/{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


# --- transactions ---

LINES = [
    Line(1, "A1", date(2025, 1, 1), "5.125", item_id="cup"),
    Line(2, "A2", date(2025, 1, 2), "6", item_id="mug"),
    Line(1, "A3", date(2025, 1, 3), "-2", item_id="cup"),
    Line(None, "A4", date(2025, 1, 4), "9"),
]
CHOICES: list[tuple[dict[str, str], list[int]]] = [
    ({}, [1, 2, 3, 4]),
    ({"customer_id": "1"}, [1, 3]),
    ({"customer_id": "nobody"}, []),
    ({"customer_id": "\x00"}, []),
    ({"order_id": "A2"}, [2]),
    ({"item_id": "cup", "from": "2025-01-02"}, [3]),
    ({"from": "2025-01-02", "to": "2025-01-03"}, [2, 3]),
    ({"to": "2024-12-31"}, []),
]


@pytest.mark.parametrize(("query", "expected"), CHOICES)
def test_transactions_are_filtered(script: Script, query: dict[str, str], expected: list[int]) -> None:
    make_ledger(LINES)
    assert [row["line"] for row in script.get("transactions/", **query)["results"]] == expected


def test_pages_of_transactions_lead_through_all_of_them_once(script: Script) -> None:
    make_ledger(LINES)
    page = script.get("transactions/", page_size=3)
    assert [row["line"] for row in page["results"]] == [1, 2, 3]
    last = script.client.get(page["next"]).json()
    assert ([row["line"] for row in last["results"]], last["next"]) == ([4], None)
    assert page["results"][0]["amount"] == "5.125"


def test_a_day_that_is_none_is_refused(script: Script) -> None:
    for text in ("yesterday", "2025-02-31"):
        answer = script.client.get("/api/v1/transactions/", {"from": text})
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_date")


# --- customers ---


def test_customers_name_their_snapshot_and_follow_page_by_page(script: Script) -> None:
    snapshot = make_snapshot(12)
    page = script.get("customers/", page_size=5, ordering="-revenue")
    assert (page["snapshot"], page["as_of"]) == (snapshot.pk, "2025-12-31")
    seen = list(page["results"])
    while page["next"]:
        page = script.client.get(page["next"]).json()
        seen += page["results"]
    amounts = [float(row["revenue"]) for row in seen]
    assert amounts == sorted(amounts, reverse=True)
    assert len({row["customer_id"] for row in seen}) == 12


def test_customers_are_searched_and_filtered(script: Script) -> None:
    make_snapshot(12)
    Customer.objects.filter(pk=3).update(external_id="Ann", search_key="ann")
    assert [row["customer_id"] for row in script.get("customers/", search="AN")["results"]] == ["Ann"]
    gold = ScoreA.objects.filter(tier="gold").count()
    assert len(script.get("customers/", tier="gold")["results"]) == gold
    assert script.get("customers/", member="true")["results"] == []


def test_one_customer_is_what_the_command_prints(script: Script) -> None:
    make_snapshot(12)
    score, found = ScoreA.objects.get(pk=4), script.get("customers/4/")
    assert (found["customer_id"], found["frequency"], found["tier"]) == ("4", score.frequency, score.tier)
    assert (found["monetary_value"].count("."), found["anomalies"]) == (1, [])
    assert found["membership"]["is_member"] is False


@pytest.mark.parametrize("name", ["a~2Fb", "a/b", "a%2Fb"])
def test_an_id_with_a_slash_is_found_however_it_is_written(script: Script, name: str) -> None:
    make_customer("a/b")
    for path in (f"customers/{name}/", f"customers/{name}/history/"):
        assert script.client.get(f"/api/v1/{path}").status_code == 200


def test_history_gives_orders_with_their_lines_and_older_ones_behind_the_cursor(script: Script) -> None:
    make_ledger([Line(1, f"A{number:02}", date(2025, 1, 1 + number), "5") for number in range(25)])
    page = script.get("customers/1/history/")
    assert [order["order_id"] for order in page["results"]] == [f"A{number:02}" for number in range(24, 4, -1)]
    assert page["results"][0]["items"][0]["amount"] == "5.00"
    older = script.client.get(page["next"]).json()
    assert ([order["order_id"] for order in older["results"]][-1], older["next"]) == ("A00", None)


@pytest.mark.parametrize("path", ["customers/", "customers/4/", "customers/4/history/", "transactions/", "uploads/"])
def test_the_number_of_queries_does_not_grow_with_the_rows(script: Script, path: str) -> None:
    make_snapshot(40)
    with CaptureQueriesContext(connection) as asked:
        script.get(path)
    assert len(asked) <= 17


@pytest.mark.parametrize("query", ["tier=wood", "rfm_group=best", "member=perhaps", "ordering=bogus", "segment=x"])
def test_a_filter_that_makes_no_sense_is_refused_by_name(client: Client, query: str) -> None:
    client.force_login(make_user())
    answer = client.get(f"/api/v1/customers/?{query}")
    assert answer.status_code == 400
    assert query.split("=")[0] in answer.json()["detail"]
