"""The jump at the entry threshold of a past review: who just met it beside who just missed it."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.experiments.discontinuity import Jump, NoJumpError, jump
from analytics.scoring import rules as scoring
from loyalty import scores
from loyalty.jobs.proof.ledger_outcomes import Numbers, day_number, open_ledger, outcomes
from loyalty.models import Assignment, DecisionKind, Programme, Review
from loyalty.replay import standings
from loyalty.scores import Table
from segmentation.models import Snapshot

LEAST_DAYS = 28
Mask = NDArray[np.bool_]


def at_threshold(programme: Programme, snapshot: Snapshot) -> dict[str, Any] | None:
    """The clearest jump in revenue per person since the review that admitted most; None without a review to look at.

    `error` instead of figures, where no condition has enough people and values on either side.
    """
    review = _review(programme, snapshot.as_of)
    if review is None:
        return None
    table = scores.read_table(review.snapshot, review.rule_version)
    keys = np.asarray(table["customer_key"], dtype=np.int64)
    is_asked = ~np.isin(keys, np.fromiter(_set_aside(review), dtype=np.int64))
    with open_ledger(snapshot) as connection:
        days = np.full(len(keys), day_number(review.snapshot.as_of))
        revenue = outcomes(connection, keys, days, snapshot.as_of).revenue
    about = {
        "review": review.pk,
        "from": review.snapshot.as_of.isoformat(),
        "until": snapshot.as_of.isoformat(),
        "weeks": round((snapshot.as_of - review.snapshot.as_of).days / 7, 2),
    }
    return {**about, **_best(review, table, is_asked, revenue, _joined(review, snapshot.as_of, keys))}


def _review(programme: Programme, as_of: date) -> Review | None:
    long_ago = as_of - timedelta(days=LEAST_DAYS)
    applied = programme.reviews.filter(state=Review.State.APPLIED, snapshot__as_of__lte=long_ago, joined__gt=0)
    return applied.select_related("snapshot", "rule_version").order_by("-joined", "pk").first()


def _set_aside(review: Review) -> set[int]:
    """Members already, and whoever chance kept out: the threshold decided nothing for them."""
    first = review.events.order_by("pk").values_list("pk", flat=True).first()
    earlier = review.programme.events.filter(pk__lt=first).order_by("pk") if first else []
    controls = Assignment.objects.filter(
        experiment__programme=review.programme, arm=Assignment.Arm.CONTROL, draw__review__state=Review.State.APPLIED
    )
    return {*standings(earlier), *controls.values_list("customer_id", flat=True)}


@dataclass(frozen=True)
class Joined:
    """Over the rows of the table: who joined by the review, and who did then or up to the later results."""

    at_once: Mask
    by_now: Mask


def _joined(review: Review, as_of: date, keys: Any) -> Joined:
    events = review.programme.events.filter(kind=DecisionKind.JOINED, effective_on__lte=as_of)
    first = events.filter(review=review).values_list("customer_id", flat=True)
    since = events.filter(effective_on__gte=review.snapshot.as_of).values_list("customer_id", flat=True)
    found = [np.fromiter(rows.iterator(chunk_size=5_000), dtype=np.int64) for rows in (first, since)]
    return Joined(np.isin(keys, found[0]), np.isin(keys, found[1]))


def _best(review: Review, table: Table, is_asked: Any, revenue: Numbers, joined: Joined) -> dict[str, Any]:
    """The condition with most people about its threshold, all others being met."""
    entry = scoring.freeze(review.rule_version.entry, table)
    found: list[tuple[int, dict[str, Any]]] = []
    error: dict[str, Any] = {"error": "no_number"}
    for place, condition in enumerate(entry):
        if condition["operator"] == "in":
            continue
        others = [each for number, each in enumerate(entry) if number != place]
        rows = is_asked & scoring.evaluate(others, table) if others else is_asked
        sign = -1.0 if condition["operator"] == "<=" else 1.0
        # A top share was frozen: it means the number that it meant on these results.
        bound = float(condition.get("cutoff", condition["value"]))
        figure = sign * np.asarray(table[condition["feature"]], dtype=float)[rows]
        try:
            seen = jump(figure, revenue[rows], sign * bound)
        except NoJumpError as refusal:
            error = {"error": refusal.code, "below": refusal.below, "above": refusal.above, "condition": condition}
        else:
            shares = _crossed(seen, figure - sign * bound, joined, rows)
            found.append((min(seen.below, seen.above), {"condition": condition, **_as_json(seen), **shares}))
    return max(found, key=lambda pair: pair[0])[1] if found else error


def _crossed(seen: Jump, distance: Numbers, joined: Joined, rows: Mask) -> dict[str, float]:
    """How far the threshold was not the last word, as shares of who stands near it on either side.

    Nobody is left out for it: who joined later differs in more than chance from who did not, and the sides would differ
    by that.
    """
    is_near = np.abs(distance) < seen.bandwidth
    below, above = is_near & (distance < 0), is_near & (distance >= 0)
    return {
        "missed_joined": round(float(joined.by_now[rows][below].mean()), 6),
        "met_stayed_out": round(float(1 - joined.at_once[rows][above].mean()), 6),
    }


def _as_json(seen: Jump) -> dict[str, Any]:
    return {
        "value": round(seen.value, 6),
        "corrected": round(seen.corrected, 6),
        "interval": [round(seen.interval[0], 6), round(seen.interval[1], 6)],
        "level": seen.level,
        "p_value": seen.p_value,
        "bandwidth": round(seen.bandwidth, 6),
        "below": seen.below,
        "above": seen.above,
        "density_p": seen.density_p,
        "is_sorted": seen.is_sorted,
    }
