"""What can be combined in the lab, in words for people; the work itself is `analytics.algorithms` and `.spaces`.

Pages must not load those, so limits stand here too; a test compares them with the registries.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


@dataclass(frozen=True)
class Way:
    """One algorithm or space: what it is called, what it does, and the most customers that it takes."""

    label: Text
    meaning: Text
    max_rows: int


@dataclass(frozen=True)
class AlgorithmWords(Way):
    needs_k: bool = True


@dataclass(frozen=True)
class SpaceWords(Way):
    is_slow: bool = False


ALGORITHM_WORDS: dict[str, AlgorithmWords] = {
    "kmeans": AlgorithmWords(
        _("K-means"), _("Round groups about a typical customer each; fast, and easy to explain."), 200_000
    ),
    "gaussian_mixture": AlgorithmWords(
        _("Gaussian mixture"), _("Long or wide groups that may overlap; each customer joins the likeliest."), 50_000
    ),
    "bayesian_gaussian_mixture": AlgorithmWords(
        _("Bayesian Gaussian mixture"),
        _("The same, but groups that the data do not ask for are left empty: k is the most, not the number."),
        20_000,
    ),
    "agglomerative": AlgorithmWords(
        _("Agglomerative (Ward)"), _("Joins the two most alike customers or groups, again and again."), 5_000
    ),
    "spectral": AlgorithmWords(
        _("Spectral"), _("Follows chains of neighbours, so that bent groups stay in one piece."), 5_000
    ),
    "dbscan": AlgorithmWords(
        _("DBSCAN"), _("Crowded places become groups; finds their number itself."), 5_000, needs_k=False
    ),
    "hdbscan": AlgorithmWords(
        _("HDBSCAN"), _("Like DBSCAN, with groups that may be crowded differently."), 5_000, needs_k=False
    ),
    "random_forest": AlgorithmWords(
        _("Random forest"), _("Customers are alike when many decision trees can't tell them apart."), 3_000
    ),
}

SPACE_WORDS: dict[str, SpaceWords] = {
    "scaled": SpaceWords(_("Scaled figures"), _("The figures themselves, each brought to the same scale."), 5_000_000),
    "quantile": SpaceWords(
        _("Ranks"), _("Only who is above whom counts, so that no figure is ever extreme."), 1_000_000
    ),
    "pca": SpaceWords(
        _("Principal components"), _("Figures that say the same are joined into one direction."), 1_000_000
    ),
    "factor_analysis": SpaceWords(
        _("Factors"), _("A few hidden causes that the figures have in common, without what each has alone."), 200_000
    ),
    "tree_leaf": SpaceWords(
        _("Leaves of random trees"), _("Customers are near who fall into the same leaves of many trees."), 100_000
    ),
    "tsne": SpaceWords(
        _("t-SNE map"),
        _("A map on which neighbours stay neighbours; far distances mean nothing."),
        20_000,
        is_slow=True,
    ),
    "umap": SpaceWords(_("UMAP map"), _("A map like t-SNE's that keeps more of the whole."), 20_000, is_slow=True),
}

# What a combination may look at, with its label; the first nine are taken unless somebody chooses.
FEATURE_LABELS: dict[str, Text] = {
    "days_since_last_purchase": _("Days since the latest purchase"),
    "order_count": _("Orders"),
    "revenue": _("Revenue since the first purchase"),
    "average_order_value": _("Average order value"),
    "items": _("Items bought"),
    "distinct_items": _("Different items"),
    "return_rate": _("Share of purchases returned"),
    "recency": _("Days from the first to the latest purchase"),
    "T": _("Days since the first purchase"),
    "revenue_12m": _("Revenue of the last 12 months"),
    "orders_12m": _("Orders of the last 12 months"),
    "monetary_value": _("Spend per repeat purchase day"),
    "returned_value": _("Value of returns"),
    "p_alive": _("Probability of still being a customer"),
    "clv_12m": _("Expected value over 12 months"),
}
USUAL_FEATURES = tuple(FEATURE_LABELS)[:9]
BUILT_IN_FEATURES = USUAL_FEATURES[:4]

MAP_LABELS: dict[str, Text] = {"pca": _("Principal components"), "tsne": _("t-SNE map"), "umap": _("UMAP map")}


def algorithm_label(name: str) -> Text:
    return ALGORITHM_WORDS[name].label if name in ALGORITHM_WORDS else name


def space_label(name: str) -> Text:
    return SPACE_WORDS[name].label if name in SPACE_WORDS else name
