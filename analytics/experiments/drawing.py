"""Who goes into which arm: a stratified draw by chance that anybody can repeat with the seed.

Everyone's number is SHA-256 of "seed:key", read as a fraction of 1. Within a stratum of similar value those with the
smallest numbers become control; how many, follows from the share alone. So whoever holds the seed, the keys, the strata
and the share finds the same groups, and nobody could have steered one customer.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

STRATA = 10
FEWEST_PER_STRATUM = 20


def strata_of(values: ArrayLike, keys: ArrayLike, *, most: int = STRATA) -> NDArray[np.int64]:
    """Strata 0 … of equal size by rank of `values` (n,), keys settle ties; fewer than `most` where people are few.

    Missing values rank lowest. Shape (n,).
    """
    numbers, order_keys = np.asarray(values, dtype=float), np.asarray(keys, dtype=np.int64)
    size = len(numbers)
    count = max(1, min(most, size // FEWEST_PER_STRATUM))
    order = np.lexsort((order_keys, np.where(np.isfinite(numbers), numbers, -np.inf)))
    strata = np.empty(size, dtype=np.int64)
    strata[order] = np.arange(size) * count // max(size, 1)
    return strata


def fraction(seed: str, key: int | str) -> float:
    """A number from 0 up to 1 that only the seed and the key decide."""
    digest = hashlib.sha256(f"{seed}:{key}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def draw(keys: Sequence[int], strata: ArrayLike, *, share: float, seed: str) -> NDArray[np.bool_]:
    """Which of `keys` (n,) are control. Raise ValueError unless 0 < share < 1.

    Each stratum gives its share, rounded down or up by one number of the seed so that no rounding adds up: the control
    group is within one person of share * n. Shape (n,).
    """
    if not 0 < share < 1:
        raise ValueError(f"share must lie between 0 and 1, not {share}")
    groups = np.asarray(strata, dtype=np.int64)
    numbers = np.array([fraction(seed, key) for key in keys])
    is_control = np.zeros(len(groups), dtype=bool)
    start = fraction(seed, "start")
    before = 0
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        quota = _quota(start, share, before + len(rows)) - _quota(start, share, before)
        is_control[rows[np.argsort(numbers[rows], kind="stable")[:quota]]] = True
        before += len(rows)
    return is_control


def _quota(start: float, share: float, people: int) -> int:
    return int(np.floor(start + share * people))
