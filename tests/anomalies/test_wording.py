"""Sentences about what is odd."""

from datetime import date

import pytest

from anomalies.wording import closed_summary, customer_summary, metric_summary, reason_text, severity_word


def reason(feature: str, value: float, typical: float, direction: str = "above") -> dict[str, object]:
    times = round(value / typical, 2) if typical else None
    return {"feature": feature, "value": value, "typical": typical, "times": times, "direction": direction}


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (reason("return_rate", 0.74, 0.067), "returns 11 times the usual share"),
        (reason("return_rate", 1.0, 0.067), "returned everything they bought"),
        (reason("return_rate", 57.0, 0.067), "returned more than they bought"),
        (reason("order_count", 201, 2), "orders 100 times as often as usual"),
        (reason("average_order_value", 2.2, 1.0), "spends 2.2 times the usual amount an order"),
        (
            reason("average_order_value", 15, 293.9, "below"),
            "averages only 15.00 GBP an order (usual: 293.90 GBP)",
        ),
        (reason("days_since_last_purchase", 365, 50), "has not bought for 365 days (usual: 50 days)"),
    ],
)
def test_a_figure_in_words(given: dict[str, object], text: str) -> None:
    assert reason_text(given) == text


def test_two_figures_make_a_sentence_and_none_still_says_something() -> None:
    both = customer_summary([reason("return_rate", 1.0, 0.067), reason("order_count", 201, 2)])
    assert both == "Returned everything they bought and orders 100 times as often as usual."
    assert customer_summary([]) == "Stands apart in several figures at once."


def test_a_day_in_words_also_with_net_returns() -> None:
    day = date(2011, 1, 5)
    assert metric_summary("Revenue", day, actual=-1566, expected=26686) == (
        "Revenue 106 % below what was expected on Wednesday 5 January 2011: −1,566 GBP instead of 26,686 GBP."
    )
    assert "150 % above" in metric_summary("Revenue", day, actual=250, expected=100)
    assert "nothing was expected" in metric_summary("Revenue", day, actual=250, expected=0)


def test_closed_days_in_a_row_are_told_as_ranges() -> None:
    days = [date(2010, 12, 24), *(date(2010, 12, number) for number in (29, 30, 31)), date(2011, 1, 2)]
    assert closed_summary(days) == (
        "No sales on 24 December 2010, 29 to 31 December 2010 and 2 January 2011: closed, or a missing file?"
    )


def test_many_closed_days_still_fit_into_a_sentence() -> None:
    days = [date(2025, 1, number) for number in range(1, 30, 2)]
    summary = closed_summary(days)
    assert summary == "No sales on 15 days from 1 January 2025 to 29 January 2025: closed, or a missing file?"
    assert len(summary) < 300


def test_severity_has_words() -> None:
    assert [str(severity_word(points)) for points in (0, 29.9, 30, 60, 100)] == ["Low", "Low", "Medium", "High", "High"]
