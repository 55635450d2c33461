"""Value models against the naive baseline on public data: fit, evaluate, combine, compare.

    python -m benchmarks.value

CDNOW master (39 weeks to learn from, 39 to predict) and Online Retail (the last 90 days held out; sales of known
customers). The naive baseline: everybody goes on at their own rate, and spends their own mean. Prints the table of
docs/value.md.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb
import numpy as np

from analytics import features, lifetime
from analytics.features import DAYS_PER_UNIT, Unit
from analytics.lifetime import naive
from analytics.lifetime.arrays import FloatArray
from benchmarks.measuring import ONLINE_RETAIL, machine, test_data

CDNOW = "cdnow/CDNOW_master.txt"


@dataclass(frozen=True)
class Shop:
    name: str
    lines: str
    cut: date
    end: date
    unit: Unit


@dataclass(frozen=True)
class Base:
    """(n,) customers of the calibration period, and what each bought and spent in the holdout."""

    frequency: FloatArray
    recency: FloatArray
    T: FloatArray
    monetary_value: FloatArray
    bought: FloatArray
    spent: FloatArray
    first_value: float

    @property
    def history(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        return self.frequency, self.recency, self.T


def shops() -> list[Shop]:
    cdnow = f"""SELECT CAST(p[1] AS BIGINT) AS customer_key, strptime(p[2], '%Y%m%d')::DATE AS ordered_on,
        CAST(p[4] AS DECIMAL(18,6)) AS amount, TRUE AS is_purchase
        FROM (SELECT regexp_split_to_array(trim(line), ' +') AS p
            FROM read_csv('{test_data(CDNOW)}', columns={{'line': 'VARCHAR'}}, delim='\\x01', skip=1, header=false))"""
    retail = f"""SELECT CustomerID AS customer_key, strptime(InvoiceDate, '%m/%d/%Y %H:%M')::DATE AS ordered_on,
        CAST(Quantity * UnitPrice AS DECIMAL(18,6)) AS amount, Quantity > 0 AND UnitPrice > 0 AS is_purchase
        FROM read_csv('{test_data(ONLINE_RETAIL)}', types={{'CustomerID': 'BIGINT', 'UnitPrice': 'DECIMAL(18,6)',
            'InvoiceDate': 'VARCHAR', 'InvoiceNo': 'VARCHAR'}}, encoding='latin-1')
        WHERE CustomerID IS NOT NULL"""
    end = date(2011, 12, 9)
    return [
        Shop("CDNOW master", cdnow, date(1997, 9, 30), date(1998, 6, 30), "week"),
        Shop("Online Retail", retail, end - timedelta(days=90), end, "day"),
    ]


def read(shop: Shop) -> Base:
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE lines AS {shop.lines}")
        before = connection.execute(
            features.bgnbd_summary_sql("lines", observation_period_end=shop.cut, unit=shop.unit)
        ).fetchnumpy()
        after = connection.execute(
            features.holdout_summary_sql(
                "lines", calibration_end=shop.cut, observation_period_end=shop.end, unit=shop.unit
            )
        ).fetchnumpy()
        spend = "SELECT sum(amount) / count(DISTINCT (customer_key, ordered_on)) FROM lines WHERE is_purchase"
        found = connection.execute(f"{spend} AND ordered_on <= DATE '{shop.cut}'").fetchone() or (0,)
    columns = [before[name].astype(float) for name in ("frequency", "recency", "T", "monetary_value")]
    bought = after["frequency_holdout"].astype(float)
    return Base(*columns, bought, bought * after["monetary_value_holdout"], float(found[0]))


def errors(predicted: FloatArray, actual: FloatArray) -> str:
    """Cells of one side: total, its error, mean absolute error, root mean square error, correlation, best tenth."""
    total, made = predicted.sum(), actual.sum()
    best = np.argsort(-predicted, kind="stable")[: len(predicted) // 10]
    miss = predicted - actual
    return (
        f"{total:,.0f} ({total / made - 1:+.1%}) | {np.abs(miss).mean():.3f} | {np.sqrt((miss**2).mean()):.3f} | "
        f"{np.corrcoef(predicted, actual)[0, 1]:.3f} | {actual[best].sum() / made:.1%}"
    )


def show(shop: Shop, base: Base) -> None:
    duration = (shop.end - shop.cut).days / DAYS_PER_UNIT[shop.unit]
    contest = lifetime.run_contest(*base.history, base.bought, duration=duration, unit=shop.unit)
    spend = lifetime.fit_gamma_gamma(base.frequency, base.monetary_value, general_mean=base.first_value)
    print(f"\n### {shop.name}: {len(base.T):,} customers, up to {shop.cut}, then {(shop.end - shop.cut).days} days\n")
    _fits(contest, spend)
    purchases = {
        fit.model: lifetime.conditional_expected_purchases(fit.parameters, duration, *base.history)
        for fit in contest.fits.values()
        if not fit.is_fallback
    }
    purchases["naive"] = lifetime.conditional_expected_purchases(naive.own_rate(shop.unit), duration, *base.history)
    winner = contest.champion if contest.order else "naive"
    _evaluate(purchases, base, winner)
    _evaluate_spend(spend, base)
    _combine(purchases, spend, base, winner)
    for reason in contest.reasons:
        print(f"* {reason}")


def _fits(contest: lifetime.Contest, spend: lifetime.FitResult[Any]) -> None:
    print("| fit | parameters | log-likelihood |\n|---|---|---|")
    for fit in (*contest.fits.values(), spend):
        numbers = ", ".join(f"{name} {value:.3f}" for name, value in vars(fit.parameters).items() if name != "unit")
        likelihood = "" if fit.log_likelihood is None else f"{fit.log_likelihood:,.1f}"
        print(f"| {fit.model} | {numbers} | {likelihood} |{' ' + fit.reason if fit.reason else ''}")


HEADER = (
    "total | mean error | root mean square error | correlation | held by its best tenth |\n|---|---|---|---|---|---|"
)


def _evaluate(purchases: dict[str, FloatArray], base: Base, winner: str) -> None:
    print(f"\n| purchase days, {base.bought.sum():,.0f} made | {HEADER}")
    for name, predicted in purchases.items():
        print(f"| {name}{' (winner)' if name == winner else ''} | {errors(predicted, base.bought)} |")


def _evaluate_spend(spend: lifetime.FitResult[Any], base: Base) -> None:
    """Mean spend on a purchase day, of those who bought before and came back."""
    back = (base.bought > 0) & (base.frequency > 0)
    actual = base.spent[back] / base.bought[back]
    ours = lifetime.conditional_mean_value(spend.parameters, base.frequency[back], base.monetary_value[back])
    print(
        f"\n| spend per purchase day, {back.sum():,} repeat buyers who came back, mean {actual.mean():.2f} | {HEADER}"
    )
    for name, predicted in ((spend.model, ours), ("naive", base.monetary_value[back])):
        print(f"| {name} | {errors(predicted, actual)} |")


def _combine(purchases: dict[str, FloatArray], spend: lifetime.FitResult[Any], base: Base, winner: str) -> None:
    """Revenue of the holdout: purchases times spend; the naive side has nothing to say of one-time buyers."""
    mean = lifetime.conditional_mean_value(spend.parameters, base.frequency, base.monetary_value)
    print(f"\n| revenue, {base.spent.sum():,.0f} made | {HEADER}")
    print(f"| {winner} x {spend.model} | {errors(purchases[winner] * mean, base.spent)} |")
    print(f"| naive | {errors(purchases['naive'] * base.monetary_value, base.spent)} |\n")


def main() -> None:
    print(machine())
    for shop in shops():
        show(shop, read(shop))


if __name__ == "__main__":
    main()
