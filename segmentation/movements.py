"""Who moved from which group to which between two snapshots, for pages: the pair, a chart with its table, sentences."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.charts import Chart, Link
from core.formatting import money_text, number_text, share_text
from segmentation import comparing, selectors
from segmentation.comparing import Flow
from segmentation.models import Snapshot
from segmentation.version_figures import version_name
from segmentation.wording import RFM_WORDS, TIER_WORDS, Text

GROUPING_NAMES: dict[str, Text] = {
    "segment": gettext_lazy("Segments by behaviour"),
    "tier": gettext_lazy("Tiers by expected value"),
    "rfm_group": gettext_lazy("RFM groups"),
}
MEASURES: dict[str, Text] = {"customers": gettext_lazy("Customers"), "revenue": gettext_lazy("Net revenue")}
NEWCOMERS, GONE = gettext_lazy("Not a customer yet"), gettext_lazy("No customer any more")
MOST_CHOICES = 50


@dataclass(frozen=True)
class Pair:
    """The two snapshots that are compared; `before` is None while there is only one."""

    before: Snapshot | None
    after: Snapshot


def chosen_pair(before: str, after: str) -> Pair | None:
    """The snapshots of these numbers, by default the current one and the one before; None without any."""
    later = _published(after) or selectors.current_snapshot()
    if later is None:
        return None
    return Pair(_published(before) or selectors.earlier_snapshot(later), later)


def _published(number: str) -> Snapshot | None:
    if not (number.isdecimal() and len(number) < 18):
        return None
    return selectors.published_snapshots().filter(pk=int(number)).first()


def choices() -> list[tuple[int, str]]:
    """Snapshots to choose from, newest first."""
    rows = selectors.published_snapshots().only("as_of")[:MOST_CHOICES]
    return [(row.pk, version_name(row)) for row in rows]


def group_names(snapshot: Snapshot, grouping: str) -> dict[Any, str]:
    """What the groups of a snapshot are called."""
    if grouping == "segment":
        return {entry["segment"]: entry["name"] for entry in snapshot.segments}
    words = TIER_WORDS if grouping == "tier" else RFM_WORDS
    return {name: str(group.label) for name, group in words.items()}


def sides(pair: Pair, grouping: str) -> tuple[dict[Any, str], dict[Any, str]]:
    """Names on the left and on the right, each as in its own results: what a segment is called now says nothing of
    those who formed it then."""
    assert pair.before is not None  # noqa: S101 - callers ask for pairs
    left, after = group_names(pair.before, grouping), group_names(pair.after, grouping)
    return {**left, None: str(NEWCOMERS)}, {**after, None: str(GONE)}


def movement_chart(
    flows: Sequence[Flow], names: tuple[Mapping[Any, str], Mapping[Any, str]], *, measure: str, summary: str
) -> Chart:
    """The flows as streams; the table beneath has customers and money of each, whichever is drawn."""
    is_money = measure == "revenue"
    leaving = _leaving(flows)
    return Chart(
        key="movements",
        title=_("From group to group"),
        kind="sankey",
        unit=settings.REPORTING_CURRENCY if is_money else _("customers"),
        digits=2 if is_money else 0,
        summary=summary,
        links=[_link(flow, names, leaving, is_money) for flow in flows],
        detail_labels=[
            _("Customers") if is_money else _("Net revenue"),
            _("Share of the group they left"),
            _("Expected value before"),
            _("Expected value after"),
        ],
    )


def _leaving(flows: Sequence[Flow]) -> Counter[Any]:
    totals: Counter[Any] = Counter()
    for flow in flows:
        totals[flow.source] += flow.customers
    return totals


def _link(
    flow: Flow, names: tuple[Mapping[Any, str], Mapping[Any, str]], leaving: Counter[Any], is_money: bool
) -> Link:
    currency = settings.REPORTING_CURRENCY
    other = number_text(flow.customers) if is_money else money_text(flow.revenue, currency)
    return Link(
        names[0].get(flow.source, str(flow.source)),
        names[1].get(flow.target, str(flow.target)),
        flow.revenue if is_money else flow.customers,
        [
            other,
            share_text(flow.customers / leaving[flow.source]),
            money_text(flow.value_before, currency),
            money_text(flow.value_after, currency),
        ],
    )


def movement_sentence(flows: Sequence[Flow]) -> str:
    """How many of those who are on both sides changed group, with their money; and who came and went."""
    staying = [flow for flow in flows if flow.source is not None and flow.target is not None]
    moved = [flow for flow in staying if flow.source != flow.target]
    values = {
        "moved": number_text(sum(flow.customers for flow in moved)),
        "all": number_text(sum(flow.customers for flow in staying)),
        "money": money_text(sum(flow.revenue for flow in moved), settings.REPORTING_CURRENCY),
        "new": number_text(sum(flow.customers for flow in flows if flow.source is None)),
        "gone": number_text(sum(flow.customers for flow in flows if flow.target is None)),
    }
    changed = _("%(moved)s of %(all)s customers changed group, with %(money)s of net revenue.") % values
    return f"{changed} {_('%(new)s are new, %(gone)s are gone.') % values}"


def touching(flows: Sequence[Flow], group: Any) -> list[Flow]:
    """The flows into a group, out of it, and within it."""
    return [flow for flow in flows if group in (flow.source, flow.target)]


def membership_sentence(flows: Sequence[Flow], group: Any) -> str:
    """For one group: how many stayed, came and left."""
    stayed = sum(flow.customers for flow in flows if flow.source == group == flow.target)
    came = sum(flow.customers for flow in flows if flow.target == group != flow.source)
    left = sum(flow.customers for flow in flows if flow.source == group != flow.target)
    return _("%(stayed)s customers stayed, %(came)s came and %(left)s left.") % {
        "stayed": number_text(stayed),
        "came": number_text(came),
        "left": number_text(left),
    }


def movement_context(pair: Pair | None, grouping: str, measure: str, *, group: Any = None) -> dict[str, Any]:
    """Everything a template needs, or the reason why there is nothing to compare."""
    if pair is None or pair.before is None:
        return {
            "movement_reason": _(
                "There is only one version of the results yet. Movements appear with the next ones: after the next "
                "file, every night, or when somebody computes them anew."
            )
        }
    try:
        flows = comparing.transitions(pair.before, pair.after, grouping)
    except (comparing.TooLarge, comparing.SnapshotDamaged) as trouble:
        return {"movement_reason": str(trouble), "pair": pair}
    if group is not None:
        flows = touching(flows, group)
    summary = movement_sentence(flows) if group is None else membership_sentence(flows, group)
    chart = movement_chart(flows, sides(pair, grouping), measure=measure, summary=summary)
    return {"pair": pair, "movement_chart": chart}
