"""The contest in words, and the charts made of its figures; nothing of it needs a database."""

from datetime import date
from typing import Any

from segmentation import contest_figures
from segmentation.models import Snapshot

SCORE = {"total": 90.0, "actual_total": 100.0, "mae": 0.5, "rmse": 1.0, "correlation": 0.7}


def snapshot(champion: str = "bg_nbd", **charts: Any) -> Snapshot:
    return Snapshot(
        as_of=date(2025, 12, 31),
        fits={"champion": champion},
        holdout={
            "days": 90,
            "bg_nbd": SCORE,
            "mbg_nbd": SCORE,
            "pareto_nbd": {**SCORE, "total": 120.0},
            "naive": SCORE,
        },
        charts=charts,
    )


CALIBRATION = {
    "groups": [
        {"frequency": number, "customers": 5, "actual": number / 2, "expected": {"bg_nbd": 0.4, "naive": 1.0}}
        for number in range(3)
    ],
    "skill": {"bg_nbd": 0.5, "mbg_nbd": 0.4, "pareto_nbd": -0.1, "naive": 0.0},
    "calibration_error": {},
    "order": ["bg_nbd", "mbg_nbd"],
}


def test_standings_name_the_winner_and_who_is_worse_than_the_simple_rate() -> None:
    rows = contest_figures.standings(snapshot(calibration=CALIBRATION))
    assert [row.verdict for row in rows] == [
        "In use",
        "Would do, but another did better",
        "Not used: worse than the simple rate",
        "What the others have to beat",
    ]
    assert rows[0].miss == -0.1
    assert (rows[0].skill, rows[-1].skill) == (0.5, None)


def test_standings_of_a_simple_rate_in_use_say_so() -> None:
    lost = {**CALIBRATION, "skill": dict.fromkeys(CALIBRATION["skill"], -0.2), "order": []}
    verdicts = {row.name: row.verdict for row in contest_figures.standings(snapshot("naive", calibration=lost))}
    assert verdicts["Simple rate"] == "In use"
    assert set(verdicts.values()) == {"In use", "Not used: worse than the simple rate"}


def test_standings_of_results_from_before_the_contest_was_kept_stand_without_skill() -> None:
    rows = contest_figures.standings(snapshot())
    assert [row.skill for row in rows] == [None] * 4
    assert rows[0].verdict == "In use"


def test_charts_of_results_without_their_figures_are_none() -> None:
    empty = snapshot()
    assert contest_figures.weekly_chart(empty) is None
    assert contest_figures.cumulative_chart(empty) is None
    assert contest_figures.calibration_chart(empty) is None
    assert contest_figures.matrices(empty) == []


def test_tracks_show_what_the_model_foresaw_where_there_was_a_holdout() -> None:
    steps = [{"on": f"2025-01-{day:02}", "actual": day, "expected": 2.0, "foreseen": 3.0} for day in (7, 14)]
    chart = contest_figures.weekly_chart(snapshot(weekly_purchases=steps, step_days=7, holdout_from="2025-01-10"))
    assert chart is not None
    assert [str(series.name) for series in chart.series] == ["Made", "Model", "Model without the days kept back"]
    assert chart.summary == "The days kept back begin on 10 January 2025."
    without = [{**step, "foreseen": None} for step in steps]
    chart = contest_figures.weekly_chart(snapshot(weekly_purchases=without, step_days=14, holdout_from=None))
    assert chart is not None
    assert len(chart.series) == 2


def test_calibration_has_a_line_for_each_model_and_a_last_group_for_the_rest() -> None:
    chart = contest_figures.calibration_chart(snapshot(calibration=CALIBRATION))
    assert chart is not None
    assert list(chart.x) == ["0", "1", "2 or more"]
    assert [str(series.name) for series in chart.series] == ["Made", "BG/NBD model", "Simple rate"]


def test_matrices_are_shaded_by_value_and_leave_out_what_a_simple_rate_can_not_say() -> None:
    found = {
        "frequencies": [1, 2],
        "days_since": [0, 30],
        "T": 365,
        "horizon_days": 90,
        "p_alive": [[1.0, 0.5], [0.9, 0.0]],
        "expected_purchases": [[2.0, 1.0], [4.0, 0.0]],
    }
    alive, expected = contest_figures.matrices(snapshot(frequency_recency=found))
    assert alive.rows[0] == ("1", [("100 %", 9), ("50 %", 4)])
    assert expected.rows[1] == ("2", [("4.0", 9), ("0.0", 0)])
    (only,) = contest_figures.matrices(snapshot("naive", frequency_recency={**found, "p_alive": None}))
    assert only.title == "Expected purchases in 90 days"


def test_why_a_model_is_used_is_told_by_the_measures_that_judged_it() -> None:
    sentence = "Over five measures its errors are 50 % smaller on average than those of the simple rate."
    assert contest_figures.why_sentence(snapshot(calibration=CALIBRATION)) == sentence
    assert contest_figures.why_sentence(snapshot("naive", calibration=CALIBRATION)).startswith("No model did better")
    assert contest_figures.why_sentence(snapshot("pareto_nbd", calibration=CALIBRATION)) == ""
    assert contest_figures.why_sentence(snapshot()) == ""
