"""The `refresh` command, by its contract; and published numbers, reached through our own doors."""

import json
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from core.models import Run
from crm.ledger.engines import session
from segmentation import selectors, store
from segmentation.models import Snapshot
from tests.factories import make_shop


@pytest.fixture(autouse=True)
def children(real_children: None) -> None:
    """The command does its work in a real child process."""


def run(name: str, *arguments: str) -> dict[str, Any]:
    printed = StringIO()
    call_command(name, *arguments, "--json", stdout=printed, stderr=StringIO())
    result: dict[str, Any] = json.loads(printed.getvalue())
    return result


def test_refresh_prints_every_field_of_the_contract() -> None:
    make_shop(60)
    result = run("refresh")
    assert {"snapshot", "as_of", "unit", "customers", "seconds", "unchanged"} <= set(result)
    names = {"bg_nbd", "mbg_nbd", "pareto_nbd", "gamma_gamma", "champion", "reasons"}
    assert set(result["models"]) == names
    assert {"r", "alpha", "a", "b", "log_likelihood"} <= set(result["models"]["bg_nbd"])
    assert {"r", "alpha", "s", "beta", "log_likelihood"} <= set(result["models"]["pareto_nbd"])
    # In this shop frequent buyers spend less a time, which the spend model rules out: no figures, but a reason.
    assert result["models"]["gamma_gamma"] is None
    assert "depends on how often" in " ".join(result["models"]["reasons"])
    assert {"days", "bg_nbd", "mbg_nbd", "pareto_nbd", "naive"} == set(result["holdout"])
    assert set(result["holdout"]["naive"]) == {"total", "actual_total", "mae", "rmse", "correlation"}
    for grouping in ("segments", "tiers", "rfm_groups"):
        assert sum(entry["size"] for entry in result[grouping]) == result["customers"] == 60
        assert all({"name", "size", "revenue", "share"} <= set(entry) for entry in result[grouping])
    figures = {"silhouette", "stability_ari", "separation", "set_aside"}
    assert set(result["quality"]) == {"algorithm", "k", "space", "sample"} | figures
    again = run("refresh", "--engine", "duckdb")
    assert again == {**result, "unchanged": True}


def test_refresh_without_purchases_fails_with_a_sentence() -> None:
    printed = StringIO()
    with pytest.raises(CommandError) as failure:
        call_command("refresh", "--json", stdout=printed, stderr=StringIO())
    assert failure.value.returncode == 1
    assert json.loads(printed.getvalue())["error"]["code"] == "no_purchases"


def test_refresh_refuses_a_bad_horizon_with_its_code() -> None:
    make_shop(5)
    printed = StringIO()
    with pytest.raises(CommandError):
        call_command("refresh", "--horizon-days", "0", "--json", stdout=printed, stderr=StringIO())
    assert json.loads(printed.getvalue())["error"]["code"] == "horizon_out_of_range"


@pytest.mark.realdata
def test_cdnow_comes_out_as_published(test_data: Path) -> None:
    """Fader, Hardie & Lee 2005 (BG/NBD in weeks) and Fader & Hardie 2013 (Gamma-Gamma), calibration period."""
    run("ingest", str(test_data / "cdnow" / "CDNOW_sample.txt"))
    result = run("refresh", "--as-of", "1997-09-30", "--unit", "week")
    assert (result["customers"], result["unit"], result["as_of"]) == (2357, "week", "1997-09-30")
    bg_nbd, spend = result["models"]["bg_nbd"], result["models"]["gamma_gamma"]
    assert [round(bg_nbd[name], 3) for name in ("r", "alpha", "a", "b")] == [0.243, 4.414, 0.793, 2.426]
    assert bg_nbd["log_likelihood"] == pytest.approx(-9582.429, abs=0.0005)
    mbg_nbd, pareto_nbd = result["models"]["mbg_nbd"], result["models"]["pareto_nbd"]
    assert [round(mbg_nbd[name], 3) for name in ("r", "alpha", "a", "b")] == [0.525, 6.183, 0.891, 1.614]
    assert mbg_nbd["log_likelihood"] == pytest.approx(-9582.136, abs=0.0005)
    assert [round(pareto_nbd[name], 3) for name in ("r", "alpha", "s", "beta")] == [0.553, 10.578, 0.606, 11.669]
    assert pareto_nbd["log_likelihood"] == pytest.approx(-9594.976, abs=0.0005)
    assert [round(spend[name], 2) for name in ("p", "q", "gamma")] == [6.25, 3.74, 15.44]
    assert spend["log_likelihood"] == pytest.approx(-4055.918, abs=0.0005)
    scores = store.read_scores(Snapshot.objects.get(pk=result["snapshot"]), ["frequency", "monetary_value"])
    assert (scores["frequency"].sum(), (scores["frequency"] == 0).sum()) == (2457, 1411)
    assert (scores["monetary_value"] > 0).sum() == 946


