"""How segments are to be formed, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analytics.algorithms import ALGORITHMS
from analytics.spaces import SPACES

SEGMENT_FEATURES = ("days_since_last_purchase", "order_count", "revenue", "average_order_value")
# Fast enough for every refresh, and one of them has a likelihood.
DEFAULT_ALGORITHMS = ("kmeans", "gaussian_mixture")
SET_ASIDE = 0.01
MOST_SET_ASIDE = 0.2


@dataclass(frozen=True)
class Recipe:
    """Algorithms that compete (one or more), the space they work in, and the features; `k` None: found from the data.

    `set_aside` is the share of extreme customers, 0 to MOST_SET_ASIDE, kept out of the fit and assigned afterwards.
    """

    algorithms: tuple[str, ...] = DEFAULT_ALGORITHMS
    space: str = "scaled"
    features: tuple[str, ...] = SEGMENT_FEATURES
    k: int | None = None
    set_aside: float = SET_ASIDE

    def __post_init__(self) -> None:
        """Raises ValueError, with what can be chosen instead, for names and numbers that mean nothing."""
        unknown = [name for name in self.algorithms if name not in ALGORITHMS]
        if unknown or not self.algorithms:
            raise ValueError(f"There is no algorithm {', '.join(unknown)}: choose from {', '.join(ALGORITHMS)}.")
        if self.space not in SPACES:
            raise ValueError(f"There is no space {self.space}: choose from {', '.join(SPACES)}.")
        if not 0 <= self.set_aside <= MOST_SET_ASIDE:
            raise ValueError(f"The share of extreme customers must lie between 0 and {MOST_SET_ASIDE * 100:.0f} %.")
        if self.k is not None and self.k < 1:
            raise ValueError("The number of segments must be at least 1.")

    @classmethod
    def of(cls, combination: Mapping[str, Any] | None) -> "Recipe":
        """The recipe of a chosen combination (`algorithm, space, features, k, set_aside`); the default for None."""
        if not combination:
            return DEFAULT_RECIPE
        return cls(
            algorithms=(combination["algorithm"],),
            space=combination.get("space") or "scaled",
            features=tuple(combination.get("features") or SEGMENT_FEATURES),
            k=combination.get("k"),
            set_aside=float(combination.get("set_aside") or 0),
        )


DEFAULT_RECIPE = Recipe()
