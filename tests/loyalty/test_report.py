"""Nine answers from the snapshot, each with its basis, on a shop of any size."""

import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from core.models import AuditEvent
from crm.models import Customer
from loyalty.models import Affinity, MembershipEvent, Report, Review, RuleVersion
from loyalty.selectors.actions import advice_of, foremost
from loyalty.selectors.report import QUESTIONS, report_document
from loyalty.selectors.standing import default_programme
from segmentation.models import Snapshot
from segmentation.services import request_refresh
from tests.analytics.ledger import Line
from tests.factories import make_ledger, make_snapshot, make_token, make_user, refreshed, reviewed
from tests.loyalty.action_world import advised
from tests.loyalty.reports import written

pytestmark = pytest.mark.django_db

FIELDS = {
    *("question", "answer", "value", "interval", "level", "basis", "evidence", "confidence"),
    "what_would_change_it",
}


@pytest.fixture
def commands(real_children: None) -> None:
    """Commands do their work in real children."""


def printed(capsys: pytest.CaptureFixture[str], *command: Any, **options: Any) -> dict[str, Any]:
    capsys.readouterr()
    call_command(*command, as_json=True, **options)
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def test_every_question_is_answered_with_all_its_parts() -> None:
    make_snapshot()
    review = reviewed()
    content = written().content
    for name in QUESTIONS:
        assert set(content[name]) >= FIELDS, name
        assert content[name]["answer"].endswith(".")
        assert content[name]["interval"] or "Counted" in content[name]["basis"], name
        assert len(re.findall(r"[.!?](?= [A-Z]|$)", content[name]["answer"])) == 1, content[name]["answer"]
        assert f"results {content['snapshot']}" in content[name]["basis"], name
        assert "model" in content[name]["basis"], name
        assert content[name]["confidence"].lower().startswith(content[name]["grade"]), name
        assert content[name]["charts"] or content[name]["tables"], name
        assert content[name]["evidence"], name
    assert content["q1"]["value"] is None
    assert content["q1"]["count"] == review.eligible
    assert content["q2"]["value"] == review.members
    assert [claim["id"] for claim in content["hypotheses"]] == ["H1", "H2", "H4"]


def test_the_report_advises_what_the_page_of_actions_advises() -> None:
    """The report works it out where it comes first; the page shows the same then."""
    make_snapshot()
    reviewed()
    told = written().content["q9"]["value"]
    assert Affinity.objects.count() == 1
    advised()
    advice = advice_of(default_programme())
    assert advice is not None
    names = {"group": "group", "kind": "action", "audience": "audience", "worth": "expected_worth"}
    rows = [{name: row[key] for name, key in names.items()} for row in told]
    assert rows == [{name: row[name] for name in names} for row in foremost(advice.content)]
    assert {"win_back", "visit"} <= {row["kind"] for row in rows}
    assert any(row["group"] != "all" for row in rows)
    Report.objects.all().delete()
    assert written().content["q9"]["value"] == told


def test_the_share_of_revenue_is_exact_and_counts_guests() -> None:
    snapshot = make_snapshot()
    reviewed()
    answer = written().content["q4"]
    total, identified = Decimal(snapshot.totals["revenue"]), Decimal(snapshot.totals["identified_revenue"])
    assert total - identified == 40
    assert answer["value"] == pytest.approx(float(Decimal(answer["revenue"]) / total), abs=1e-9)
    assert answer["share_of_identified"] > answer["value"]


def test_the_months_of_the_forecast_add_up_and_lie_in_their_interval() -> None:
    make_snapshot()
    reviewed()
    answer = written().content["q5"]
    low, high = (Decimal(end) for end in answer["interval"])
    assert low <= Decimal(answer["value"]) <= high
    assert len(answer["by_month"]) == 12
    months = sum(Decimal(month["revenue"]) for month in answer["by_month"])
    assert abs(months - Decimal(answer["value"])) < Decimal("0.12")


def test_without_members_every_question_still_has_an_answer() -> None:
    make_snapshot()
    content = written().content
    assert content["q2"]["value"] == 0
    assert content["q5"]["value"] == "0.00"
    assert not any(claim["holds"] for claim in content["hypotheses"])


