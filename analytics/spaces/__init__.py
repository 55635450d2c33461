"""Ways of laying customers out before they are divided, all behind one contract.

Another one is a line here, a file of its own with `lay` and `SPACE`, and a test.
"""

from analytics.spaces import factor_analysis, pca, quantile, scaled, tree_leaf, tsne, umap
from analytics.spaces.contract import SPACE_FEATURES, FittedSpace, Laid, Space

SPACES: dict[str, Space] = {
    space.name: space
    for space in (
        scaled.SPACE,
        quantile.SPACE,
        pca.SPACE,
        factor_analysis.SPACE,
        tree_leaf.SPACE,
        tsne.SPACE,
        umap.SPACE,
    )
}

__all__ = ["SPACES", "SPACE_FEATURES", "FittedSpace", "Laid", "Space"]