@pytest.mark.realdata
def test_cdnow_holdout_comes_out_as_recomputed(test_data: Path) -> None:
    """39 weeks against 39 weeks: totals of correctness tables, BG/NBD against the customers' own rate."""
    run("ingest", str(test_data / "cdnow" / "CDNOW_sample.txt"))
    result = run("refresh", "--as-of", "1998-06-30", "--unit", "week", "--holdout-days", "273")
    holdout = result["holdout"]
    assert holdout["naive"]["actual_total"] == 1882
    assert holdout["bg_nbd"]["total"] == pytest.approx(1653.4, abs=0.05)
    assert holdout["bg_nbd"]["correlation"] == pytest.approx(0.6256, abs=0.00005)
    assert holdout["mbg_nbd"]["total"] == pytest.approx(1576.7, abs=0.05)
    assert holdout["mbg_nbd"]["correlation"] == pytest.approx(0.6273, abs=0.00005)
    assert holdout["pareto_nbd"]["total"] == pytest.approx(1665.5, abs=0.05)
    assert holdout["pareto_nbd"]["correlation"] == pytest.approx(0.6302, abs=0.00005)
    assert holdout["naive"]["total"] == pytest.approx(2930.1, abs=0.05)
    assert holdout["naive"]["correlation"] == pytest.approx(0.5839, abs=0.00005)
    assert result["models"]["champion"] == "pareto_nbd"


@pytest.mark.realdata
def test_online_retail_comes_out_exactly(test_data: Path) -> None:
    run("ingest", str(test_data / "online-retail" / "data.csv.gz"))
    result = run("refresh")
    snapshot = selectors.current_snapshot()
    assert snapshot is not None
    assert (result["customers"], result["as_of"]) == (4338, "2011-12-09")
    assert snapshot.as_of == date(2011, 12, 9)
    assert Decimal(snapshot.totals["revenue"]) == Decimal("9747747.934")
    assert Decimal(snapshot.totals["gross_revenue"]) == Decimal("10666684.544")
    assert Decimal(snapshot.totals["returned_value"]) == Decimal("918936.61")
    with store.connection(snapshot) as opened:
        gross, net = opened.execute("SELECT sum(gross_revenue), sum(revenue) FROM scores").fetchall()[0]
    assert gross == Decimal("8911407.904")
    for grouping in ("segments", "tiers", "rfm_groups"):
        entries = result[grouping]
        assert sum(entry["size"] for entry in entries) == 4338
        assert sum(Decimal(entry["revenue"]) for entry in entries) == net
        assert sum(entry["share"] for entry in entries) == pytest.approx(float(net) / 9747747.934, abs=1e-8)
    assert selectors.scores(snapshot).count() == 4338
    quality = result["quality"]
    assert (quality["algorithm"], quality["k"], quality["set_aside"]) == ("kmeans", 4, 43)
    assert quality["silhouette"] == pytest.approx(0.301, abs=0.005)
    assert quality["separation"] == pytest.approx(0.775, abs=0.005)
    assert quality["stability_ari"] > 0.9
    assert snapshot.quality["fidelity"]["segment"] > 0.9


@pytest.mark.parametrize("lacking", ["pyspark", "Java", "SPARK_MASTER"])
def test_refresh_on_a_cluster_that_is_not_there_ends_at_once_with_what_to_do(
    lacking: str, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    make_shop(5)
    settings.SPARK_MASTER = ""
    monkeypatch.setattr(session, "find_spec", lambda name: None if lacking == "pyspark" else object())
    monkeypatch.setattr(session, "is_java_usable", lambda: lacking != "Java")
    printed = StringIO()
    with pytest.raises(CommandError):
        call_command("refresh", "--engine", "spark", "--json", stdout=printed, stderr=StringIO())
    error = json.loads(printed.getvalue())["error"]
    assert error["code"] == "engine_unavailable"
    assert lacking in error["message"]
    assert "--engine duckdb" in error["message"]
    assert not Run.objects.exists()
