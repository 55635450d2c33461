"""The lab for scripts."""

from typing import Any

import pytest
from django.test import Client

from core.models import Run
from segmentation.models import Comparison
from segmentation.selectors import current_choice
from tests.factories import do_run, make_snapshot, make_token, make_user

pytestmark = pytest.mark.django_db

LAB = "/api/v1/segments/lab/"
ASKED = {"combinations": [{"algorithm": "kmeans", "space": "scaled", "k": 3}], "sample_wanted": 1000}


@pytest.fixture
def script() -> Client:
    return Client(headers={"Authorization": f"Token {make_token(make_user('analyst'), scope='write')}"})


def post(script: Client, address: str, body: dict[str, Any]) -> Any:
    return script.post(address, body, content_type="application/json")


def test_a_script_asks_waits_reads_and_chooses(script: Client) -> None:
    make_snapshot(60)
    answer = post(script, LAB, ASKED)
    assert answer.status_code == 201
    assert answer.json()["state"] == "pending"
    do_run(Run.objects.get(pk=answer.json()["run"]))
    found = script.get(f"{LAB}{answer.json()['id']}/").json()
    assert (found["state"], found["sample"]) == ("succeeded", 60)
    assert found["results"][0]["judgement"]["k"] == 3
    assert post(script, LAB, ASKED).json()["id"] == found["id"]
    assert [each["id"] for each in script.get(LAB).json()["results"]] == [found["id"]]
    chosen = post(script, f"{LAB}{found['id']}/0/use/", {}).json()
    assert Run.objects.get(pk=chosen["run"]).kind == "segmentation.refresh"
    assert current_choice() is not None


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"combinations": [{"algorithm": "magic", "space": "scaled"}]}, "magic"),
        ({"combinations": []}, "one and six"),
        ({}, "required"),
        ({**ASKED, "sample_wanted": 5}, "100"),
        ({"combinations": [{"algorithm": "kmeans", "space": "scaled", "k": 99}]}, "from 2 to 12"),
    ],
)
def test_what_can_not_be_compared_is_a_problem_with_a_sentence(script: Client, body: dict[str, Any], word: str) -> None:
    make_snapshot(60)
    answer = post(script, LAB, body)
    assert answer.status_code == 400
    assert word in answer.content.decode()
    assert not Comparison.objects.exists()


def test_without_results_there_is_nothing_to_compare_on(script: Client) -> None:
    assert "upload purchases first" in post(script, LAB, ASKED).json()["detail"]


def test_a_result_that_is_not_there_can_not_be_chosen(script: Client) -> None:
    make_snapshot(60)
    entry = post(script, LAB, ASKED).json()
    assert post(script, f"{LAB}{entry['id']}/0/use/", {}).status_code == 400
    assert post(script, f"{LAB}404/0/use/", {}).status_code == 404
