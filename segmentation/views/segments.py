"""Pages of the segments: one snapshot each, finished in the view."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.dispatch import hint
from core.permissions import acting_user, require
from core.ui import Column
from segmentation import boundaries, comparing, figures, identity_figures, movements, selectors, services
from segmentation.ahead import COLUMNS as AHEAD_COLUMNS
from segmentation.ahead import ahead_of_all
from segmentation.forms import MovementForm, SegmentNameForm, TierSharesForm
from segmentation.lab_figures import combination_label
from segmentation.models import Segment, Snapshot
from segmentation.version_figures import waiting_sentence
from segmentation.wording import segment_advice


@require_http_methods(["GET", "HEAD", "POST"])
@require("view", "segments.choose")
def segment_list(request: HttpRequest) -> HttpResponse:
    """The three ways to divide the customers, each with sizes, money and a next step."""
    form = _shares_form(request)
    if request.method == "POST" and form.is_valid() and _change_shares(request, form):
        return redirect("segmentation:segment-list")
    snapshot = selectors.current_snapshot()
    context: dict[str, Any] = {"title": _("Segments"), "snapshot": snapshot, "shares_form": form}
    if snapshot is not None:
        context |= _groupings(snapshot) | _movements(request)
    return render(request, "segmentation/segment_list.html", context)


def _shares_form(request: HttpRequest) -> TierSharesForm:
    """The shares that the next computation uses, in per cent."""
    settings = selectors.group_settings()
    initial = {name: round(getattr(settings, name) * 100, 2).normalize() for name in ("platinum", "gold", "set_aside")}
    choice = selectors.current_choice()
    of_lab = None if choice is None else round(Decimal(choice.set_aside) * 100, 1)
    shown = {name: f"{value:f}" for name, value in initial.items()}
    return TierSharesForm(request.POST or None, initial=shown, of_lab=of_lab)


def _change_shares(request: HttpRequest, form: TierSharesForm) -> bool:
    """Whether the shares were taken; what is wrong stands on the form."""
    given = [name for name, field in form.fields.items() if not field.disabled and form.cleaned_data[name] is not None]
    by, shares = acting_user(request), {name: form.cleaned_data[name] / 100 for name in given}
    try:
        changed = services.change_shares(**shares, by=by)
    except services.GroupsRefused as refusal:
        form.add_error(None, refusal.message)
        return False
    if changed is None:
        messages.info(request, _("These are the shares that count already: nothing was changed."))
        return True
    run = services.request_refresh(by=by)
    hint(run)
    done = _("The shares are changed. Groups follow as soon as the results are computed anew.")
    waits = waiting_sentence(selectors.publishing_policy(), timezone.localdate())
    messages.success(request, f"{done} {waits}".strip())
    return True


def _movements(request: HttpRequest) -> dict[str, Any]:
    """From which group to which people moved between the two results that the address names."""
    wanted = request.GET
    grouping = wanted.get("by", "") if wanted.get("by") in comparing.GROUPINGS else "segment"
    measure = wanted.get("measure", "") if wanted.get("measure") in movements.MEASURES else "customers"
    pair = movements.chosen_pair(wanted.get("from", ""), wanted.get("to", ""))
    initial: dict[str, Any] = {"by": grouping, "measure": measure}
    if pair is not None:
        initial |= {"from": pair.before and pair.before.pk, "to": pair.after.pk}
    return {
        "movement_form": MovementForm(initial=initial, choices=movements.choices()),
        **movements.movement_context(pair, grouping, measure),
    }


def _groupings(snapshot: Snapshot) -> dict[str, Any]:
    segments = figures.segment_groups(snapshot, selectors.segment_summaries(snapshot))
    rfm = figures.named_groups(snapshot.rfm_groups, boundaries.rfm_words(snapshot), "rfm_group", snapshot.customers)
    tiers = figures.named_groups(snapshot.tiers, boundaries.tier_words(snapshot), "tier", snapshot.customers)
    return {
        "columns": figures.GROUP_COLUMNS,
        "formed_by": _formed_by(snapshot),
        "ahead": ahead_of_all(snapshot),
        "ahead_columns": AHEAD_COLUMNS,
        "segments": segments,
        "rfm_groups": rfm,
        "tiers": tiers,
        "identity_notes": identity_figures.identity_notes(snapshot),
        "boundaries": identity_figures.boundary_rows(snapshot),
        "boundary_columns": [
            Column(_("Measure")),
            *(Column(_("Score %(score)s") % {"score": score}, is_numeric=True) for score in range(1, 6)),
        ],
        "bands": identity_figures.band_rows(snapshot),
        "band_columns": [
            Column(_("Customers by expected value")),
            Column(_("Customers"), is_numeric=True),
            Column(_("Share of revenue"), is_numeric=True, hint=_("Of all revenue, guests included")),
            Column(_("Expected value over 12 months"), is_numeric=True),
            Column(_("Share of expected value"), is_numeric=True),
        ],
        "known_share": sum(group.share for group in tiers if group.share is not None) or None,
        "segment_chart": figures.group_chart("segments", _("Segments: customers and revenue"), segments),
        "rfm_chart": figures.group_chart("rfm-groups", _("RFM groups: customers and revenue"), rfm),
        "tier_chart": figures.group_chart("tiers", _("Tiers: customers and revenue"), tiers),
    }


def _formed_by(snapshot: Snapshot) -> str:
    asked = selectors.combination_of(snapshot)
    if not asked["algorithm"]:
        return _("Found in the figures, not chosen by hand")
    return _("Formed by the way chosen in the lab: %(way)s") % {"way": combination_label(asked)}


@require_http_methods(["GET", "HEAD", "POST"])
@require("view", "segments.choose")
def segment_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One segment: its typical member beside everybody, who came and left, and how it changed over time; its name."""
    summaries = selectors.segment_history(pk)
    if not summaries:
        raise Http404
    form = SegmentNameForm(request.POST or None, initial={"name": summaries[-1].segment.name})
    if request.method == "POST" and form.is_valid() and _rename(request, summaries[-1].segment, form):
        return redirect("segmentation:segment-detail", pk=pk)
    snapshot, latest = selectors.current_snapshot(), summaries[-1]
    base = latest.snapshot.charts["base_profile"]
    context = {
        "title": latest.name,
        "summary": latest,
        "name_form": form,
        "snapshot": snapshot,
        "is_current": snapshot is not None and latest.snapshot_id == snapshot.pk,
        "is_later": snapshot is not None and latest.snapshot_id > snapshot.pk,
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
        "identity_note": identity_figures.identity_note(latest.snapshot, pk),
    }
    pair = movements.Pair(selectors.earlier_snapshot(latest.snapshot), latest.snapshot)
    context |= movements.movement_context(pair, "segment", "customers", group=pk)
    return render(request, "segmentation/segment_detail.html", context)


def _rename(request: HttpRequest, segment: Segment, form: SegmentNameForm) -> bool:
    """Whether the name was taken; what is wrong stands on the form."""
    try:
        services.rename_segment(segment=segment, name=form.cleaned_data["name"], by=acting_user(request))
    except services.GroupsRefused as refusal:
        form.add_error("name", refusal.message)
        return False
    messages.success(request, _("The segment has a new name on every page."))
    return True
