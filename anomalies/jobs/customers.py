"""Customers that do not fit the rest of the base: an isolation forest over what they buy, and why each stands out."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import numpy as np

from analytics.evidence import customer_months_sql, customer_uploads_sql
from analytics.outliers import OUTLIER_FEATURES, fit_outliers
from analytics.scoring.outliers import Judgement, OutlierModel, judge, reasons
from anomalies.jobs.found import Found, cents, clipped
from anomalies.wording import customer_summary
from segmentation import store
from segmentation.models import Snapshot

RANDOM_STATE = 1
LEAST_SEVERITY = 20.0  # below it a finding is set aside and makes no card
# Severity is how odd a customer is, times how much money it means: from half at the least sum that is worth a look (a
# typical customer's purchases) to all of it at a hundred times that sum.
WEIGHT_OF_LITTLE_MONEY = 0.5
MUCH_MONEY = 100.0
# A customer who is like the others but larger is nobody's fault, and mostly known by name: shown, but further down.
WEIGHT_OF_SIZE = 0.6
SIZES = {"gross_revenue", "items", "order_count", "distinct_items", "average_order_value"}
RETURNS_TIMES = 2.0  # returning less than twice the usual share explains nothing
MOST_REASONS = 3
Columns = dict[str, Any]


def find_customers(snapshot: Snapshot, connection: duckdb.DuckDBPyConnection) -> list[Found]:
    """The customers worth a card, with reasons and the money that is at stake."""
    columns = store.read_scores(snapshot, ["customer_key", "revenue_12m", "returned_value", *OUTLIER_FEATURES])
    if not len(columns["customer_key"]):
        return []
    model = fit_outliers(columns, random_state=RANDOM_STATE)
    judgement = judge(model, columns)
    rows = np.flatnonzero(judgement.is_anomaly)
    odd = {name: np.asarray(values)[rows] for name, values in columns.items()}
    typical = _typical(model, columns)
    found = [
        _found(row, odd, judgement, int(place), why, typical, model.threshold)
        for row, (place, why) in enumerate(zip(rows, _reasons(model, odd, typical), strict=True))
    ]
    kept = [finding for finding in found if finding is not None]
    return _with_evidence(kept, connection, snapshot)


def _typical(model: OutlierModel, columns: Columns) -> dict[str, float]:
    """The median customer; for returns the share of all purchases that comes back, as most return nothing."""
    gross = float(np.sum(columns["gross_revenue"]))
    returned = float(np.sum(columns["returned_value"])) / gross if gross > 0 else 0.0
    return {column["name"]: column["typical"] for column in model.transform["columns"]} | {"return_rate": returned}


def _reasons(model: OutlierModel, odd: Columns, typical: dict[str, float]) -> list[list[dict[str, Any]]]:
    everything = reasons(model, odd, most=len(OUTLIER_FEATURES))
    return [
        [*_returns(float(odd["return_rate"][row]), typical), *_others(why, typical)][:MOST_REASONS]
        for row, why in enumerate(everything)
    ]


def _returns(rate: float, typical: dict[str, float]) -> list[dict[str, Any]]:
    """Returns speak first, by a rule of their own: most customers return nothing, so that the forest's scale, which
    starts from the median, calls one cup sent back unusual and knows no scale at all in a shop without returns."""
    usual = typical["return_rate"]
    if usual <= 0 or rate < RETURNS_TIMES * usual:
        return []
    reason = {"feature": "return_rate", "value": rate, "typical": usual, "times": round(rate / usual, 2)}
    return [{**reason, "direction": "above"}]


def _others(why: Sequence[Mapping[str, Any]], typical: dict[str, float]) -> list[dict[str, Any]]:
    return [{**reason, "typical": typical[reason["feature"]]} for reason in why if reason["feature"] != "return_rate"]


def _found(
    row: int,
    odd: Columns,
    judgement: Judgement,
    place: int,
    why: list[dict[str, Any]],
    typical: dict[str, float],
    threshold: float,
) -> Found | None:
    is_returning = any(reason["feature"] == "return_rate" for reason in why)
    money = float(odd["returned_value" if is_returning else "revenue_12m"][row])
    weight = _weight(money, typical["gross_revenue"], why)
    severity = clipped(weight * float(judgement.severity[place]))
    if severity < LEAST_SEVERITY:
        return None
    key = int(odd["customer_key"][row])
    return Found(
        kind="customer",
        key=str(key),
        detector="isolation_forest",
        severity=severity,
        anomaly_score=float(judgement.anomaly_score[place]),
        threshold=threshold,
        summary=customer_summary(why),
        reasons=why,
        evidence=_figures(row, odd, typical, "returned_value" if is_returning else "revenue_12m"),
        money=cents(money),
        customer_id=key,
    )


def _weight(money: float, least: float, why: Sequence[dict[str, Any]]) -> float:
    """0 to 1; 0 where less money is at stake than a typical customer spends."""
    if money < max(least, 0.01):
        return 0.0
    reach = min(math.log(money / max(least, 0.01)) / math.log(MUCH_MONEY), 1.0)
    is_size_alone = all(reason["feature"] in SIZES and reason["direction"] == "above" for reason in why)
    weight = WEIGHT_OF_LITTLE_MONEY + (1 - WEIGHT_OF_LITTLE_MONEY) * reach
    return weight * (WEIGHT_OF_SIZE if is_size_alone else 1.0)


def _figures(row: int, odd: Columns, typical: dict[str, float], stake: str) -> dict[str, Any]:
    figures = [{"feature": name, "value": float(odd[name][row]), "typical": typical[name]} for name in OUTLIER_FEATURES]
    return {"figures": figures, "stake": stake}


def _with_evidence(found: list[Found], connection: duckdb.DuckDBPyConnection, snapshot: Snapshot) -> list[Found]:
    """Each customer's months and the uploads that brought them."""
    keys = [finding.customer_id for finding in found if finding.customer_id is not None]
    months: dict[int, list[dict[str, Any]]] = {key: [] for key in keys}
    uploads: dict[int, list[int]] = {key: [] for key in keys}
    sql = customer_months_sql("lines", customer_keys=keys, as_of=snapshot.as_of)
    for key, month, gross, returned, orders in connection.execute(sql).fetchall():
        entry = {"month": month.isoformat(), "gross_revenue": f"{gross:f}", "returned_value": f"{returned:f}"}
        months[key].append({**entry, "orders": orders})
    for key, upload in connection.execute(customer_uploads_sql("lines", customer_keys=keys)).fetchall():
        uploads[key].append(upload)
    for finding in found:
        key = finding.customer_id or 0
        finding.evidence.update(months=months[key], uploads=uploads[key])
    return found
