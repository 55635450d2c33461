"""Days that took far more or less than their weekday and season lead one to expect, and days without any sales."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb
import pandas as pd

from analytics.closed_days import ClosedDay, closed_days
from analytics.evidence import countries_sql, day_uploads_sql
from analytics.features import daily_revenue_sql
from analytics.public_holidays import country_code, public_holidays
from analytics.series import THRESHOLD, SeriesAnomaly, SeriesResult, analyse_series
from anomalies.jobs.found import Found, cents, clipped
from anomalies.wording import closed_summary, metric_summary

LEAST_SHARE_OF_A_DAY = 0.25  # a card needs at least this part of an ordinary day's takings at stake
DAYS_AROUND = 28
NOTEWORTHY_TIMES = 1.5  # a figure within this many times the usual one explains nothing
FIGURES = ("gross_revenue", "returned_value", "orders", "buyers")
REVENUE = "Revenue"


@dataclass(frozen=True)
class Days:
    """The ledger by day up to the last complete one: figures (index: day), and which uploads brought each day."""

    figures: pd.DataFrame
    uploads: dict[date, list[int]]
    country: str | None


def read_days(connection: duckdb.DuckDBPyConnection, last_complete_day: date) -> Days:
    """Add the ledger up by day; days after `last_complete_day` are left out."""
    first = date.min.replace(year=1900)
    cursor = connection.execute(daily_revenue_sql("lines", first=first, last=last_complete_day))
    names = [column[0] for column in cursor.description or []]
    table = pd.DataFrame(cursor.fetchall(), columns=names)
    table.index = pd.DatetimeIndex(table.pop("ordered_on"))
    uploads: dict[date, list[int]] = {}
    for day, upload in connection.execute(day_uploads_sql("lines", first=first, last=last_complete_day)).fetchall():
        uploads.setdefault(day, []).append(upload)
    return Days(table.astype(float), uploads, _country(connection))


def _country(connection: duckdb.DuckDBPyConnection) -> str | None:
    """Where the shop is, as far as lines can tell: the country that most of them name."""
    row = connection.execute(countries_sql("lines")).fetchone()
    return country_code(row[0]) if row else None


def find_days(days: Days, last_complete_day: date, *, answered: Collection[date]) -> list[Found]:
    """Findings of kinds metric and data. `answered`: days that people called closed."""
    if days.figures.empty:
        return []
    result = analyse_series(
        days.figures["revenue"], last_complete_day, explained=_explained(days, last_complete_day, answered)
    )
    usual = float(days.figures["revenue"].median())
    metrics = [_metric(anomaly, result, days) for anomaly in result.anomalies if _matters(anomaly, usual)]
    return metrics + [_closed(question, result, days) for question in closed_days(result.calendar)]


def _explained(days: Days, last: date, answered: Collection[date]) -> set[date]:
    if days.country is None:
        return set(answered)
    return {*answered, *public_holidays(days.country, days.figures.index[0].date(), last)}


def _matters(anomaly: SeriesAnomaly, usual: float) -> bool:
    return (anomaly.at_stake or 0) >= LEAST_SHARE_OF_A_DAY * abs(usual)


def _metric(anomaly: SeriesAnomaly, result: SeriesResult, days: Days) -> Found:
    figures = _figures(anomaly.day, days)
    return Found(
        kind="metric",
        key=f"revenue:{anomaly.day.isoformat()}",
        detector=f"seasonal_residual:{result.method}",
        severity=clipped(anomaly.severity),
        anomaly_score=abs(anomaly.score),
        threshold=THRESHOLD,
        summary=metric_summary(REVENUE, anomaly.day, actual=anomaly.actual, expected=anomaly.expected),
        reasons=[figure for figure in figures if _explains(figure)],
        evidence={
            "figures": figures,
            "metric": "revenue",
            "actual": round(anomaly.actual, 2),
            "expected": round(anomaly.expected, 2),
            "lower": round(anomaly.lower, 2),
            "upper": round(anomaly.upper, 2),
            "direction": anomaly.direction,
            "method": result.method,
            "method_reason": result.reason or "",
            "series": _series_around(result, [anomaly.day]),
            "uploads": days.uploads.get(anomaly.day, []),
        },
        money=cents(anomaly.at_stake or 0),
        occurred_on=anomaly.day,
    )


def _figures(day: date, days: Days) -> list[dict[str, Any]]:
    """The day's figures against the same weekday's, the one furthest from usual first."""
    table = days.figures
    usual = table[table.index.day_of_week == day.weekday()].median()
    row = table.loc[pd.Timestamp(day)]
    figures = [_figure(name, float(row[name]), float(usual[name])) for name in FIGURES]
    return sorted(figures, key=lambda figure: -abs(figure["value"] - figure["typical"]) / (figure["typical"] or 1))


def _explains(figure: dict[str, Any]) -> bool:
    times = figure["times"]
    return times is None or not 1 / NOTEWORTHY_TIMES < times < NOTEWORTHY_TIMES


def _figure(feature: str, value: float, typical: float) -> dict[str, Any]:
    times = round(value / typical, 2) if typical > 0 else None
    direction = "above" if value > typical else "below"
    return {"feature": feature, "value": value, "typical": typical, "times": times, "direction": direction}


def _closed(question: ClosedDay, result: SeriesResult, days: Days) -> Found:
    return Found(
        kind="data",
        key=f"closed:{question.first_on.isoformat()}",
        detector="closed_days",
        severity=clipped(question.severity),
        anomaly_score=float(len(question.days)),
        threshold=1.0,
        summary=closed_summary(question.days),
        evidence={
            "days": [day.isoformat() for day in question.days],
            "usual": round(question.usual, 2),
            "country": days.country or "",
            "series": _series_around(result, [question.first_on, question.last_on]),
            "uploads": _uploads_around(question, days),
        },
        money=cents(max(question.usual, 0)),
        occurred_on=question.first_on,
    )


def _uploads_around(question: ClosedDay, days: Days) -> list[int]:
    """The uploads of the nearest trading days before and after: where missing lines would have been."""
    before = max((day for day in days.uploads if day < question.first_on), default=None)
    after = min((day for day in days.uploads if day > question.last_on), default=None)
    return sorted({upload for day in (before, after) if day for upload in days.uploads[day]})


def _series_around(result: SeriesResult, middle: list[date]) -> list[dict[str, Any]]:
    around = timedelta(days=DAYS_AROUND)
    first, last = pd.Timestamp(min(middle) - around), pd.Timestamp(max(middle) + around)
    return [
        {"day": row.Index.date().isoformat(), **{name: _plain(getattr(row, name)) for name in _BAND}, "kind": row.kind}
        for row in result.table.loc[first:last].itertuples()
    ]


_BAND = ("actual", "expected", "lower", "upper")


def _plain(value: float) -> float | None:
    return None if pd.isna(value) else round(float(value), 2)
