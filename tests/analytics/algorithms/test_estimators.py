"""Our own estimators keep scikit-learn's contract, as scikit-learn checks it."""

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from analytics.algorithms.random_forest import RandomForestClustering
from analytics.algorithms.sampled import SampledClustering
from tests.analytics.algorithms.shapes import blobs


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks([RandomForestClustering(n_trees=20, random_state=0), SampledClustering(random_state=0)])
def test_the_contract_of_scikit_learn_holds(estimator: Any, check: Any) -> None:
    check(estimator)


def test_a_sample_stands_for_everybody() -> None:
    matrix, truth = blobs(400)
    model = SampledClustering("agglomerative", 3, max_rows=150, random_state=1).fit(matrix)
    assert len(model.sample_rows_) == 150
    assert adjusted_rand_score(truth, model.labels_) > 0.98
    np.testing.assert_array_equal(model.predict(matrix), model.labels_)


def test_an_unknown_algorithm_is_named_with_the_choice() -> None:
    with pytest.raises(ValueError, match="choose from kmeans"):
        SampledClustering("telepathy").fit(blobs()[0])
