"""Unusual customers: found, explained, and scored the same from stored numbers."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score

from analytics.outliers import fit_forest, fit_outliers
from analytics.scoring.outliers import (
    OutlierModel,
    OutlierModelError,
    Reason,
    describe_reason,
    judge,
    reasons,
    severity,
)

COLUMNS = ["order_count", "gross_revenue", "days_since_last_purchase"]


@pytest.fixture(scope="module")
def base() -> pd.DataFrame:
    generator = np.random.default_rng(4)
    return pd.DataFrame(
        {
            "order_count": generator.poisson(4, 1500) + 1.0,
            "gross_revenue": generator.lognormal(5, 1.0, 1500),
            "days_since_last_purchase": generator.uniform(0, 200, 1500),
        }
    )


@pytest.fixture(scope="module")
def with_giant(base: pd.DataFrame) -> pd.DataFrame:
    giant = pd.DataFrame({"order_count": [400.0], "gross_revenue": [900_000.0], "days_since_last_purchase": [90.0]})
    return pd.concat([base, giant], ignore_index=True)


def test_the_giant_is_the_worst_and_named_by_its_figures(with_giant: pd.DataFrame) -> None:
    model = fit_outliers(with_giant, columns=COLUMNS, random_state=1)
    judged = judge(model, with_giant)
    assert int(np.argmax(judged.anomaly_score)) == 1500
    assert judged.is_anomaly[1500]
    found = reasons(model, with_giant.iloc[[1500]])[0]
    assert [reason["feature"] for reason in found] == ["order_count", "gross_revenue"]
    assert found[0]["direction"] == "above"
    assert found[0]["value"] == 400
    assert found[0]["typical"] == with_giant["order_count"].median()
    assert found[0]["times"] == round(400 / found[0]["typical"], 2)


def test_at_most_the_expected_share_is_flagged(base: pd.DataFrame) -> None:
    for contamination, most in [(0.0, 0), (0.01, 15), (0.1, 150)]:
        model = fit_outliers(base, columns=COLUMNS, contamination=contamination, random_state=1)
        assert int(judge(model, base).is_anomaly.sum()) == most


def test_nobody_is_unusual_among_equals() -> None:
    table = pd.DataFrame({name: [3.0] * 300 for name in COLUMNS})
    model = fit_outliers(table, columns=COLUMNS, contamination=0.1, random_state=1)
    assert not judge(model, table).is_anomaly.any()
    assert reasons(model, table.iloc[:1]) == [[]]


def test_one_customer_is_no_anomaly(base: pd.DataFrame) -> None:
    model = fit_outliers(base.iloc[:1], columns=COLUMNS, random_state=1)
    assert not judge(model, base.iloc[:1]).is_anomaly.any()


def test_no_customers_is_refused_with_a_sentence(base: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="no customers"):
        fit_outliers(base.iloc[:0], columns=COLUMNS, random_state=1)
    with pytest.raises(ValueError, match="50 %"):
        fit_outliers(base, columns=COLUMNS, contamination=0.7, random_state=1)


def test_the_arrays_score_as_sklearn_does(base: pd.DataFrame) -> None:
    matrix = base.to_numpy()
    forest = fit_forest(matrix, random_state=9)
    theirs = IsolationForest(n_estimators=100, max_samples=256, random_state=9).fit(matrix)
    np.testing.assert_allclose(forest.score(matrix), -theirs.score_samples(matrix), atol=1e-12)


def test_a_stored_model_judges_alike(with_giant: pd.DataFrame) -> None:
    model = fit_outliers(with_giant, columns=COLUMNS, random_state=1)
    restored = OutlierModel.from_json(json.loads(json.dumps(model.to_json())))
    one = with_giant.iloc[[1500]]
    np.testing.assert_array_equal(judge(restored, one).anomaly_score, judge(model, with_giant).anomaly_score[1500:])
    assert judge(restored, one).is_anomaly.all()


def test_a_model_of_another_format_is_refused(base: pd.DataFrame) -> None:
    data = fit_outliers(base, columns=COLUMNS, random_state=1).to_json() | {"format_version": 0}
    with pytest.raises(OutlierModelError, match="scan again"):
        OutlierModel.from_json(data)


def test_the_same_seed_gives_the_same_scores(base: pd.DataFrame) -> None:
    first, second = (judge(fit_outliers(base, columns=COLUMNS, random_state=2), base) for _ in range(2))
    np.testing.assert_array_equal(first.anomaly_score, second.anomaly_score)


def test_severity_depends_on_the_score_alone() -> None:
    assert severity(np.array([0.3, 0.5, 0.675, 0.85, 0.99])).tolist() == [0, 0, 50, 100, 100]


@pytest.mark.parametrize(
    ("value", "typical", "times", "direction", "words"),
    [
        (1200.0, 60.0, 20.0, "above", "average order value 1,200 GBP, 20 times the typical 60 GBP"),
        (3.5, 60.0, 0.06, "below", "average order value 3.50 GBP, below the typical 60 GBP"),
        (50.0, 0.0, None, "above", "average order value 50 GBP, above the typical 0 GBP"),
    ],
)
def test_a_reason_reads_as_words(value: float, typical: float, times: float | None, direction: Any, words: str) -> None:
    reason = Reason(
        feature="average_order_value", value=value, typical=typical, times=times, units=5.0, direction=direction
    )
    assert describe_reason(reason, "GBP") == words


PUBLISHED = {
    "6_cardio": 0.927,
    "4_breastw": 0.988,
    "38_thyroid": 0.978,
    "23_mammography": 0.861,
    "40_vowels": 0.769,
}


@pytest.mark.realdata
@pytest.mark.parametrize("name", PUBLISHED)
def test_adbench_area_under_the_curve_is_the_reference_one(name: str, test_data: Path) -> None:
    data = np.load(test_data / "adbench" / f"{name}.npz")
    table = {f"x{place}": data["X"][:, place] for place in range(data["X"].shape[1])}
    area = np.mean(
        [
            roc_auc_score(
                data["y"],
                judge(fit_outliers(table, columns=list(table), random_state=seed), table).anomaly_score,
            )
            for seed in range(3)
        ]
    )
    assert area == pytest.approx(PUBLISHED[name], abs=0.03)


@pytest.mark.realdata
def test_the_great_cancelled_orders_of_online_retail_lead_the_list(test_data: Path) -> None:
    lines = pd.read_csv(test_data / "online-retail" / "data.csv.gz", encoding="latin-1", dtype={"InvoiceNo": str})
    lines["amount"] = lines["Quantity"] * lines["UnitPrice"]
    known = lines[lines["CustomerID"].notna()]
    bought = known[known["amount"] > 0].groupby("CustomerID")
    table = pd.DataFrame({"order_count": bought["InvoiceNo"].nunique(), "gross_revenue": bought["amount"].sum()})
    table["items"] = bought["Quantity"].sum()
    table["average_order_value"] = table["gross_revenue"] / table["order_count"]
    returned = -known[known["amount"] < 0].groupby("CustomerID")["amount"].sum()
    table["return_rate"] = (returned.reindex(table.index).fillna(0) / table["gross_revenue"]).to_numpy()
    model = fit_outliers(table, columns=list(table.columns), random_state=0)
    judged = judge(model, table)
    assert set(table.index[np.argsort(-judged.anomaly_score)[:3]]) >= {12346.0, 16446.0}
    assert int(judged.is_anomaly.sum()) == 43
    found = reasons(model, table.loc[[12346.0]])[0]
    assert {"items", "average_order_value"} <= {reason["feature"] for reason in found}
