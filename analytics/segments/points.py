"""The few customers whose nearest neighbour tells everybody's segment, where segments are not round about centres."""

import numpy as np
from sklearn.neighbors import KDTree

from analytics.scoring.segments import Labels
from analytics.scoring.transform import Matrix

# They are stored with every snapshot: a thousand in nine features take some 90 kB.
MOST_POINTS = 1_000
STEP = 100


def telling_points(points: Matrix, labels: Labels) -> tuple[Matrix, Labels]:
    """At most MOST_POINTS of `points` (n, d), rounded to six significant digits, with their `labels` (n,).

    Half of them stand for all groups in proportion, one for each at least; then come those whose nearest kept point
    is of another group, until there are none or the room is full (condensed nearest neighbour, Hart 1968). Up to
    MOST_POINTS different points are all kept.
    """
    points, labels = _rounded(points, labels)
    if len(points) <= MOST_POINTS:
        return points, labels
    kept = _in_proportion(labels, MOST_POINTS // 2)
    while (room := MOST_POINTS - len(kept)) > 0:
        nearest = KDTree(points[kept]).query(points, k=1, return_distance=False)[:, 0]
        wrong = np.flatnonzero(labels[kept][nearest] != labels)
        if not len(wrong):
            break
        kept = np.union1d(kept, _every(wrong, min(room, STEP)))
    return points[kept], labels[kept]


def _rounded(points: Matrix, labels: Labels) -> tuple[Matrix, Labels]:
    """The different points, in the order of their figures; all digits where six would merge a group with another."""
    six = np.char.mod("%.6g", points).astype(float) + 0.0
    for candidates in (six, points):
        different, first = np.unique(candidates, axis=0, return_index=True)
        if len(np.unique(labels[first])) == len(np.unique(labels)):
            break
    return different, labels[first]


def _in_proportion(labels: Labels, most: int) -> Labels:
    _, one_of_each = np.unique(labels, return_index=True)
    others = _every(np.argsort(labels, kind="stable"), most - len(one_of_each))
    return np.union1d(one_of_each, others)


def _every(rows: Labels, most: int) -> Labels:
    """At most `most` of `rows`, at even distances."""
    return rows[:: -(-len(rows) // most)]
