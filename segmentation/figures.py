"""Charts and tables of the pages, built from a snapshot's stored figures: no arithmetic beyond labels."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.charts import Chart, Series
from core.formatting import days_text, money_text, number_text, share_text
from core.ui import Column
from segmentation.models import SegmentSummary, Snapshot
from segmentation.wording import (
    ALGORITHM_NAMES,
    MODEL_NAMES,
    PROFILE,
    Text,
    Words,
    comparison,
    segment_advice,
)

GROUP_COLUMNS = [
    Column(gettext_lazy("Group")),
    Column(gettext_lazy("Customers"), is_numeric=True),
    Column(gettext_lazy("Share of customers"), is_numeric=True),
    Column(gettext_lazy("Net revenue"), is_numeric=True),
    Column(gettext_lazy("Share of revenue"), is_numeric=True, hint=gettext_lazy("Of all revenue, guests included")),
    Column(gettext_lazy("What to do next")),
]


@dataclass(frozen=True)
class Group:
    """One row of a grouping; `filter` is the query that lists its customers."""

    label: Text
    meaning: Text
    advice: Text
    tone: str
    size: int
    customer_share: float
    revenue: Decimal
    share: float | None
    filter: str
    pk: int | None = None


def named_groups(entries: list[dict[str, Any]], words: dict[str, Words], parameter: str, customers: int) -> list[Group]:
    """The RFM groups or tiers of a snapshot as rows."""
    return [
        Group(
            label=words[entry["name"]].label,
            meaning=words[entry["name"]].meaning,
            advice=words[entry["name"]].advice,
            tone=words[entry["name"]].tone,
            filter=f"{parameter}={entry['name']}",
            **_figures(entry, customers),
        )
        for entry in entries
    ]


def segment_groups(snapshot: Snapshot, summaries: list[SegmentSummary]) -> list[Group]:
    """The segments of a snapshot as rows, in the snapshot's order: the most valuable first."""
    profiles = {summary.segment_id: summary.profile for summary in summaries}
    base = snapshot.charts["base_profile"]
    return [
        Group(
            label=entry["name"],
            meaning=profile_sentence(profiles[entry["segment"]]),
            advice=segment_advice(profiles[entry["segment"]], base),
            tone="neutral",
            filter=f"segment={entry['segment']}",
            pk=entry["segment"],
            **_figures(entry, snapshot.customers),
        )
        for entry in snapshot.segments
    ]


def _figures(entry: dict[str, Any], customers: int) -> dict[str, Any]:
    return {
        "size": entry["size"],
        "customer_share": entry["size"] / customers if customers else 0,
        "revenue": Decimal(entry["revenue"]),
        "share": entry["share"],
    }


def profile_sentence(profile: dict[str, Any]) -> str:
    """The typical member in a sentence."""
    return _("Typically %(orders)s, %(revenue)s in all, latest purchase %(days)s ago.") % {
        "orders": _orders_text(profile["order_count"]),
        "revenue": money_text(profile["revenue"], settings.REPORTING_CURRENCY),
        "days": days_text(profile["days_since_last_purchase"]),
    }


def _orders_text(count: float) -> str:
    return _("one order") if count == 1 else _("%(count)s orders") % {"count": number_text(count)}


def group_chart(key: str, title: Text, groups: list[Group]) -> Chart:
    """How many customers each group has beside how much revenue it brings."""
    return Chart(
        key=key,
        title=title,
        kind="bar",
        x=[str(group.label) for group in groups],
        x_label=_("Group"),
        unit="%",
        is_share=True,
        is_horizontal=len(groups) > 4,
        summary=_leading_sentence(groups),
        series=[
            Series(_("Customers"), [group.customer_share for group in groups]),
            Series(_("Revenue"), [group.share for group in groups]),
        ],
    )


def _leading_sentence(groups: list[Group]) -> str:
    leader = max(groups, key=lambda group: group.share or 0)
    if leader.share is None:
        return _("Returns outweigh purchases, so no group has a share of revenue.")
    return _("%(name)s: %(customers)s of customers bring %(revenue)s of revenue.") % {
        "name": leader.label,
        "customers": share_text(leader.customer_share),
        "revenue": share_text(leader.share),
    }


