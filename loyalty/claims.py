"""Hypotheses that people write: what they may speak of, checks, and words. The arithmetic is `analytics.report`."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.scoring.features import feature
from core.formatting import number_text, share_text
from core.problems import Problem
from loyalty.models import Hypothesis
from segmentation.models import Segment
from segmentation.wording import RFM_WORDS, TIER_WORDS

# Figures that add up to a total of which a group may have a share; "items" is the volume.
SHARES = ("items", "revenue", "revenue_12m", "gross_revenue", "returned_value", "order_count", "orders_12m")
RATIOS = (
    *("revenue", "revenue_12m", "order_count", "orders_12m", "average_order_value", "items", "distinct_items"),
    *("days_since_last_purchase", "monetary_value", "clv_12m"),
)
FIGURES = {Hypothesis.Measure.SHARE: SHARES, Hypothesis.Measure.MEDIAN_RATIO: RATIOS}
TOTALS = {
    "items": gettext_lazy("all pieces bought"),
    "revenue": gettext_lazy("all revenue"),
    "revenue_12m": gettext_lazy("all revenue of the last 12 months"),
    "gross_revenue": gettext_lazy("all purchases before returns"),
    "returned_value": gettext_lazy("the value of all returns"),
    "order_count": gettext_lazy("all orders"),
    "orders_12m": gettext_lazy("all orders of the last 12 months"),
}
MOST_WRITTEN = 20
LARGEST_RATIO = 1000.0


def check(measure: str, figure: str, group: str, group_value: str, threshold: float) -> None:
    """Raise Problem for what can't be tested."""
    if figure not in FIGURES.get(Hypothesis.Measure(measure), ()):
        names = ", ".join(feature(name).label for name in FIGURES[Hypothesis.Measure(measure)])
        raise Problem(
            "hypothesis", _("That figure can't be compared in this way: choose one of %(names)s.") % {"names": names}
        )
    if measure == Hypothesis.Measure.SHARE and not 0 < threshold < 1:
        raise Problem("hypothesis", _("A share lies above 0 and below 100 %: change the threshold."))
    if measure == Hypothesis.Measure.MEDIAN_RATIO and not 0 < threshold <= LARGEST_RATIO:
        raise Problem("hypothesis", _("The median must be at least something above nothing: change the threshold."))
    if group != Hypothesis.Group.MEMBERS and group_value not in group_values(group):
        raise Problem("hypothesis", _("That group does not exist: choose one from the list."))


def group_values(group: str) -> dict[str, str]:
    """Which groups of a kind there are, by the value that scores hold."""
    if group == Hypothesis.Group.TIER:
        return {name: str(words.label) for name, words in TIER_WORDS.items()}
    if group == Hypothesis.Group.RFM_GROUP:
        return {name: str(words.label) for name, words in RFM_WORDS.items()}
    if group == Hypothesis.Group.SEGMENT:
        return {str(pk): name for pk, name in Segment.objects.filter(retired_at=None).values_list("pk", "name")}
    return {}


def group_text(hypothesis: Hypothesis) -> str:
    names = group_values(hypothesis.group)
    name = names.get(hypothesis.group_value, hypothesis.group_value)
    if hypothesis.group == Hypothesis.Group.TIER:
        return _("customers of tier %(name)s") % {"name": name}
    if hypothesis.group == Hypothesis.Group.RFM_GROUP:
        return _("customers of RFM group “%(name)s”") % {"name": name}
    if hypothesis.group == Hypothesis.Group.SEGMENT:
        return _("customers of segment “%(name)s”") % {"name": name}
    return _("members")


def statement(hypothesis: Hypothesis) -> str:
    """The claim as a sentence."""
    who = group_text(hypothesis)
    first_upper = who[:1].upper() + who[1:]
    if hypothesis.measure == Hypothesis.Measure.SHARE:
        parts = {"who": first_upper, "share": _trimmed(hypothesis.threshold), "total": TOTALS[hypothesis.figure]}
        return _("%(who)s have more than %(share)s of %(total)s.") % parts
    parts = {"who": who, "figure": feature(hypothesis.figure).label, "factor": number_text(hypothesis.threshold, None)}
    return _("The median of %(who)s in %(figure)s is more than %(factor)s times the median of all customers.") % parts


def _trimmed(share: float) -> str:
    return share_text(share, 0 if round(share * 100, 6).is_integer() else 1)


def choices(group: str) -> list[tuple[str, Any]]:
    return [(f"{group}:{value}", name) for value, name in group_values(group).items()]
