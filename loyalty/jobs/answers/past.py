"""What earlier forecasts said, held against what came in; without an earlier report, a forecast made as if back then.

What came in is the net revenue, by the ledger of these results, of the same customers that were forecast: of the
members of that day, and not of today's.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from analytics import features, lifetime
from analytics.features import DAYS_PER_UNIT
from analytics.forecast import scored
from analytics.lifetime import FitResult, naive
from analytics.scoring import rules as scoring
from crm import ledger
from loyalty import rules
from loyalty.jobs.answers.expecting import (
    EVERYBODY,
    Models,
    as_kept,
    forecast_of,
    months_later,
    stored_models,
)
from loyalty.jobs.answers.material import Mask, Material, decimal
from loyalty.models import Report
from loyalty.scores import Table
from segmentation import store

MOST_REPORTS = 6
# Of the time that is known: what is kept back to be forecast, and what has to remain to learn from.
KEPT_BACK, MOST_MONTHS, FEWEST_DAYS = 3, 6, 60

Keys = NDArray[np.int64]
Record = dict[str, Any]


def past_forecasts(material: Material) -> list[Record]:
    """Newest first; a backtest alone where no earlier report has seen a whole month go by."""
    if material.snapshot.catalogue_version is None:
        return []
    with ledger.reading(material.snapshot.catalogue_version) as lines:
        found = [_of_report(lines, report, material.as_of) for report in _earlier(material)]
        told = [record for record in found if record is not None]
        return told or [record for record in [_backtest(lines, material)] if record is not None]


def _earlier(material: Material) -> Iterator[Report]:
    """One report for each day of results, the newest of it, whose first month is over."""
    latest_start = months_later(material.as_of, -1)
    frozen = material.programme.reports.filter(snapshot__as_of__lte=latest_start).select_related("snapshot")
    seen: set[date] = set()
    for report in frozen.order_by("-snapshot__as_of", "-pk").iterator(chunk_size=20):
        if report.snapshot.as_of in seen or "groups" not in report.content["q5"]:
            continue
        seen.add(report.snapshot.as_of)
        yield report
        if len(seen) == MOST_REPORTS:
            return


def _of_report(lines: duckdb.DuckDBPyConnection, report: Report, as_of: date) -> Record | None:
    kept = report.content["q5"]["groups"]
    try:
        everybody = store.read_scores(report.snapshot, ["customer_key"])["customer_key"]
    except store.SnapshotDamaged:
        return None
    members = np.asarray(report.keys["members"], dtype=np.int64)
    eligible = np.asarray(report.keys["eligible"], dtype=np.int64)
    is_member, is_eligible = np.isin(everybody, members), np.isin(everybody, eligible)
    masks = {
        "members": is_member,
        "candidates": is_eligible & ~is_member,
        "rest": ~is_eligible & ~is_member,
        EVERYBODY: np.ones(len(everybody), dtype=bool),
    }
    made = {"kind": "report", "report": report.pk, "snapshot": report.snapshot_id}
    return _record(lines, made, report.snapshot.as_of, as_of, kept, everybody, masks)


def _backtest(lines: duckdb.DuckDBPyConnection, material: Material) -> Record | None:
    """A forecast from the purchases up to an earlier day, by the same kinds of models fitted to those alone."""
    first = lines.execute("SELECT min(ordered_on) FROM lines WHERE is_purchase").fetchone()
    cut = _cut(first[0] if first else None, material.as_of)
    if cut is None:
        return None
    table = _table_at(lines, cut)
    months = _months_between(cut, material.as_of)
    masks = _groups_then(material, table)
    found = forecast_of(_models_at(material, table), table, masks, cut, months)
    masks[EVERYBODY] = np.ones(len(table["customer_key"]), dtype=bool)
    made = {"kind": "backtest", "report": None, "snapshot": material.snapshot.pk}
    return _record(lines, made, cut, material.as_of, as_kept(found), table["customer_key"], masks)


def _cut(first: date | None, as_of: date) -> date | None:
    """Whole months before `as_of`: at most a third of the time that is known."""
    if first is None:
        return None
    for months in range(MOST_MONTHS, 0, -1):
        cut = months_later(as_of, -months)
        if (as_of - cut).days * KEPT_BACK <= (as_of - first).days and (cut - first).days >= FEWEST_DAYS:
            return cut
    return None


def _months_between(cut: date, as_of: date) -> int:
    months = 0
    while months_later(cut, months + 1) <= as_of:
        months += 1
    return months


def _table_at(lines: duckdb.DuckDBPyConnection, cut: date) -> Table:
    """The figures that rules and models need, as they stood on that day."""
    figures = features.customer_features_sql("lines", as_of=cut)
    summary = features.bgnbd_summary_sql("lines", observation_period_end=cut, unit="day")
    history = f"(SELECT customer_key, frequency, recency, T, monetary_value FROM ({summary}))"
    found = lines.execute(f"FROM ({figures}) JOIN {history} USING (customer_key) ORDER BY customer_key").fetchnumpy()
    return {name: _filled(column) for name, column in found.items()}


def _filled(column: Any) -> Any:
    if not hasattr(column, "filled"):
        return column
    return column.filled() if column.dtype.kind in "OM" else column.astype(float).filled(float("nan"))


def _groups_then(material: Material, table: Table) -> dict[str, Mask]:
    """Who would have met today's entry rules on that day; nobody where these rules ask for more than was known."""
    everybody = np.ones(len(table["customer_key"]), dtype=bool)
    version = material.rules
    if version is None or not set(rules.columns(version.entry)) <= set(table):
        return {"rest": everybody}
    admitted = scoring.evaluate(scoring.freeze(version.entry, table), table)
    return {"members": admitted, "rest": ~admitted}


