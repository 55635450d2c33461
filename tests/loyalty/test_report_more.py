"""Beside the report: hypotheses that people write, past forecasts, history, and the lines behind a figure."""

import csv
import io
import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse

from core.problems import Problem
from loyalty import paper, traces
from loyalty.models import Report
from loyalty.paper.drawing import Area, Line, marks, ticks
from loyalty.selectors.report import report_content
from loyalty.selectors.standing import default_programme
from loyalty.services.reporting import withdraw_hypothesis
from segmentation import store
from segmentation.services import request_refresh
from tests.factories import make_shop, make_user, refreshed, reviewed
from tests.loyalty.reports import make_hypothesis, written

pytestmark = pytest.mark.django_db


def results(as_of: date | None = None) -> None:
    run = request_refresh(by=None, as_of=as_of)
    assert run is not None
    refreshed(run)


@pytest.fixture
def report() -> Report:
    make_shop()
    results()
    reviewed()
    make_hypothesis()
    return written()


def test_a_written_hypothesis_is_tested_with_the_others(report: Report) -> None:
    claims = report.content["hypotheses"]
    assert [claim["id"] for claim in claims] == ["H1", "H2", "H4", "H5"]
    mine = claims[-1]
    assert mine["statement"] == "Customers of tier Gold have more than 30 % of all revenue."
    scores = store.read_scores(report.snapshot, ["revenue", "tier"])
    share = scores["revenue"][scores["tier"] == "gold"].sum() / scores["revenue"].sum()
    assert mine["value"] == pytest.approx(share)
    assert mine["effect"] == pytest.approx(share - 0.3)
    # Holm over four: the smallest p value is multiplied by four.
    smallest = min(claims, key=lambda claim: claim["p_value"])
    assert smallest["p_adjusted"] == pytest.approx(min(1, 4 * smallest["p_value"]))


def test_another_set_of_hypotheses_is_another_report(report: Report, client: Client) -> None:
    assert written().pk == report.pk
    client.force_login(make_user("analyst"))
    address = reverse("loyalty:hypothesis-list")
    body = {"group": "members:", "measure": "median_ratio", "figure": "order_count", "percent": "10"}
    assert client.post(address, body).status_code == 302
    assert "tested already" in client.post(address, body).content.decode()
    impossible = {**body, "measure": "share", "figure": "average_order_value"}
    assert "choose one of" in client.post(address, impossible).content.decode()
    again = written()
    assert again.pk != report.pk
    assert again.content["hypotheses"][-1]["id"] == "H6"
    withdraw_hypothesis(hypothesis=default_programme().hypotheses.get(number=6), by=None)
    assert written().pk == report.pk


@pytest.mark.parametrize(("measure", "threshold"), [("share", 1.0), ("share", 0.0), ("median_ratio", 0.0)])
def test_thresholds_that_say_nothing_are_refused(measure: str, threshold: float) -> None:
    from loyalty.claims import check

    with pytest.raises(Problem, match="threshold"):
        check(measure, "revenue", "members", "", threshold)


def test_every_line_behind_a_figure_adds_up_to_it(report: Report, client: Client) -> None:
    client.force_login(make_user("manager"))
    evidence = report_content(report)["q4"]["evidence"][0]["url"]
    answer: Any = client.get(evidence)
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert sum(Decimal(row["revenue"]) for row in rows) == Decimal(report.content["q4"]["revenue"])
    scores = store.read_scores(report.snapshot, ["customer_key", "items"])
    mine = np.isin(scores["customer_key"], report.keys["members"])
    assert sum(Decimal(row["pieces"]) for row in rows) == Decimal(str(scores["items"][mine].sum()))
    customers = list(csv.DictReader(traces.customers_of(report)))
    assert len(customers) == report.snapshot.customers
    assert sum(row["is_member"] == "True" for row in customers) == report.content["q2"]["value"]
    assert (
        client.get(reverse("loyalty:report-lines", args=[report.pk]), {"group": "tier:none; DROP"}).status_code == 200
    )
    assert client.get(reverse("loyalty:report-lines", args=[report.pk]), {"group": "nobody"}).status_code == 302


def test_a_first_report_scores_a_forecast_made_as_if_back_then(report: Report) -> None:
    (past,) = report.content["q5"]["past"]
    assert past["kind"] == "backtest"
    everybody = past["groups"]["all"]
    assert everybody["months"] == len(everybody["by_month"]) >= 3
    assert sum(Decimal(month["came"]) for month in everybody["by_month"]) == pytest.approx(Decimal(everybody["came"]))
    assert sum(group["customers"] for name, group in past["groups"].items() if name != "all") == everybody["customers"]


