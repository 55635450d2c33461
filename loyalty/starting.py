"""Where rules may begin: the top by revenue, a number of people, RFM groups, tiers, bands of expected value."""

from math import floor
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.scoring.rules import Condition, relax
from core.problems import Problem
from loyalty import figures
from loyalty.wording import RFM_GROUPS, TIERS
from segmentation import store
from segmentation.models import Snapshot

BANDS = (1, 5, 10, 25, 50)  # per cent
MOST_PEOPLE = 2_000_000_000
# Starts that need a number beside them.
COUNTED = {
    "revenue": gettext_lazy("customers who together bring so many per cent of the revenue of 12 months"),
    "top_share": gettext_lazy("the top per cent of customers by revenue of 12 months"),
    "top_n": gettext_lazy("so many customers, the best by revenue of 12 months"),
}
Rules = tuple[list[Condition], list[Condition]]
Options = list[tuple[str, list[tuple[str, str]]]]


def options() -> Options:
    """Every starting point by group, as a form offers them."""
    bands = [(f"band:{share}", _("top %(share)s %% by expected value") % {"share": share}) for share in BANDS]
    tiers = [("tier:platinum", _("tier platinum")), ("tier:platinum,gold", _("tiers platinum and gold"))]
    groups = [(f"rfm:{name}", _("RFM group: %(name)s") % {"name": label}) for name, label in RFM_GROUPS.items()]
    return [
        (_("By revenue"), [(key, str(label)) for key, label in COUNTED.items()]),
        (_("Value bands"), bands),
        (_("Tiers"), tiers),
        (_("RFM groups"), groups),
    ]


def start_rules(snapshot: Snapshot, start: str, amount: float | None) -> Rules:
    """Entry and stay rules from a starting point; raises Problem with what to give instead."""
    kind, _colon, text = start.partition(":")
    if kind in COUNTED:
        entry = _counted(snapshot, kind, amount)
    elif kind == "band" and text.isdecimal() and int(text) in BANDS:
        entry = _band(snapshot, int(text) / 100)
    elif kind == "tier" and set(text.split(",")) <= set(TIERS):
        entry = Condition(feature="tier", operator="in", value=text.split(","))
    elif kind == "rfm" and text in RFM_GROUPS:
        entry = Condition(feature="rfm_group", operator="in", value=[text])
    else:
        raise Problem("start", _("This is no starting point: choose one of the list."))
    return [entry], relax([entry])


def _counted(snapshot: Snapshot, kind: str, amount: float | None) -> Condition:
    most = MOST_PEOPLE if kind == "top_n" else 100
    if amount is None or not 0 < amount <= most:
        text = _("Give the number of people.") if kind == "top_n" else _("Give per cent, above 0 and at most 100.")
        raise Problem("start", text)
    if kind == "top_share":
        return Condition(feature="revenue_12m", operator="top_share", value=round(amount / 100, 8))
    revenue = np.sort(store.read_scores(snapshot, ["revenue_12m"])["revenue_12m"])[::-1]
    place = _place_of_share(revenue, amount / 100) if kind == "revenue" else min(int(amount), len(revenue)) - 1
    # Whoever equals the last one is in, too; nobody is admitted for having bought nothing.
    bound = max(floor(round(float(revenue[max(place, 0)]) * 100, 4)) / 100, 0.01)
    return Condition(feature="revenue_12m", operator=">=", value=int(bound) if bound.is_integer() else bound)


def _place_of_share(revenue: Any, share: float) -> int:
    """The place, from the best down, at which the sum first reaches the share of all positive revenue."""
    sums = np.cumsum(np.maximum(revenue, 0))
    return int(np.searchsorted(sums, share * sums[-1] * (1 - 1e-12)))


def _band(snapshot: Snapshot, share: float) -> Condition:
    """By expected value; where no value model could be fitted, by revenue."""
    name = "clv_12m" if "clv_12m" in figures.held_figures(snapshot) else "revenue_12m"
    return Condition(feature=name, operator="top_share", value=share)


def start_text(start: str, amount: float | None) -> str:
    """A starting point in words, for the version that began there."""
    known = {key: label for _title, group in options() for key, label in group}
    text = known.get(start, start)
    return f"{text} ({amount:g})" if start in COUNTED and amount is not None else text