@dataclass(frozen=True)
class ProfileRow:
    """One figure of a segment beside everybody's, as text."""

    label: Text
    own: str
    everybody: str
    comparison: Text


def profile_rows(profile: dict[str, Any], base: dict[str, Any]) -> list[ProfileRow]:
    return [
        ProfileRow(
            feature.label,
            figure_text(profile.get(feature.name), feature.kind),
            figure_text(base.get(feature.name), feature.kind),
            comparison(profile.get(feature.name), base.get(feature.name)),
        )
        for feature in PROFILE
    ]


def figure_text(value: float | None, kind: str) -> str:
    """A figure of a profile in its unit."""
    if kind == "money":
        return money_text(value, settings.REPORTING_CURRENCY)
    return {"days": days_text, "share": share_text}.get(kind, number_text)(value)


def history_chart(summaries: list[SegmentSummary]) -> Chart:
    """A segment's share of revenue and of customers from snapshot to snapshot, oldest first."""
    totals = [summary.snapshot.customers or 1 for summary in summaries]
    return Chart(
        key="segment-history",
        title=_("Share over time"),
        kind="line",
        x=[summary.snapshot.as_of for summary in summaries],
        x_label=_("As of"),
        unit="%",
        is_share=True,
        series=[
            Series(_("Customers"), [each.size / total for each, total in zip(summaries, totals, strict=True)]),
            Series(_("Revenue"), [summary.share for summary in summaries]),
        ],
    )


def holdout_chart(holdout: dict[str, Any]) -> Chart:
    """Purchases that each model expected in the holdout, beside those that were made."""
    names = [name for name in holdout if name != "days"]
    actual = holdout[names[0]]["actual_total"]
    return Chart(
        key="holdout",
        title=_("Purchase days in the %(days)s days kept back") % {"days": holdout["days"]},
        kind="bar",
        is_horizontal=True,
        x=[*(str(MODEL_NAMES[name]) for name in names), _("What happened")],
        x_label=_("Source"),
        unit=_("purchase days"),
        digits=0,
        series=[Series(_("Purchase days"), [*(holdout[name]["total"] for name in names), actual])],
    )


def holdout_sentences(snapshot: Snapshot) -> list[str]:
    """The check on the past in words: what happened, and how near each model came."""
    holdout = snapshot.holdout
    if not holdout:
        return []
    names = [name for name in holdout if name != "days"]
    first = _("In the %(days)s days that were kept back, %(made)s purchase days were made.") % {
        "days": holdout["days"],
        "made": number_text(holdout[names[0]]["actual_total"], 0),
    }
    return [first, *(_holdout_sentence(str(MODEL_NAMES[name]), holdout[name]) for name in names)]


def _holdout_sentence(name: str, score: dict[str, Any]) -> str:
    made = score["actual_total"]
    values = {"name": name, "total": number_text(score["total"], 0), "mae": number_text(score["mae"], 3)}
    if not made:
        return _("%(name)s: %(total)s expected; for one customer it is off by %(mae)s on average.") % values
    miss = (score["total"] - made) / made
    how = _("too many") if miss > 0 else _("too few")
    return _("%(name)s: %(total)s expected (%(miss)s %(how)s); for one customer it is off by %(mae)s on average.") % {
        **values,
        "miss": share_text(abs(miss)),
        "how": how,
    }


def sizes_chart(quality: dict[str, Any]) -> Chart | None:
    """The silhouette of every number of segments that was tried, by algorithm."""
    candidates = quality.get("candidates") or []
    if not candidates:
        return None
    sizes = sorted({candidate["k"] for candidate in candidates})
    algorithms = list(dict.fromkeys(candidate.get("algorithm", "kmeans") for candidate in candidates))
    found = {(each.get("algorithm", "kmeans"), each["k"]): each["silhouette"] for each in candidates}
    return Chart(
        key="segment-sizes",
        title=_("Numbers of segments that were tried"),
        kind="bar",
        x=sizes,
        x_label=_("Segments"),
        unit=_("silhouette, −1 to 1"),
        digits=3,
        series=[Series(ALGORITHM_NAMES.get(name, name), [found.get((name, k)) for k in sizes]) for name in algorithms],
    )
