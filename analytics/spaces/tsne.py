"""t-SNE (van der Maaten & Hinton 2008; Barnes-Hut 2014): a map in which neighbours stay neighbours. Distances between
groups far apart mean nothing, so it is for looking rather than for measuring."""

from collections.abc import Mapping, Sequence
from typing import Any

from sklearn.manifold import TSNE

from analytics.scaling import fit_transform_plan
from analytics.scoring.transform import Matrix, apply_transform
from analytics.spaces.contract import Laid, Space
from analytics.spaces.neighbouring import AXES, mapped

PERPLEXITY = 30.0


def lay(features: Mapping[str, Any], columns: Sequence[str], *, random_state: int) -> Laid:
    """Two axes; a newcomer has no place. 20,000 customers take a minute or two."""

    def draw(matrix: Matrix) -> Matrix:
        model = TSNE(
            2,
            perplexity=min(PERPLEXITY, (len(matrix) - 1) / 3),
            init="pca" if matrix.shape[1] > 1 else "random",
            learning_rate="auto",
            random_state=random_state,
            n_jobs=1,
        )
        result: Matrix = model.fit_transform(matrix)
        return result

    plan = fit_transform_plan(features, columns, spread="standard")
    return Laid(mapped(apply_transform(plan, features), draw), AXES)


SPACE = Space("tsne", "t-SNE map", max_rows=20_000, is_slow=True, lay=lay)
