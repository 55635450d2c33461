"""Pages and API of experiments, and tables that people hand in."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from core.models import AuditEvent
from loyalty.models import Experiment, ImportedTable
from tests.factories import do_run, make_token, make_user
from tests.loyalty.proof_world import START, a_running_control, a_shop, an_action_test, an_import
from tests.loyalty.world import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(client: Client) -> Client:
    client.force_login(make_user("manager"))
    return client


def text(client: Client, name: str, data: dict[str, str] | None = None, **kwargs: int) -> str:
    return client.get(reverse(name, kwargs=kwargs), data or {}).content.decode()


def test_a_plan_answers_in_people_money_and_weeks(manager: Client) -> None:
    a_shop()
    page = text(
        manager, "loyalty:experiment-plan", {"about": "tier:gold", "share": "0.5", "weeks": "8", "uplift": "0.2"}
    )
    assert "Of 400 customers 200 would be kept as control" in page
    assert "The smallest effect that shows with a chance of 80 %" in page
    assert "An effect of 20 % would show with a chance of" in page
    odd = text(manager, "loyalty:experiment-plan", {"about": "segment:0", "share": "x", "weeks": "-1"})
    assert "Of 400 customers 40 would be kept as control" in odd  # what can't be used counts as the usual choice


def test_a_plan_is_started_and_a_stale_one_is_not(manager: Client) -> None:
    a_shop()
    plan = {"about": "programme", "share": "0.1", "weeks": "13", "uplift": "0.1", "name": "First"}
    stale = manager.post(reverse("loyalty:experiment-plan"), {**plan, "about": "segment:0"}).content.decode()
    assert "not offered any more" in stale
    assert not Experiment.objects.exists()
    manager.post(reverse("loyalty:experiment-plan"), plan)
    assert Experiment.objects.get().state == "running"
    again = manager.post(reverse("loyalty:experiment-plan"), {**plan, "name": "Second"}).content.decode()
    assert "end that experiment first" in again


def test_the_groups_can_be_taken_to_the_tool_that_acts(manager: Client) -> None:
    a_shop(60)
    run = an_action_test().run
    assert run is not None
    do_run(run)
    address = reverse("loyalty:experiment-groups", kwargs={"pk": Experiment.objects.get().pk})
    answer = manager.get(address)
    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert lines[0] == "customer_id,group,stratum,assigned_on"
    assert len(lines) == 61
    assert sum(",control," in line for line in lines) == 30
    assert lines[1].endswith(START.isoformat())
    treated = manager.get(
        reverse("loyalty:experiment-groups", kwargs={"pk": Experiment.objects.get().pk}), {"who": "treated"}
    )
    lines = b"".join(treated.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert len(lines) == 31
    assert not any(",control," in line for line in lines)
    assert AuditEvent.objects.filter(action="experiment.exported").exists()


def test_the_page_shows_the_seed_before_anything_is_read(manager: Client) -> None:
    a_shop(120)
    experiment = a_running_control(120)
    page = text(manager, "loyalty:experiment-detail", pk=experiment.pk)
    assert "<wbr>".join(experiment.draws.get().seed_parts) in page
    assert "Nothing to read yet" in page
    assert "Does it work?" in text(manager, "loyalty:experiment-list")


def test_an_imported_table_is_read_and_its_rows_are_not_kept(manager: Client) -> None:
    table = "customer_id;version;bought\n" + "".join(
        f"c{number};{'gate_40' if number % 2 else 'gate_30'};{'TRUE' if number % 7 == 0 else 'FALSE'}\n"
        for number in range(2_000)
    )
    file = SimpleUploadedFile("cats.csv", table.encode("utf-8-sig"), content_type="text/csv")
    manager.post(
        reverse("loyalty:experiment-import"), {"name": "Cats", "file": file, "share": "50", "control_value": "gate_40"}
    )
    experiment = Experiment.objects.get()
    assert experiment.run is not None
    do_run(experiment.run)
    assert ImportedTable.objects.get().data is None
    page = text(manager, "loyalty:experiment-detail", pk=experiment.pk)
    assert "No difference is shown between the groups." in page
    assert "2,000 rows" in page


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"PK\x03\x04\x00\x00", "save the table as CSV"),
        (b"group,spent\na,1", "at least one row a group"),
        (b"group,spent\na,1\nb,2,3\n", "Row 3 has 3 cells"),
        (b"group,group\na,1\nb,2\n", "same heading"),
        (b'group,spent\n"a,1\nb,2\n', "can't be read as CSV"),
        (b"a,b\n1,2\n3,4\n", "call it “group”"),
        (b"group;kunden;umsatz\nA;1000;12,50\nB;1000;14,50\n", "call that column “people”"),
        ("group,spent\n" + "a,1\nb,2\n" * 9 + "a,<script>\n", "is no number"),
    ],
)
def test_a_table_that_is_none_is_refused_in_a_sentence_and_can_be_removed(
    manager: Client, data: bytes | str, words: str
) -> None:
    experiment = an_import(data)
    assert experiment.run is not None
    assert words in refused(experiment.run).error
    page = text(manager, "loyalty:experiment-detail", pk=experiment.pk)
    assert "Remove it and try again." in page
    assert '<script>"' not in page
    manager.post(reverse("loyalty:experiment-remove", kwargs={"pk": experiment.pk}))
    assert not Experiment.objects.exists()


def test_an_empty_or_huge_file_is_refused_at_once(manager: Client) -> None:
    address = reverse("loyalty:experiment-import")
    for data, words in ((b"  ", "The file is empty"), (b"x" * 10_000_001, "more than 10 MB")):
        file = SimpleUploadedFile("t.csv", data)
        page = manager.post(address, {"name": "T", "file": file, "share": "50"}).content.decode()
        assert words in page
    assert not Experiment.objects.exists()


def test_scripts_start_read_and_end_an_experiment(client: Client) -> None:
    a_shop()
    headers = {"authorization": f"Token {make_token(make_user('manager'), 'write')}"}
    address = reverse("api:experiment-list")
    body = json.dumps({"name": "By script", "control_share": 0.25, "weeks": 8})
    made = client.post(address, body, content_type="application/json", headers=headers)
    assert (made.status_code, made.json()["verdict"]) == (201, "waiting")
    pk = made.json()["id"]
    assert client.get(address, headers=headers).json()["results"][0]["name"] == "By script"
    detail = client.get(reverse("api:experiment-detail", kwargs={"pk": pk}), headers=headers).json()
    assert (detail["draws"], detail["readings"]) == ([], [])
    end = reverse("api:experiment-end", kwargs={"pk": pk})
    assert client.post(end, headers=headers).json()["state"] == "ended"
    assert client.post(end, headers=headers).json()["state"] == "ended"
    wrong = client.post(
        address, json.dumps({"name": "x", "control_share": 0.9}), content_type="application/json", headers=headers
    )
    assert wrong.status_code == 400
    assert "between 1 and 50 %" in wrong.json()["detail"]


def test_a_table_with_decimal_commas_is_read_as_numbers(manager: Client) -> None:
    experiment = an_import(
        "gruppe;people;land;umsatz_mean;umsatz_sd\nA;1000;DE;12,50;30,1\nB;1000;DE;14,50;29,9\n", arm_column="gruppe"
    )
    assert experiment.run is not None
    do_run(experiment.run)
    page = text(manager, "loyalty:experiment-detail", pk=experiment.pk)
    assert "Not compared, as they hold no numbers: land" in page
    content = experiment.readings.get().content
    assert [(each["name"], each["control"], each["treated"]) for each in content["outcomes"]] == [
        ("umsatz_mean", 12.5, 14.5)
    ]
