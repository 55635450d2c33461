"""What every way of laying customers out promises: numbers between which distances mean something."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from analytics.algorithms.contract import sample_rows
from analytics.scoring.segments import Labels
from analytics.scoring.transform import Matrix

# What distinguishes customers in any shop. Columns that a table lacks, or that are the same for all, say nothing.
SPACE_FEATURES = (
    "days_since_last_purchase",
    "order_count",
    "revenue",
    "average_order_value",
    "items",
    "distinct_items",
    "return_rate",
    "recency",
    "T",
)
Place = Callable[[Mapping[str, Any]], Matrix]


@dataclass(frozen=True)
class Laid:
    """What a space makes of the rows it was given: `matrix` (m, axes), the axes' names, and where others would lie.

    `place` is None where the method has no place for a newcomer.
    """

    matrix: Matrix
    axes: tuple[str, ...]
    place: Place | None = None


@dataclass(frozen=True)
class FittedSpace:
    """Customers laid out: `matrix` (m, axes) of the row numbers `rows` (m,), which are all of them or a sample.

    `place(features)` gives the matrix of any customers, (n, axes), and is None where the method cannot place a
    newcomer: they take the group of their nearest neighbour in the scaled features instead.
    """

    name: str
    matrix: Matrix
    rows: Labels
    axes: tuple[str, ...]
    place: Place | None = None


class Lay(Protocol):
    """`features` holds the named `columns`, each of length n >= 1."""

    def __call__(self, features: Mapping[str, Any], columns: Sequence[str], *, random_state: int) -> Laid: ...


@dataclass(frozen=True)
class Space:
    """One way of laying customers out. Of more than `max_rows` customers a random sample is laid out; `is_slow` ones
    never belong into a refresh."""

    name: str
    label: str
    max_rows: int
    is_slow: bool
    lay: Lay

    def fit(
        self, features: Mapping[str, Any], *, columns: Sequence[str] = SPACE_FEATURES, random_state: int
    ) -> FittedSpace:
        """Lay out customers by those of `columns` (length n >= 1 each) that `features` has.

        Raises ValueError for no rows, or when none of the columns is there.
        """
        present = [name for name in columns if name in features]
        if not present:
            raise ValueError(f"None of the figures {', '.join(columns)} is in the table: choose some that are.")
        count = len(features[present[0]])
        if not count:
            raise ValueError("There are no customers to lay out: publish an upload with purchases first.")
        rows = sample_rows(count, self.max_rows, random_state)
        chosen = {name: np.asarray(features[name], dtype=float)[rows] for name in present}
        laid = self.lay(chosen, present, random_state=random_state)
        return FittedSpace(self.name, laid.matrix, rows, laid.axes, laid.place)
