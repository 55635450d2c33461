"""Keeping a control group: who is held back now, and the draw among those whom a review would admit.

Used inside the review, light enough for everywhere: the arithmetic is `analytics.experiments.drawing`.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from django.db.models import QuerySet
from django.utils import timezone
from numpy.typing import ArrayLike, NDArray

from analytics.experiments.drawing import draw, strata_of
from loyalty.models import Assignment, Draw, Experiment, Programme, Review
from segmentation import store
from segmentation.models import Snapshot

BATCH = 5_000


@dataclass(frozen=True)
class Drawn:
    """The outcome of one draw, not written down yet; all arrays have one entry a person, by ascending key."""

    experiment: Experiment
    seed: str
    keys: NDArray[np.int64]
    strata: NDArray[np.int64]
    is_control: NDArray[np.bool_]

    @property
    def controls(self) -> frozenset[int]:
        return frozenset(self.keys[self.is_control].tolist())


def running_control(programme: Programme) -> Experiment | None:
    """The programme's own experiment, while it runs."""
    kind, state = Experiment.Kind.PROGRAMME_CONTROL, Experiment.State.RUNNING
    return programme.experiments.filter(kind=kind, state=state).first()


def standing_controls(programme: Programme) -> frozenset[int]:
    """Customers whom the running experiment keeps out of the programme."""
    experiment = running_control(programme)
    if experiment is None:
        return frozenset()
    return frozenset(_held(experiment).values_list("customer_id", flat=True).iterator(chunk_size=BATCH))


def control_of(programme: Programme, customer_key: int) -> Experiment | None:
    """The running experiment, if it keeps this customer out of the programme."""
    experiment = running_control(programme)
    return experiment if experiment and _held(experiment).filter(customer=customer_key).exists() else None


def _held(experiment: Experiment) -> QuerySet[Assignment]:
    return experiment.assignments.filter(arm=Assignment.Arm.CONTROL, draw__review__state=Review.State.APPLIED)


def draw_controls(
    programme: Programme, joiner_keys: Sequence[int], values: ArrayLike, review_seed: str
) -> frozenset[int]:
    """Which of these would-be joiners the running experiment keeps as control; nobody without one."""
    drawn = draw_joiners(programme, joiner_keys, values, review_seed)
    return drawn.controls if drawn else frozenset()


def draw_joiners(programme: Programme, joiner_keys: Sequence[int], values: ArrayLike, review_seed: str) -> Drawn | None:
    """The draw among these would-be joiners, by their `values`; None without an experiment or anybody to draw.

    The same keys, values and `review_seed` give the same draw, so that a review that is tried again finds it again.
    Whoever was drawn at an earlier review keeps their arm.
    """
    experiment = running_control(programme)
    if experiment is None:
        return None
    keys, worth = np.asarray(joiner_keys, dtype=np.int64), np.asarray(values, dtype=float)
    counted = experiment.assignments.filter(draw__review__state=Review.State.APPLIED)
    known = np.fromiter(counted.values_list("customer_id", flat=True).iterator(chunk_size=BATCH), dtype=np.int64)
    is_new = ~np.isin(keys, known)
    return draw_among(experiment, keys[is_new], worth[is_new], review_seed) if is_new.any() else None


def draw_among(experiment: Experiment, keys: NDArray[np.int64], values: ArrayLike, mark: str) -> Drawn:
    """A draw of the experiment; `mark` tells its draws apart."""
    order = np.argsort(keys)
    keys, worth = keys[order], np.asarray(values, dtype=float)[order]
    seed = hashlib.sha256(f"{experiment.seed}:{mark}".encode()).hexdigest()
    strata = strata_of(worth, keys)
    return Drawn(experiment, seed, keys, strata, draw(keys.tolist(), strata, share=experiment.control_share, seed=seed))


def values_of(snapshot: Snapshot, keys: Sequence[int]) -> NDArray[np.float64]:
    """What each of these customers is expected to bring in 12 months, or brought where no model tells."""
    table = store.read_scores(snapshot, ["customer_key", "clv_12m", "revenue_12m"])
    expected = np.asarray(table["clv_12m"], dtype=float)
    worth = np.where(np.isfinite(expected), expected, np.asarray(table["revenue_12m"], dtype=float))
    asked = np.asarray(keys, dtype=np.int64)
    places = np.searchsorted(table["customer_key"], asked)
    found: NDArray[np.float64] = worth[np.minimum(places, len(worth) - 1)]
    return found


def record_draw(drawn: Drawn, *, snapshot: Snapshot, review: Review | None = None) -> Draw:
    """Write a draw down; call inside the transaction that publishes the review. Draws that never counted go."""
    experiment = drawn.experiment
    if review is not None:
        experiment.draws.exclude(review__state=Review.State.APPLIED).delete()
    row = Draw.objects.create(
        experiment=experiment,
        review=review,
        snapshot=snapshot,
        seed=drawn.seed,
        share=experiment.control_share,
        people=len(drawn.keys),
        controls=int(drawn.is_control.sum()),
        strata=int(drawn.strata.max()) + 1,
        drawn_on=snapshot.as_of,
        created_at=timezone.now(),
    )
    for rows in _batches(row, drawn):
        Assignment.objects.bulk_create(rows)
    return row


def _batches(row: Draw, drawn: Drawn) -> Iterator[list[Assignment]]:
    arms = {True: Assignment.Arm.CONTROL, False: Assignment.Arm.TREATMENT}
    people = list(zip(drawn.keys.tolist(), drawn.strata.tolist(), drawn.is_control.tolist(), strict=True))
    for start in range(0, len(people), BATCH):
        yield [
            Assignment(
                experiment_id=row.experiment_id,
                draw=row,
                customer_id=key,
                arm=arms[is_control],
                stratum=stratum,
                assigned_on=row.drawn_on,
            )
            for key, stratum, is_control in people[start : start + BATCH]
        ]
