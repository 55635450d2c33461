"""Why a customer stands in a segment, in a sentence, and what would move them up; light enough for every page."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.conf import settings
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from analytics.scoring import surrogate
from analytics.scoring.features import feature, format_value
from analytics.scoring.surrogate import WHOLE, Bound, Change, Move, Surrogate
from core.formatting import share_text
from segmentation.models import Score, Snapshot
from segmentation.registry import ModelRefused, load_model
from segmentation.wording import TIER_WORDS

FAITHFUL = 0.8
Row = dict[str, float]


@dataclass(frozen=True)
class Explanation:
    """`sentence` says why, `trust` how far to believe it; `next_segment` and `next_tier` what would move them up.

    `fidelity` is the share of other customers whom the same rules place rightly, None where too few could be checked;
    `is_typical` says whether they place this one rightly.
    """

    sentence: str
    trust: str
    fidelity: float | None
    is_typical: bool
    conditions: list[str] = field(default_factory=list)
    next_segment: str = ""
    next_tier: str = ""


def explanation_of(snapshot: Snapshot, score: Score) -> Explanation | None:
    """The explanation of one customer of a snapshot; None for results from before there were any."""
    try:
        stored = load_model("surrogate", snapshot=snapshot)
        return _explained(stored, snapshot, score)
    except (ModelRefused, surrogate.SurrogateError):
        # The segment itself stands in the scores; an explanation that can't be read is missing, not wrong.
        return None


def _explained(stored: dict[str, Any], snapshot: Snapshot, score: Score) -> Explanation:
    tree: Surrogate = stored["segment"]
    names = {entry["segment"]: entry["name"] for entry in snapshot.segments}
    called = [str(names.get(segment_id, "")) for segment_id in stored["segment_ids"]]
    own = stored["segment_ids"].index(score.segment_id)
    row = _row(tree, score)
    leaf = int(surrogate.leaves(tree, {name: np.array([value]) for name, value in row.items()})[0])
    said = tree["label"][leaf]
    conditions = [_condition(bound) for bound in surrogate.conditions(tree, leaf)]
    return Explanation(
        sentence=_sentence(called[own], called[said], conditions, is_typical=said == own),
        trust=_trust(tree["fidelity"]),
        fidelity=tree["fidelity"],
        is_typical=said == own,
        conditions=conditions,
        next_segment=_next(surrogate.best_move(tree, row, own), called, own),
        next_tier=_next_tier(stored, score),
    )


def _row(tree: Surrogate, score: Score) -> Row:
    names = [column["name"] for column in tree["transform"]["columns"]]
    return {name: _number(getattr(score, name)) for name in names}


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)


def _sentence(own: str, said: str, conditions: list[str], *, is_typical: bool) -> str:
    values = {"own": own, "said": said, "why": get_text_list(conditions, _("and"))}
    if not conditions:
        return _("All customers stand in “%(own)s”.") % values
    if is_typical:
        return _("In “%(own)s” because of %(why)s.") % values
    text = _("With %(why)s, most stand in “%(said)s”; all figures taken together put this customer in “%(own)s”.")
    return text % values


def _trust(fidelity: float | None) -> str:
    if fidelity is None:
        return _("There are too few customers to check how far rules like this hold.")
    share = {"share": share_text(fidelity, 0)}
    if fidelity < FAITHFUL:
        return _("Take it as a hint only: rules like this agree with the segments for %(share)s of customers.") % share
    return _("Rules like this agree with the segments for %(share)s of customers.") % share


def _condition(bound: Bound) -> str:
    """ "orders since the first purchase: at least 3"; whole figures are named as the whole numbers that they can be."""
    name, label = bound.feature, feature(bound.feature).label
    low = None if bound.above is None else _limit(name, bound.above, is_low=True)
    high = None if bound.most is None else _limit(name, bound.most, is_low=False)
    if low and high:
        return _("%(label)s between %(low)s and %(high)s") % {"label": label, "low": low, "high": high}
    if low:
        words = _("%(label)s of at least %(low)s") if name in WHOLE else _("%(label)s of more than %(low)s")
        return words % {"label": label, "low": low}
    return _("%(label)s of at most %(high)s") % {"label": label, "high": high}


def _limit(name: str, value: float, *, is_low: bool) -> str:
    if name in WHOLE:
        value = np.floor(value) + 1 if is_low else np.floor(value)
    return _text(name, float(value))


def _text(name: str, value: float) -> str:
    return format_value(name, value, settings.REPORTING_CURRENCY)


def _next(move: Move | None, called: list[str], own: int) -> str:
    if own == 0:
        return _("This is the segment with the highest revenue per customer already.") if len(called) > 1 else ""
    if move is None:
        return _("No change in one or two figures alone would lead into a segment with more revenue per customer.")
    changes = get_text_list([_change(change) for change in move.changes], _("and"))
    return _("To come into “%(name)s”: %(changes)s.") % {"name": called[move.label], "changes": changes}


def _next_tier(stored: dict[str, Any], score: Score) -> str:
    tree, tiers = stored["tier"], stored["tiers"]
    own = tiers.index(score.tier)
    if own == 0 or (move := surrogate.best_move(tree, _row(tree, score), own)) is None:
        return ""
    changes = get_text_list([_change(change) for change in move.changes], _("and"))
    values = {"name": TIER_WORDS[tiers[move.label]].label, "changes": changes, "share": _agreement(tree["fidelity"])}
    return _("Towards %(name)s by expected value: %(changes)s%(share)s.") % values


def _agreement(fidelity: float | None) -> str:
    if fidelity is None:
        return ""
    return _(" (a rule that holds for %(share)s of customers)") % {"share": share_text(fidelity, 0)}


def _change(change: Change) -> str:
    values = {"needed": _text(change.feature, change.needed), "label": feature(change.feature).label}
    if change.feature == surrogate.SILENCE:
        return _("a purchase now (at most %(needed)s since the latest one)") % values
    if change.needed > change.now:
        values["more"] = _text(change.feature, round(change.needed - change.now, 2))
        return _("%(label)s up by %(more)s to %(needed)s") % values
    return _("%(label)s down to %(needed)s") % values
