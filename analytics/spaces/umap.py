"""UMAP (McInnes, Healy & Melville 2018): a map of neighbours that keeps more of the whole than t-SNE does."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from analytics.scaling import fit_transform_plan
from analytics.scoring.transform import Matrix, apply_transform
from analytics.spaces.contract import Laid, Space
from analytics.spaces.neighbouring import AXES, mapped

NEIGHBOURS = 15
CLOSENESS = 0.1


def lay(features: Mapping[str, Any], columns: Sequence[str], *, random_state: int) -> Laid:
    """Two axes; newcomers take their neighbours' groups, because placing them here is a fit of its own.

    One thread, so that the seed decides everything. The library alone takes ten to twenty seconds to load, which is
    why it is loaded here and nowhere else.
    """

    def draw(matrix: Matrix) -> Matrix:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the library's own remarks on small graphs and on its dependencies
            from umap import UMAP

            model = UMAP(
                n_components=2,
                n_neighbors=min(NEIGHBOURS, len(matrix) - 1),
                min_dist=CLOSENESS,
                init="pca" if matrix.shape[1] > 1 else "random",
                random_state=random_state,
                n_jobs=1,
            )
            result: Matrix = model.fit_transform(matrix)
        return result

    plan = fit_transform_plan(features, columns, spread="standard")
    return Laid(mapped(apply_transform(plan, features), draw), AXES)


SPACE = Space("umap", "UMAP map", max_rows=20_000, is_slow=True, lay=lay)