def _models_at(material: Material, table: Table) -> Models:
    used = stored_models(material.snapshot).purchases.parameters
    per_unit = DAYS_PER_UNIT[used.unit]
    x, t_x, age = (table[name].astype(float) for name in ("frequency", "recency", "T"))
    days = float(np.sum(x + 1))
    mean = float(table["gross_revenue"].astype(float).sum()) / days if days else 0.0
    spend: FitResult[Any] = lifetime.fit_gamma_gamma(x, table["monetary_value"].astype(float), general_mean=mean)
    if used.model == lifetime.NaiveRateParameters.model:
        rate = naive.pooled_rate(x, age / per_unit, np.ones(len(x)), unit=used.unit)
        return Models(FitResult(rate, float(len(x))), spend)
    return Models(lifetime.fit_purchases(used.model, x, t_x / per_unit, age / per_unit, unit=used.unit), spend)


def _record(
    lines: duckdb.DuckDBPyConnection,
    made: Record,
    cut: date,
    as_of: date,
    kept: Mapping[str, Any],
    everybody: Keys,
    masks: Mapping[str, Mask],
) -> Record | None:
    """The forecast's months that are over, each beside what came in; None when none of them is."""
    ends = [cut, *(date.fromisoformat(month["to"]) for month in kept[EVERYBODY]["by_month"])]
    ends = [end for end in ends if end <= as_of]
    if len(ends) < 2:
        return None
    came = _came_in(lines, ends, everybody)
    groups = {
        name: _of_group(kept[name], came[mask].sum(axis=0))
        for name, mask in masks.items()
        if name in kept and kept[name]["customers"]
    }
    return {**made, "made_on": cut.isoformat(), "to": ends[-1].isoformat(), "groups": groups}


def _of_group(kept: Mapping[str, Any], came: NDArray[np.float64]) -> Record:
    """One group's forecast up to the last month that is over, and the months."""
    months = kept["by_month"][: len(came)]
    rows = [
        (float(month["revenue"]), float(month["interval"][0]), float(month["interval"][1]), float(actual))
        for month, actual in zip(months, came, strict=True)
    ]
    low, high = (Decimal(end) for end in months[-1]["reached_interval"])
    total = Decimal(decimal(came.sum()))
    score = scored(rows)
    return {
        "customers": kept["customers"],
        "expected": months[-1]["reached"],
        "interval": months[-1]["reached_interval"],
        "came": str(total),
        "is_inside": low <= total <= high,
        "error": None if score["error"] is None else round(score["error"], 4),
        "months": score["months"],
        "months_inside": score["inside"],
        "by_month": [
            {"to": month["to"], "expected": month["revenue"], "interval": month["interval"], "came": decimal(actual)}
            for month, actual in zip(months, came, strict=True)
        ],
    }


def _came_in(lines: duckdb.DuckDBPyConnection, ends: list[date], everybody: Keys) -> NDArray[np.float64]:
    """(n, months) net revenue of each of `everybody`, keys ascending."""
    spans = ", ".join(
        f"({place}, DATE '{before + timedelta(days=1)}', DATE '{after}')"
        for place, (before, after) in enumerate(pairwise(ends))
    )
    rows = lines.execute(
        f"""SELECT customer_key, place, CAST(sum(amount) AS DOUBLE) AS revenue
        FROM lines JOIN (VALUES {spans}) AS spans (place, first_on, last_on) ON ordered_on BETWEEN first_on AND last_on
        WHERE customer_key IS NOT NULL GROUP BY ALL"""
    ).fetchnumpy()
    found = np.zeros((len(everybody), len(ends) - 1))
    keys = np.asarray(rows["customer_key"])
    at = np.searchsorted(everybody, keys)
    known = (at < len(everybody)) & (everybody[np.minimum(at, len(everybody) - 1)] == keys)
    found[at[known], np.asarray(rows["place"])[known]] = np.asarray(rows["revenue"])[known]
    return found
