"""The nine answers on public data and on the demo shop, by the commands that people type; figures found in lines."""

import csv
import json
from collections.abc import Iterator
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from loyalty import traces
from loyalty.models import Report
from loyalty.selectors.report import QUESTIONS
from segmentation.services import request_refresh
from tests.factories import imported, make_upload, refreshed, reviewed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def children(real_children: None) -> None:
    """The commands do their work in real child processes."""


def run(name: str, *arguments: str) -> dict[str, Any]:
    printed = StringIO()
    call_command(name, *arguments, "--json", stdout=printed, stderr=StringIO())
    result: dict[str, Any] = json.loads(printed.getvalue())
    return result


def reported(path: Path) -> dict[str, Any]:
    """What the command prints; what it stands on is done in this process."""
    imported(make_upload(path.read_bytes(), name=path.name))
    values = request_refresh(by=None)
    assert values is not None
    refreshed(values)
    reviewed()
    return run("report", "--format", "json")


def lines(group: str) -> Iterator[dict[str, str]]:
    yield from csv.DictReader(traces.lines_of(Report.objects.get(), group))


def check_answers(report: dict[str, Any]) -> None:
    for name in QUESTIONS:
        answer = report[name]
        assert answer["answer"].endswith("."), name
        assert answer["interval"] or answer["basis"].startswith("Counted"), name
        assert f"results {report['snapshot']}" in answer["basis"], name
        assert answer["evidence"], name
    assert len(report["q1"]["value"]) == report["q1"]["count"] >= report["q2"]["value"] > 0
    low, high = (Decimal(end) for end in report["q5"]["interval"])
    assert low < Decimal(report["q5"]["value"]) < high
    (past,) = report["q5"]["past"]
    assert past["groups"]["all"]["months"] >= 1
    assert [claim["id"] for claim in report["hypotheses"]] == ["H1", "H2", "H4"]
    assert all(claim["interval"] for claim in report["hypotheses"])


def check_lines(report: dict[str, Any]) -> None:
    """What the claims say, added up again from the lines of the ledger."""
    sums: dict[str, list[Decimal]] = {}
    for group in ("members", "all"):
        found = list(lines(group))
        sums[group] = [sum((Decimal(line[name]) for line in found), Decimal(0)) for name in ("pieces", "revenue")]
    assert sums["members"][1] == pytest.approx(Decimal(report["q4"]["revenue"]), abs=Decimal("0.01"))
    h1, _h2, _h4 = report["hypotheses"]
    assert h1["value"] == pytest.approx(float(sums["members"][0] / sums["all"][0]), abs=1e-6)


@pytest.mark.realdata
@pytest.mark.django_db(transaction=True)
def test_cdnow_is_answered(test_data: Path) -> None:
    report = reported(test_data / "cdnow" / "CDNOW_sample.txt")
    check_answers(report)
    check_lines(report)


@pytest.mark.django_db(transaction=True)
def test_the_demo_shop_is_answered(tmp_path: Path) -> None:
    run("demo", "--out", str(tmp_path), "--size", "small", "--seed", "1")
    check_answers(reported(tmp_path / "transactions.csv"))


@pytest.mark.realdata
@pytest.mark.django_db(transaction=True)
def test_online_retail_is_answered_with_figures_found_in_its_lines(test_data: Path) -> None:
    report = reported(test_data / "online-retail" / "data.csv.gz")
    check_answers(report)
    check_lines(report)
    assert Decimal(report["q4"]["total_revenue"]) == Decimal("9747747.93")
    h1, h2, h4 = report["hypotheses"]
    assert all(claim["holds"] for claim in (h1, h2, h4))
    assert h1["value"] > 0.6
    assert h2["value"] > 0.6
    assert h4["value"] > 2
    # The season before Christmas is in no model: the forecast is far off, and the grade says so.
    assert report["q5"]["grade"] == "low"
