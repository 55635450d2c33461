"""What the models page draws, and which model a refresh uses when things go wrong."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from analytics.lifetime import FitResult, NaiveRateParameters
from segmentation.jobs import values
from segmentation.jobs.inputs import Options
from segmentation.models import Snapshot, SnapshotPointer
from segmentation.registry import load_model, save_model
from tests.factories import make_snapshot
from tests.segmentation.bases import clockwork_lines, simulated_lines, snapshot_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.fresh_fits]

MODELS = {"bg_nbd", "mbg_nbd", "pareto_nbd", "naive"}


@pytest.fixture
def snapshot() -> Snapshot:
    return snapshot_of(simulated_lines(200))


def test_charts_hold_calibration_tracking_and_the_matrix(snapshot: Snapshot) -> None:
    charts: dict[str, Any] = snapshot.charts
    calibration, holdout = charts["calibration"], snapshot.holdout
    assert holdout is not None
    for group in calibration["groups"]:
        assert set(group["expected"]) == MODELS
    made = sum(group["customers"] * group["actual"] for group in calibration["groups"])
    assert made == pytest.approx(holdout["naive"]["actual_total"], abs=0.01)
    assert calibration["skill"]["naive"] == 0
    assert calibration["order"][0] == snapshot.fits["champion"]
    check_tracking(snapshot)
    check_matrix(charts["frequency_recency"])


def check_tracking(snapshot: Snapshot) -> None:
    charts: dict[str, Any] = snapshot.charts
    steps, weeks = charts["repeat_purchases"], charts["weekly_purchases"]
    assert charts["step_days"] == 7
    assert charts["holdout_from"] == str(snapshot.as_of - timedelta(days=snapshot.holdout_days - 1))
    assert sum(week["actual"] for week in weeks) <= steps[-1]["actual"]
    for name in ("actual", "expected", "foreseen"):
        assert sum(week[name] for week in weeks) == pytest.approx(steps[len(weeks) - 1][name], abs=5)
    first, second = (date.fromisoformat(step["on"]) for step in steps[:2])
    assert (second - first).days == 7


def check_matrix(matrix: dict[str, Any]) -> None:
    rows, columns = len(matrix["frequencies"]), len(matrix["days_since"])
    for name in ("p_alive", "expected_purchases"):
        assert (len(matrix[name]), {len(row) for row in matrix[name]}) == (rows, {columns})
    # The longer the silence, the less likely a customer is still one.
    assert all(row == sorted(row, reverse=True) for row in matrix["p_alive"])


def test_a_simple_rate_says_nothing_of_who_is_alive() -> None:
    snapshot = snapshot_of(clockwork_lines())
    charts: dict[str, Any] = snapshot.charts
    assert (snapshot.fits["champion"], snapshot.fits["chosen"]) == ("naive", "lost")
    assert charts["frequency_recency"]["p_alive"] is None
    assert charts["calibration"]["order"] == []
    assert {week["foreseen"] for week in charts["weekly_purchases"]} == {None}


def test_used_model_is_fitted_to_all_purchases_and_kept(snapshot: Snapshot) -> None:
    earlier = values.latest_good_fit()
    assert earlier is not None
    assert (earlier.fit.model, earlier.as_of) == (snapshot.fits["champion"], snapshot.as_of)
    printed = snapshot.fits[snapshot.fits["champion"]]
    assert earlier.fit.parameters.r == pytest.approx(printed["r"])
    assert len(earlier.fit.log_covariance) == 4


def test_earlier_model_is_used_when_none_can_be_fitted_now(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same shop, but no model is allowed to fit: the numbers of the published results take over, in any unit."""
    columns = columns_of(snapshot)
    monkeypatch.setattr("analytics.lifetime.fit.MIN_CUSTOMERS", 10**9)
    options = Options(snapshot.as_of, "week", 0, 180, 0.1)
    found = values.fit_models(columns, None, "No holdout was asked for.", options, values.latest_good_fit())
    assert (found.kind, found.champion, found.value_reason) == ("earlier", snapshot.fits["champion"], "earlier_model")
    assert found.used.unit == "week"
    assert found.fit_reasons()[0].startswith("No model could be fitted to the present purchases, so the one fitted to")
    report = values.fits_report(found)
    assert report["fitted_as_of"] == snapshot.as_of.isoformat()
    assert report["bg_nbd"] is None
    assert "Only" in report["not_fitted"]["bg_nbd"]


def test_earlier_model_that_no_longer_fits_gives_way_to_the_simple_rate(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = columns_of(snapshot)
    columns["frequency"] = columns["frequency"] * 50
    monkeypatch.setattr("analytics.lifetime.fit.MIN_CUSTOMERS", 10**9)
    options = Options(snapshot.as_of, "day", 0, 180, 0.1)
    found = values.fit_models(columns, None, "", options, values.latest_good_fit())
    assert (found.kind, found.champion, found.value_reason) == ("fallback", "naive", "too_few_customers")


def test_damaged_model_is_not_used_again() -> None:
    snapshot = make_snapshot(60)
    artifact = snapshot.artifacts.get(kind="purchases")
    artifact.parameters["champion"] = "bg_nbd" if snapshot.fits["champion"] != "bg_nbd" else "mbg_nbd"
    artifact.save()
    assert values.latest_good_fit() is None


def later(snapshot: Snapshot, stored: dict[str, Any]) -> Snapshot:
    """Newer published results of the same shop that keep `stored` as their purchase model."""
    facts = {name: getattr(snapshot, name) for name in ("unit", "holdout_days", "horizon_days", "published_at")}
    on = snapshot.as_of + timedelta(days=30)
    newer = Snapshot.objects.create(
        **facts, as_of=on, state=Snapshot.State.PUBLISHED, fingerprint="later", created_at=timezone.now()
    )
    save_model(newer, "purchases", {**stored, "fitted_as_of": on.isoformat()}, data_fingerprint="later")
    SnapshotPointer.objects.filter(pk=1).update(snapshot=newer)
    return newer


def test_last_good_model_is_found_behind_results_that_used_a_rate(snapshot: Snapshot) -> None:
    stored = load_model("purchases", snapshot=snapshot)
    lost = later(snapshot, {**stored, "champion": "naive"})
    rate = FitResult(NaiveRateParameters(1.0, 9.0, "day"), 200.0, reason_code="too_few_customers")
    later(lost, {**stored, "champion": "naive_rate", "fit": rate.as_dict()})
    found = values.latest_good_fit()
    assert found is not None
    assert (found.fit.model, found.as_of) == (snapshot.fits["champion"], snapshot.as_of)


def test_last_good_model_is_not_one_that_was_rolled_back(snapshot: Snapshot) -> None:
    newer = later(snapshot, load_model("purchases", snapshot=snapshot))
    found = values.latest_good_fit()
    assert found is not None
    assert found.as_of == newer.as_of
    SnapshotPointer.objects.filter(pk=1).update(snapshot=snapshot)
    found = values.latest_good_fit()
    assert found is not None
    assert found.as_of == snapshot.as_of


def columns_of(snapshot: Snapshot) -> dict[str, Any]:
    from segmentation import store

    names = ["frequency", "recency", "T", "monetary_value", "gross_revenue"]
    return {name: column.astype(float) for name, column in store.read_scores(snapshot, names).items()}
