"""Words for groups and figures: each group has them, and each comparison reads right."""

from typing import Any

import pytest

from analytics.lifetime import uncertainty
from segmentation import figures, wording
from segmentation.jobs import values
from segmentation.jobs.groups import RFM_GROUPS, TIERS
from segmentation.models import Snapshot

BASE: dict[str, Any] = {"days_since_last_purchase": 50, "order_count": 2, "revenue": 600.0}


def test_every_group_that_is_calculated_has_words() -> None:
    assert set(wording.RFM_WORDS) == set(RFM_GROUPS)
    assert set(wording.TIER_WORDS) == set(TIERS)


@pytest.mark.parametrize(
    "code", [values.ONE_TIME, values.LOST_CONTEST, uncertainty.TOO_WIDE, uncertainty.NO_COVARIANCE]
)
def test_every_reason_of_ours_has_a_sentence(code: str) -> None:
    assert code in wording.REASON_WORDS
    assert wording.value_reason_text("") == ""
    assert "less certain" in str(wording.value_reason_text("a code of tomorrow"))


@pytest.mark.parametrize(
    ("own", "base", "words"),
    [
        (None, 5, ""),
        (5, None, ""),
        (0, 0, "about the same"),
        (3, 0, "higher"),
        (105, 100, "about the same"),
        (150, 100, "50 % more"),
        (40, 100, "60 % less"),
        (200, 100, "2 times as much"),
        (430, 100, "4.3 times as much"),
    ],
)
def test_comparison_reads_right(own: float | None, base: float | None, words: str) -> None:
    assert wording.comparison(own, base) == words


@pytest.mark.parametrize(
    ("profile", "word"),
    [
        ({"days_since_last_purchase": 200, "order_count": 1, "revenue": 100.0}, "cheap reminder"),
        ({"days_since_last_purchase": 10, "order_count": 1, "revenue": 100.0}, "second order"),
        ({"days_since_last_purchase": 200, "order_count": 6, "revenue": 3000.0}, "Win them back"),
        ({"days_since_last_purchase": 10, "order_count": 6, "revenue": 3000.0}, "Keep them"),
        ({"days_since_last_purchase": 40, "order_count": 3, "revenue": 500.0}, "number of orders"),
    ],
)
def test_advice_follows_from_the_profile(profile: dict[str, Any], word: str) -> None:
    assert word in str(wording.segment_advice(profile, BASE))


def test_holdout_in_words_says_how_far_off_each_model_was() -> None:
    score = {"total": 80.0, "actual_total": 100.0, "mae": 0.5, "rmse": 1.0, "correlation": None}
    holdout = {"days": 30, "bg_nbd": score, "naive": {**score, "total": 130.0}}
    sentences = figures.holdout_sentences(Snapshot(holdout=holdout))
    assert sentences == [
        "In the 30 days that were kept back, 100 purchase days were made.",
        "BG/NBD model: 80 expected (20.0 % too few); for one customer it is off by 0.500 on average.",
        "Simple rate: 130 expected (30.0 % too many); for one customer it is off by 0.500 on average.",
    ]
    nothing = {"days": 30, "naive": {**score, "total": 0.4, "actual_total": 0.0}}
    assert figures.holdout_sentences(Snapshot(holdout=nothing))[1] == (
        "Simple rate: 0 expected; for one customer it is off by 0.500 on average."
    )
    assert figures.holdout_sentences(Snapshot(holdout=None)) == []