def test_an_earlier_report_is_scored_on_its_own_members() -> None:
    make_shop()
    results(date(2025, 9, 30))
    reviewed()
    first = written()
    results(date(2025, 12, 31))
    second = written()
    (past,) = second.content["q5"]["past"]
    assert (past["kind"], past["report"], past["made_on"]) == ("report", first.pk, "2025-09-30")
    members = set(first.keys["members"])
    kept = [month["to"] for month in first.content["q5"]["groups"]["members"]["by_month"][:3]]
    assert [month["to"] for month in past["groups"]["members"]["by_month"]] == kept
    lines = csv.DictReader(traces.lines_of(second, "all"))
    came = sum(
        Decimal(line["revenue"])
        for line in lines
        if int(line["customer_id"]) in members and "2025-09-30" < line["ordered_at"][:10] <= kept[-1]
    )
    assert Decimal(past["groups"]["members"]["came"]) == came
    assert [entry.pk for entry in Report.objects.order_by("pk")] == [first.pk, second.pk]


VERDICT = {
    "experiment": 1,
    "name": "Autumn",
    "state": "running",
    "control_share": 0.1,
    "word": "better",
    "sentence": "It works: treated customers brought 4.20 GBP more each than the control. Keep it.",
    "is_proven": True,
    "more_weeks": None,
    "as_of": "2025-12-31",
    "arms": {
        "treatment": {"people": 90, "buyers": 50, "revenue_per_person": 24.2},
        "control": {"people": 10, "buyers": 5, "revenue_per_person": 20.0},
    },
    "revenue": {"value": 4.2, "interval": [1.5, 6.9]},
    "url": "/insiders/experiments/1/",
}


def test_the_proof_is_what_the_experiment_shows(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("jobs.answers.proof", "selectors.report"):
        monkeypatch.setattr(f"loyalty.{place}.verdict_of", lambda programme: VERDICT)
    again = written()
    assert again.pk != report.pk
    answer = again.content["q8"]
    assert answer["answer"] == "It works: treated customers brought 4.20 GBP more each than the control."
    assert answer["value"]["is_proven"] is True
    assert (answer["interval"], answer["grade"]) == ([1.5, 6.9], "high")
    assert "shows the choice, not an effect" in " ".join(answer["details"])
    assert answer["tables"][0]["rows"] == [
        ["In the programme", "90", "50", "24.20 GBP"],
        ["Kept out by chance", "10", "5", "20.00 GBP"],
    ]


def test_the_history_shows_each_question_and_past_reports_can_be_read(report: Report, client: Client) -> None:
    client.force_login(make_user("marketer"))
    assert "Not enough reports yet" in client.get(reverse("loyalty:report-history")).content.decode()
    results(report.snapshot.as_of + timedelta(days=1))
    latest = written()
    page = client.get(reverse("loyalty:report-history")).content.decode()
    assert page.count('class="chart"') == 11
    assert "Hypotheses: shares" in page
    assert "Hypotheses: medians beside that of all customers" in page
    assert f"Report {report.pk}<" in page
    assert f"Report {latest.pk}<" in page
    earlier = client.get(reverse("loyalty:report-detail", args=[report.pk])).content.decode()
    assert "This is an earlier report, as it was written." in earlier


def test_the_page_does_not_read_the_customers_behind_it(report: Report, client: Client) -> None:
    client.force_login(make_user("marketer"))
    fields = Report.objects.all().query.deferred_loading
    assert fields == ({"keys"}, True)
    page = client.get(reverse("loyalty:report")).content.decode()
    assert str(report.keys["eligible"]) not in page
    assert report.content["q1"]["count"] == len(report.keys["eligible"])


def test_the_files_for_people_say_what_the_page_says_and_ask_for_nothing(report: Report) -> None:
    content = report_content(report)
    made = paper.html(content, "https://shop.example")
    assert not re.search(r"src=|url\(|<link|<script|@import|<img", made)
    assert made.count("<svg") == sum(len(content[f"q{n}"]["charts"]) for n in range(1, 10))
    assert 'href="https://shop.example/insiders/"' in made
    assert "Customers of tier Gold have more than 30 % of all revenue." in made
    document = paper.pdf(content, "https://shop.example")
    assert document.startswith(b"%PDF-")
    assert b"https://shop.example/insiders/" in document


def test_a_report_that_is_not_written_yet_has_no_file(client: Client) -> None:
    client.force_login(make_user("manager"))
    for name in ("pdf", "html", "csv", "json"):
        assert client.get(reverse(f"loyalty:report-{name}")).status_code == 302


@pytest.mark.any_world
def test_charts_are_drawn_to_scale() -> None:
    bars = {"kind": "bar", "title": "", "unit": "", "x_label": "", "x": ["a", "b"], "band": None}
    series = [{"name": "one", "values": [10.0, 20.0]}]
    drawn = list(marks({**bars, "series": series, "is_share": False, "is_stacked": False}))
    heights = [mark.points[2][1] - mark.points[0][1] for mark in drawn if isinstance(mark, Area)][:2]
    assert heights[1] == pytest.approx(2 * heights[0])
    assert any(isinstance(mark, Line) for mark in drawn)
    assert ticks([0, 0]) == [0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert ticks([-30, 90])[0] <= -30
