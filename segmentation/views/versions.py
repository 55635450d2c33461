"""The page of one version, and the decisions about which one is shown."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.dispatch import hint
from core.models import Run
from core.permissions import acting_user, may, require
from core.ui import Column
from crm.selectors import external_ids
from segmentation import comparing, selectors, services, store, version_figures
from segmentation.forms import PinForm, PublishingForm, RollBackForm
from segmentation.models import Snapshot
from segmentation.views.model_figures import drift_context, model_figures

State = Snapshot.State


@require_safe
@require("view")
def snapshot_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One version: its figures, where it comes from, and what showing it instead of the present one would change.

    What was never shown is for those alone who decide about it.
    """
    version = get_object_or_404(selectors.versions(is_deciding=True), pk=pk)
    if version.state != State.PUBLISHED and not may(request.user, "snapshots.promote"):
        raise PermissionDenied("snapshots.promote")
    current = selectors.current_snapshot()
    context: dict[str, Any] = {
        "title": _("Results %(number)s") % {"number": version.pk},
        "version": version,
        "current": current,
        "is_current": version == current,
        "state_label": version.get_state_display(),
        "provenance": version_figures.provenance(version),
        "roll_back_form": RollBackForm(),
        "policy": _policy(),
        **model_figures(version),
        **drift_context(selectors.earlier_snapshot(version), version),
    }
    if current is not None and version != current:
        context |= _effect(current, version)
    return render(request, "segmentation/snapshot_detail.html", context)


def _policy() -> str:
    return version_figures.policy_sentence(selectors.publishing_policy(), timezone.localdate())


def _effect(current: Snapshot, version: Snapshot) -> dict[str, Any]:
    try:
        found = comparing.effect(current, version)
    except (comparing.TooLarge, store.SnapshotDamaged) as trouble:
        return {"effect_reason": str(trouble)}
    names = external_ids({mover.customer_key for mover in [*found.up, *found.down]})
    return {
        "effect_sentence": version_figures.effect_sentence(found),
        "effect_figures": version_figures.effect_figures(found),
        "movers": [
            (_("Values that rise most"), version_figures.mover_rows(found.up, names)),
            (_("Values that fall most"), version_figures.mover_rows(found.down, names)),
        ],
        "mover_columns": [
            Column(_("Customer")),
            Column(_("Value now"), is_numeric=True, hint=_("Expected over 12 months")),
            Column(_("Value then"), is_numeric=True, hint=_("Expected over 12 months")),
            Column(_("Tier")),
        ],
    }


@require_POST
@require("snapshots.promote")
def snapshot_promote(request: HttpRequest, pk: int) -> HttpResponse:
    version = get_object_or_404(Snapshot, pk=pk)
    seen = request.POST.get("instead_of", "")
    instead_of = int(seen) if seen.isdecimal() and len(seen) < 19 else None
    by = acting_user(request)
    return _run(request, pk, lambda: services.promote_candidate(snapshot=version, instead_of=instead_of, by=by))


@require_POST
@require("snapshots.promote")
def snapshot_roll_back(request: HttpRequest, pk: int) -> HttpResponse:
    version, form, by = get_object_or_404(Snapshot, pk=pk), RollBackForm(request.POST), acting_user(request)
    if not form.is_valid():
        messages.error(request, _("The last day of keeping them is not a date: write it as 2026-12-31."))
        return redirect("segmentation:snapshot-detail", pk=pk)
    wanted = form.cleaned_data
    return _run(
        request,
        pk,
        lambda: services.roll_back(snapshot=version, until=wanted["until"], is_pinned=wanted["is_pinned"], by=by),
    )


def _run(request: HttpRequest, pk: int, ask: Callable[[], Run]) -> HttpResponse:
    """Ask for a run and lead to it; a refusal leads back with its sentence."""
    try:
        run = ask()
    except services.PromotionRefused as refusal:
        messages.error(request, refusal.message)
        return redirect("segmentation:snapshot-detail", pk=pk)
    hint(run)
    return redirect("core:run-detail", pk=run.pk)


@require_POST
@require("snapshots.promote")
def snapshot_decline(request: HttpRequest, pk: int) -> HttpResponse:
    version = get_object_or_404(Snapshot, pk=pk)
    try:
        services.decline_candidate(snapshot=version, by=acting_user(request))
    except services.PromotionRefused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("These results are not taken; every page goes on with the present ones."))
    return redirect("segmentation:model-list")


@require_POST
@require("snapshots.promote")
def snapshot_pin(request: HttpRequest) -> HttpResponse:
    form = PinForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("The last day of keeping them is not a date: write it as 2026-12-31."))
        return redirect("segmentation:model-list")
    try:
        services.pin_snapshot(until=form.cleaned_data["until"], by=acting_user(request))
    except services.PromotionRefused as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _policy())
    return redirect("segmentation:model-list")


@require_POST
@require("snapshots.promote")
def snapshot_unpin(request: HttpRequest) -> HttpResponse:
    services.unpin_snapshot(by=acting_user(request))
    messages.success(request, _policy())
    return redirect("segmentation:model-list")


@require_POST
@require("snapshots.promote")
def publishing_change(request: HttpRequest) -> HttpResponse:
    """Whether new results are shown by themselves or wait."""
    form = PublishingForm(request.POST)
    if form.is_valid():
        services.set_publishing(asks_first=form.cleaned_data["asks_first"] == "yes", by=acting_user(request))
        messages.success(request, _policy())
    else:
        messages.error(request, _("Choose one of the two ways."))
    return redirect("segmentation:model-list")
