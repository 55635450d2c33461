"""The page of all versions: which one is shown, how values were calculated, and how far they can be trusted."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.dispatch import hint
from core.pagination import key_page
from core.permissions import acting_user, may, require
from core.ui import Column
from segmentation import selectors, services, version_figures
from segmentation.forms import PinForm, PublishingForm, RefreshForm
from segmentation.models import Snapshot
from segmentation.version_figures import judged
from segmentation.views.model_figures import drift_context, model_figures


@require_http_methods(["GET", "HEAD", "POST"])
@require("view", "snapshots.refresh")
def model_list(request: HttpRequest) -> HttpResponse:
    """How values were calculated and how far they can be trusted; and the button to calculate anew."""
    form = RefreshForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            return _request_refresh(request, form)
        except services.RefreshRefused as refusal:
            form.add_error(None, refusal.message)
    known = selectors.versions(is_deciding=may(request.user, "snapshots.promote"))
    page = key_page(known, cursor=request.GET.get("cursor", ""), size=20)
    snapshot = selectors.current_snapshot()
    context: dict[str, Any] = {"title": _("Models"), "snapshot": snapshot, "form": form, "page": page}
    context |= _versions(page.rows)
    context["versions_subtitle"] = (
        _("Every result that was shown, waits or was turned down, newest first")
        if may(request.user, "snapshots.promote")
        else _("Every result that was shown, newest first")
    )
    if snapshot is not None:
        context |= model_figures(snapshot) | _standing(snapshot)
    return render(request, "segmentation/model_list.html", context)


def _versions(rows: Sequence[Snapshot]) -> dict[str, Any]:
    """Every version with how well it did, and the same over time."""
    return {
        "versions": [(row, version_figures.model_name(row.fits["champion"]), judged(row)) for row in rows],
        "quality_charts": version_figures.quality_charts(selectors.quality_history()),
        "history_columns": [
            Column(_("Results")),
            Column(_("As of")),
            Column(_("State")),
            Column(_("Customers"), is_numeric=True),
            Column(_("Purchase model")),
            Column(_("Total error"), is_numeric=True, hint=_("Too many or too few purchases on the days kept back")),
            Column(
                _("Error by the simple rate's"),
                is_numeric=True,
                hint=_("Mean error per customer; best far below 100 %"),
            ),
            Column(_("Stability of segments"), is_numeric=True, hint=_("1: the same customers always come together")),
        ],
    }


def _standing(snapshot: Snapshot) -> dict[str, Any]:
    """Whether newer results would be shown, which ones wait, and how the inputs drifted since the version before."""
    pointer, today = selectors.publishing_policy(), timezone.localdate()
    return {
        "candidate": selectors.candidate_snapshot(),
        "is_pinned": pointer.is_pinned(today),
        "policy": version_figures.policy_sentence(pointer, today),
        "publishing_form": PublishingForm(initial={"asks_first": "yes" if pointer.asks_first else "no"}),
        "pin_form": PinForm(auto_id="id_pin_%s"),
        **drift_context(selectors.earlier_snapshot(snapshot), snapshot),
    }


def _request_refresh(request: HttpRequest, form: RefreshForm) -> HttpResponse:
    wanted = form.cleaned_data
    run = services.request_refresh(
        by=acting_user(request),
        as_of=wanted["as_of"],
        unit=wanted["unit"],
        horizon_days=wanted["horizon_days"],
        holdout_days=wanted["holdout_days"],
    )
    if run is None:
        messages.error(request, _("There are no purchases yet: upload a file of transactions first."))
        return redirect("segmentation:model-list")
    hint(run)
    return redirect("core:run-detail", pk=run.pk)
