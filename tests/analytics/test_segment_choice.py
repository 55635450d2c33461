"""The rule that chooses algorithm and number, and what is done with extreme customers."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from analytics.algorithms import ALGORITHMS
from analytics.algorithms.contract import Grouping
from analytics.scoring.segments import assign
from analytics.segments import Recipe, fit_segments
from analytics.segments.choosing import Bench, Candidate, Trial, choose, elbow, mark_favoured
from analytics.segments.extremes import extreme_rows
from tests.analytics.test_segments import THREE, shop


@pytest.mark.parametrize("name", sorted(ALGORITHMS))
def test_any_algorithm_makes_segments_that_the_stored_model_gives_again(name: str) -> None:
    table, truth = shop(THREE)
    k = 3 if ALGORITHMS[name].needs_k else None
    fit = fit_segments(table, recipe=Recipe((name,), k=k, set_aside=0.02), random_state=1)
    assert (fit.quality["algorithm"], fit.reason) == (name, None)
    assert adjusted_rand_score(truth, fit.labels) > 0.9
    assert table["revenue"].groupby(fit.labels).mean().is_monotonic_decreasing
    np.testing.assert_array_equal(assign(fit.model, table), fit.labels)


# Factors give every habit the same weight, so groups that one habit tells apart may lie close.
@pytest.mark.parametrize(
    ("space", "agreement"),
    [("quantile", 0.9), ("pca", 0.9), ("factor_analysis", 0.4), ("tree_leaf", 0.9), ("tsne", 0.9)],
)
def test_any_space_makes_segments_of_everybody(space: str, agreement: float) -> None:
    table, truth = shop(THREE, size=60)
    fit = fit_segments(table, recipe=Recipe(("kmeans",), space, k=3), random_state=1)
    assert (fit.quality["space"], len(fit.labels)) == (space, 180)
    assert adjusted_rand_score(truth, fit.labels) > agreement
    np.testing.assert_array_equal(assign(fit.model, table), fit.labels)


@pytest.mark.parametrize("name", sorted(ALGORITHMS))
@pytest.mark.parametrize("count", [1, 9, 60])
def test_a_base_of_equals_or_of_a_few_is_one_segment_for_each_algorithm(name: str, count: int) -> None:
    table = shop(THREE)[0].iloc[[0] * count] if count == 60 else shop(THREE)[0].iloc[::40].iloc[:count]
    fit = fit_segments(table, recipe=Recipe((name,), k=3), random_state=1)
    assert fit.quality["k"] == 1
    assert fit.reason
    assert set(fit.labels) == {0}


def test_extreme_customers_are_set_aside_and_then_stand_in_a_segment() -> None:
    table, truth = shop(THREE)
    table.loc[[3, 130], ["revenue", "order_count"]] = [[5e7, 9_000.0], [3e7, 8_000.0]]
    table["average_order_value"] = table["revenue"] / table["order_count"]
    fit = fit_segments(table, recipe=Recipe(("kmeans",), k=3, set_aside=0.01), random_state=1)
    assert fit.quality["set_aside"] in {2, 3}
    assert adjusted_rand_score(np.delete(truth, [3, 130]), np.delete(fit.labels, [3, 130])) == 1
    assert fit.labels[3] == fit.labels[130] == 0


def test_of_equals_nobody_is_extreme() -> None:
    assert not extreme_rows(np.ones((200, 3)), 0.05, random_state=1).any()
    matrix = np.vstack([np.random.default_rng(1).normal(size=(198, 3)), np.full((2, 3), 40.0)])
    assert np.flatnonzero(extreme_rows(matrix, 0.01, random_state=1)).tolist() == [198, 199]


def trial(k: int, silhouette: float, separation: float, stability: float, share: float = 0.2) -> Trial:
    candidate = Candidate(
        algorithm="kmeans",
        k=k,
        silhouette=silhouette,
        inertia=100.0 / k,
        aic=None,
        bic=None,
        stability_ari=None,
        separation=separation,
        smallest_share=share,
        noise_share=0.0,
        favoured_by=[],
        chosen=False,
    )
    found = Trial(Grouping(np.arange(20) % k), np.arange(20) % k, candidate)
    STABILITY[id(found.found.labels)] = stability
    return found


STABILITY: dict[int, float] = {}


def chosen_k(trials: list[Trial], monkeypatch: pytest.MonkeyPatch) -> int:
    def known(space: object, labels: object, *args: object, **options: object) -> float:
        return STABILITY[id(labels)]

    monkeypatch.setattr("analytics.segments.choosing.stability", known)
    nothing = np.zeros((20, 1))
    return choose(trials, Bench(nothing, np.arange(20), nothing, nothing), random_state=1).candidate["k"]


def test_two_segments_that_say_little_of_revenue_lose_to_four_that_say_much(monkeypatch: pytest.MonkeyPatch) -> None:
    trials = [trial(2, 0.33, 0.50, 0.98), trial(4, 0.30, 0.75, 0.93), trial(8, 0.26, 0.90, 0.55)]
    assert chosen_k(trials, monkeypatch) == 4


def test_an_unstable_number_is_passed_over_while_another_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chosen_k([trial(2, 0.2, 0.3, 0.9), trial(3, 0.9, 0.9, 0.7)], monkeypatch) == 2
    assert chosen_k([trial(2, 0.2, 0.3, 0.4), trial(3, 0.9, 0.9, 0.7)], monkeypatch) == 3


def test_a_handful_makes_no_segment_of_its_own_while_another_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chosen_k([trial(2, 0.3, 0.5, 0.9), trial(3, 0.9, 0.9, 0.99, share=0.004)], monkeypatch) == 2


def test_among_equals_the_elbow_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    equals = [trial(k, 0.30, 0.5, 0.99) for k in (2, 3, 5, 8)]
    assert chosen_k(equals, monkeypatch) == 5
    for one in equals:
        one.candidate["favoured_by"], one.candidate["chosen"] = [], False
        one.candidate["inertia"] = 10.0
    assert chosen_k(equals, monkeypatch) == 8


def test_the_elbow_is_where_inertia_stops_falling() -> None:
    assert elbow([100, 40, 35, 30, 26]) == 1
    assert elbow([100, 80, 60, 40]) is None
    assert elbow([5, 1]) is None


def test_each_likelihood_speaks_within_its_own_algorithm() -> None:
    candidates = [trial(k, 0.1 * k, 0.5, 0.9).candidate for k in (2, 3, 4)]
    for candidate, aic, bic in zip(candidates, (30.0, 10.0, 5.0), (30.0, 10.0, 20.0), strict=True):
        candidate["algorithm"], candidate["aic"], candidate["bic"] = "gaussian_mixture", aic, bic
    mark_favoured(candidates)
    assert "bic" in candidates[1]["favoured_by"]
    assert "aic" in candidates[2]["favoured_by"]
    assert "silhouette" in candidates[2]["favoured_by"]


def test_a_name_that_means_nothing_is_refused_with_the_choice() -> None:
    with pytest.raises(ValueError, match="choose from kmeans"):
        Recipe(("telepathy",))
    with pytest.raises(ValueError, match="choose from scaled"):
        Recipe(space="limbo")
    with pytest.raises(ValueError, match="20 %"):
        Recipe(set_aside=0.7)
    assert Recipe.of(None) == Recipe()
    chosen = {"algorithm": "spectral", "space": "pca", "features": ["T"], "k": 3, "set_aside": 0.05}
    assert Recipe.of(chosen) == Recipe(("spectral",), "pca", ("T",), 3, 0.05)
