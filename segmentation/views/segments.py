"""Pages of the segments: one snapshot each, finished in the view."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.permissions import require
from core.ui import Column
from segmentation import figures, selectors
from segmentation.models import Snapshot
from segmentation.wording import RFM_WORDS, TIER_WORDS, segment_advice


@require_safe
@require("view")
def segment_list(request: HttpRequest) -> HttpResponse:
    """The three ways to divide the customers, each with sizes, money and a next step."""
    snapshot = selectors.current_snapshot()
    context: dict[str, Any] = {"title": _("Segments"), "snapshot": snapshot}
    if snapshot is not None:
        context |= _groupings(snapshot)
    return render(request, "segmentation/segment_list.html", context)


def _groupings(snapshot: Snapshot) -> dict[str, Any]:
    segments = figures.segment_groups(snapshot, selectors.segment_summaries(snapshot))
    rfm = figures.named_groups(snapshot.rfm_groups, RFM_WORDS, "rfm_group", snapshot.customers)
    tiers = figures.named_groups(snapshot.tiers, TIER_WORDS, "tier", snapshot.customers)
    return {
        "columns": figures.GROUP_COLUMNS,
        "segments": segments,
        "rfm_groups": rfm,
        "tiers": tiers,
        "known_share": sum(group.share for group in tiers),
        "segment_chart": figures.group_chart("segments", _("Segments: customers and revenue"), segments),
        "rfm_chart": figures.group_chart("rfm-groups", _("RFM groups: customers and revenue"), rfm),
        "tier_chart": figures.group_chart("tiers", _("Tiers: customers and revenue"), tiers),
    }


@require_safe
@require("view")
def segment_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One segment: its typical member beside everybody, and how it changed from snapshot to snapshot."""
    summaries = selectors.segment_history(pk)
    if not summaries:
        raise Http404
    snapshot, latest = selectors.current_snapshot(), summaries[-1]
    base = latest.snapshot.charts["base_profile"]
    context = {
        "title": latest.name,
        "summary": latest,
        "snapshot": snapshot,
        "is_current": snapshot is not None and latest.snapshot_id == snapshot.pk,
        "customer_share": latest.size / latest.snapshot.customers,
        "sentence": figures.profile_sentence(latest.profile),
        "advice": segment_advice(latest.profile, base),
        "profile": figures.profile_rows(latest.profile, base),
        "columns": [
            Column(_("Median of")),
            Column(_("This segment"), is_numeric=True),
            Column(_("All customers"), is_numeric=True),
            Column(_("Difference")),
        ],
        "history_chart": figures.history_chart(summaries) if len(summaries) > 1 else None,
    }
    return render(request, "segmentation/segment_detail.html", context)