def test_a_shop_with_one_customer_gets_an_honest_report() -> None:
    make_ledger([Line(1, "a", date(2025, 5, 1), "20"), Line(1, "b", date(2025, 5, 9), "30")])
    run = request_refresh(by=None)
    assert run is not None
    refreshed(run)
    assert reviewed().members == 1
    content = written().content
    assert content["q8"]["value"]["experiment"]["smallest_effect"] is None
    assert any("too few" in text for text in content["q8"]["details"])
    assert content["q5"]["confidence"].startswith("Low")


def test_a_report_holds_no_outside_id() -> None:
    make_snapshot()
    Customer.objects.filter(pk=2).update(external_id="somebody@example.org")
    reviewed()
    report = written()
    assert 2 in report.keys["eligible"]
    assert "somebody" not in json.dumps(report.content)
    assert "somebody@example.org" in report_document(report)["q1"]["value"]


def test_the_same_report_again_is_the_same_row() -> None:
    make_snapshot()
    reviewed()
    assert written().pk == written().pk
    assert Report.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_review_and_report_commands_print_their_contract(
    commands: None, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    make_snapshot()
    plan = printed(capsys, "review", dry_run=True)
    assert (MembershipEvent.objects.count(), RuleVersion.objects.count(), Review.objects.count()) == (0, 0, 0)
    done = printed(capsys, "review")
    names = ("joined", "left", "kept", "warned", "members", "revenue_at_stake")
    assert {name: plan[name] for name in names} == {name: done[name] for name in names}
    assert done["state"] == "applied"
    assert printed(capsys, "review")["unchanged"] is True
    report = printed(capsys, "report")
    assert report["snapshot"] == Snapshot.objects.get().pk
    assert set(report["q1"]["value"]) <= set(Customer.objects.values_list("external_id", flat=True))
    assert report["q2"]["value"] == done["members"]
    page = tmp_path / "report.html"
    printed(capsys, "report", kind="html", out=page)
    html = page.read_text()
    assert "Who is eligible?" in html
    assert not re.search(r"src=|url\(|<link|<script|@import", html)
    call_command("report", kind="csv")
    assert capsys.readouterr().out.startswith("id,question,answer")


@pytest.mark.parametrize("command", ["review", "report"])
def test_without_results_the_commands_say_what_to_do(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CommandError):
        call_command(command, as_json=True)
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "no_snapshot"


def test_the_page_shows_the_nine_answers(client: Client) -> None:
    make_snapshot()
    reviewed()
    client.force_login(make_user("marketer"))
    assert "Report" in client.get(reverse("loyalty:report")).content.decode()
    written()
    page = client.get(reverse("loyalty:report")).content.decode()
    assert all(f'id="q{number}"' in page for number in range(1, 10))
    assert "95 % interval" in page


def test_the_api_gives_programme_members_events_reviews_and_report(client: Client) -> None:
    make_snapshot()
    review = reviewed()
    written()
    headers = {"Authorization": f"Token {make_token(make_user('marketer'))}"}

    def ask(path: str) -> Any:
        answer = client.get(f"/api/v1/{path}", headers=headers)
        assert answer.status_code == 200, (path, answer.content)
        return answer.json()

    assert ask("programme/")["members"] == review.members
    assert len(ask("members/")["results"]) == review.members
    assert ask("members/events/")["results"][0]["sentence"].startswith("Joined on ")
    assert ask("reviews/")["results"][0]["joined"] == review.joined
    assert ask("report/")["q2"]["value"] == review.members
    eligible = ask("report/")["q1"]["value"]
    assert AuditEvent.objects.filter(action="report.exported").latest("pk").facts == {"format": "api"}
    # Who may not take lists away learns how many are eligible, not who.
    headers = {"Authorization": f"Token {make_token(make_user('analyst'))}"}
    assert ask("report/")["q1"]["value"] == len(eligible) > 0


def test_the_api_previews_rules_and_refuses_bad_ones(client: Client) -> None:
    make_snapshot()
    headers = {"Authorization": f"Token {make_token(make_user('analyst'), 'write')}"}

    def ask(entry: int, stay: int) -> Any:
        rule = [[{"feature": "orders_12m", "operator": ">=", "value": value}] for value in (entry, stay)]
        body = {"entry": rule[0], "stay": rule[1]}
        return client.post("/api/v1/programme/preview/", body, content_type="application/json", headers=headers)

    assert ask(4, 2).json()["joined"] > 0
    refused = ask(2, 4)
    assert (refused.status_code, refused.json()["code"]) == (400, "rules")
