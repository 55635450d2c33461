"""Daily takings: bad days stand out, weekly habits and closed days do not."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analytics.closed_days import calendar, closed_days
from analytics.public_holidays import public_holidays
from analytics.series import analyse_series

FIRST = date(2024, 1, 1)  # a Monday
HABIT = np.array([1.0, 1.1, 1.2, 1.3, 1.6, 2.0, 0.5])


def shop(weeks: int, *, seed: int = 1, noise: float = 0.08) -> pd.Series:
    days = pd.date_range(FIRST, periods=7 * weeks, freq="D")
    level = 1000 * (1 + 0.004 * np.arange(len(days)))
    wobble = np.random.default_rng(seed).lognormal(0, noise, len(days))
    return pd.Series(level * HABIT[days.day_of_week] * wobble, index=days)


def latest(series: pd.Series) -> date:
    return series.index[-1].date()  # type: ignore[no-any-return]


def without(series: pd.Series, *days: date) -> pd.Series:
    return series.drop(pd.DatetimeIndex(list(days)))


def test_a_fall_and_a_peak_are_found_with_their_money() -> None:
    series = shop(40, seed=2)
    fall, peak = date(2024, 5, 15), date(2024, 7, 20)
    usual = float(series[pd.Timestamp(fall)])
    series[pd.Timestamp(fall)] *= 0.2
    series[pd.Timestamp(peak)] *= 4
    result = analyse_series(series, latest(series))
    assert {anomaly.day: anomaly.direction for anomaly in result.anomalies} == {fall: "below", peak: "above"}
    found = result.anomalies[0]
    assert found.actual == series[pd.Timestamp(fall)]
    assert found.actual < found.lower < found.expected < found.upper
    assert found.expected == pytest.approx(usual, rel=0.25)
    assert found.at_stake == pytest.approx(found.expected - found.actual)
    assert found.severity > 50
    assert found.score < -4


def test_an_ordinary_year_is_quiet_and_half_the_days_lie_on_either_side() -> None:
    series = shop(52)
    result = analyse_series(series, latest(series))
    assert result.method == "stl"
    assert len(result.anomalies) <= 2
    assert (result.table["actual"] > result.table["expected"]).mean() == pytest.approx(0.5, abs=0.05)
    inside = result.table["actual"].between(result.table["lower"], result.table["upper"])
    assert inside.mean() > 0.99


def test_two_years_learn_the_season_of_the_year() -> None:
    series = shop(110)
    season = 1 + 0.8 * np.exp(-(((series.index.day_of_year.to_numpy() - 350) / 6.0) ** 2))
    result = analyse_series(series * season, latest(series))
    assert result.method == "stl_yearly"
    assert len(result.anomalies) <= 5


def test_a_day_that_is_not_over_is_left_out() -> None:
    series = shop(20)
    series.iloc[-1] = 3.0
    assert analyse_series(series, latest(series)).anomalies[-1].day == latest(series)
    result = analyse_series(series, latest(series) - timedelta(days=1))
    assert result.anomalies == []
    assert result.table.index[-1].date() == latest(series) - timedelta(days=1)


def test_a_weekday_that_never_trades_is_rest_and_no_question() -> None:
    series = shop(20)
    series = series[series.index.day_of_week != 6]
    result = analyse_series(series, latest(series))
    assert result.calendar.rest_weekdays == (6,)
    assert closed_days(result.calendar) == []
    assert result.anomalies == []
    assert result.method == "stl"


def test_closed_days_in_a_row_are_one_question_across_the_weekend() -> None:
    series = shop(20)
    series = series[series.index.day_of_week != 6]
    friday, saturday, monday = date(2024, 3, 15), date(2024, 3, 16), date(2024, 3, 18)
    lone = date(2024, 4, 10)
    result = analyse_series(without(series, friday, saturday, monday, lone), latest(series))
    questions = closed_days(result.calendar)
    assert [question.days for question in questions] == [(friday, saturday, monday), (lone,)]
    assert (questions[0].first_on, questions[0].last_on) == (friday, monday)
    assert questions[0].usual > questions[1].usual > 0
    assert result.anomalies == []


def test_an_answer_or_a_holiday_ends_the_question() -> None:
    series = shop(20)
    lone = date(2024, 4, 10)
    result = analyse_series(without(series, lone), latest(series), explained={lone: "stocktaking"})
    assert closed_days(result.calendar) == []
    assert result.table.loc[pd.Timestamp(lone), "kind"] == "explained"


def test_missing_days_at_the_end_are_asked_about() -> None:
    series = shop(20)
    questions = closed_days(calendar(series.iloc[:-2], latest(series)))
    assert [day for question in questions for day in question.days] == [
        latest(series) - timedelta(days=1),
        latest(series),
    ]


def test_a_slow_holiday_is_no_anomaly_but_a_record_one_is() -> None:
    series = shop(30)
    slow, record = date(2024, 4, 10), date(2024, 6, 12)
    series[pd.Timestamp(slow)] *= 0.1
    series[pd.Timestamp(record)] *= 5
    result = analyse_series(series, latest(series), explained=[slow, record])
    assert [anomaly.day for anomaly in result.anomalies] == [record]


def test_a_shop_that_opens_as_it_likes_is_not_pestered() -> None:
    series = shop(20)
    opened = series[np.random.default_rng(3).random(len(series)) < 0.5]
    assert closed_days(calendar(opened, latest(series))) == []


def test_zero_counts_as_closed_only_where_it_means_that() -> None:
    series = shop(20)
    series.iloc[30] = 0.0
    assert len(closed_days(calendar(series, latest(series)))) == 1
    assert closed_days(calendar(series, latest(series), zero_is_closed=False)) == []


def test_a_short_series_is_compared_with_its_weekday() -> None:
    series = shop(4)
    series.iloc[20] *= 6
    result = analyse_series(series, latest(series))
    assert result.method == "weekday_median"
    assert result.reason is not None
    assert [anomaly.day for anomaly in result.anomalies] == [series.index[20].date()]


def test_a_few_days_give_no_anomaly_but_a_reason() -> None:
    series = shop(1)
    result = analyse_series(series, latest(series))
    assert (result.method, result.anomalies) == ("none", [])
    assert result.reason is not None
    assert "Only 7 days" in result.reason


def test_a_flat_series_raises_no_alarm_over_pennies() -> None:
    series = pd.Series(100.0, index=pd.date_range(FIRST, periods=140, freq="D"))
    series.iloc[70] = 100.5
    series.iloc[100] = 160.0
    result = analyse_series(series, latest(series))
    assert [anomaly.day for anomaly in result.anomalies] == [series.index[100].date()]


def test_a_day_of_net_returns_is_an_anomaly_below() -> None:
    series = shop(30)
    series.iloc[100] = -4000.0
    (found,) = analyse_series(series, latest(series)).anomalies
    assert (found.actual, found.direction, found.severity) == (-4000.0, "below", 100)


def test_counts_are_priced_by_the_worth_of_one() -> None:
    series = shop(30).round()
    series.iloc[100] *= 5
    priced = analyse_series(series, latest(series), money_per_unit=2.5).anomalies[0]
    assert priced.at_stake == pytest.approx(2.5 * (priced.actual - priced.expected))
    assert analyse_series(series, latest(series), money_per_unit=None).anomalies[0].at_stake is None


def test_an_empty_or_double_series_is_refused_with_a_sentence() -> None:
    series = shop(4)
    with pytest.raises(ValueError, match="No complete day"):
        calendar(series, FIRST - timedelta(days=1))
    with pytest.raises(ValueError, match="twice"):
        calendar(pd.concat([series, series]), latest(series))


def test_holidays_of_england_and_of_a_part() -> None:
    england = public_holidays("GB", date(2011, 4, 1), date(2011, 5, 31))
    assert [day.isoformat()[5:] for day in england] == ["04-22", "04-25", "04-29", "05-02", "05-30"]
    assert date(2024, 12, 26) in public_holidays("DE-BY", date(2024, 1, 1), date(2024, 12, 31))
    with pytest.raises(ValueError, match="no holiday calendar"):
        public_holidays("XX", FIRST, FIRST)


@pytest.fixture(scope="module")
def daily_revenue(test_data: Path) -> pd.Series:
    lines = pd.read_csv(
        test_data / "online-retail" / "data.csv.gz",
        encoding="latin-1",
        usecols=["Quantity", "InvoiceDate", "UnitPrice"],
    )
    days = pd.to_datetime(lines["InvoiceDate"].str.split(" ").str[0], format="%m/%d/%Y")
    return (lines["Quantity"] * lines["UnitPrice"]).groupby(days).sum()


@pytest.mark.realdata
def test_online_retail_asks_about_six_days_in_two_closures(daily_revenue: pd.Series) -> None:
    end = date(2011, 12, 9)
    holidays = public_holidays("GB", date(2010, 12, 1), end)
    result = analyse_series(daily_revenue, end, explained=holidays)
    kinds = result.calendar.kind.value_counts()
    assert (kinds["open"], kinds["explained"], kinds["unexplained"]) == (305, 10, 6)
    assert result.calendar.rest_weekdays == (5,)
    questions = closed_days(result.calendar)
    assert [len(question.days) for question in questions] == [5, 1]
    assert [day.isoformat() for question in questions for day in question.days] == [
        "2010-12-24", "2010-12-29", "2010-12-30", "2010-12-31", "2011-01-02", "2011-04-24",
    ]  # fmt: skip
    closed = result.calendar.kind.index[result.calendar.kind != "open"]
    assert not {pd.Timestamp(anomaly.day) for anomaly in result.anomalies} & set(closed)
