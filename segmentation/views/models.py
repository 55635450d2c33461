"""The page of the models: how values were calculated, and how far they can be trusted."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.dispatch import hint
from core.formatting import number_text
from core.pagination import key_page
from core.permissions import acting_user, require
from core.ui import Column, Definition
from segmentation import figures, selectors, services
from segmentation.forms import RefreshForm
from segmentation.models import Snapshot
from segmentation.wording import MODEL_NAMES


@require_http_methods(["GET", "HEAD", "POST"])
@require("view", "snapshots.refresh")
def model_list(request: HttpRequest) -> HttpResponse:
    """How values were calculated and how far they can be trusted; and the button to calculate anew."""
    form = RefreshForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _request_refresh(request, form)
    page = key_page(selectors.published_snapshots(), cursor=request.GET.get("cursor", ""), size=20)
    snapshot = selectors.current_snapshot()
    context: dict[str, Any] = {"title": _("Models"), "snapshot": snapshot, "form": form, "page": page}
    context["history_columns"] = [
        Column(_("Results")),
        Column(_("As of")),
        Column(_("Published")),
        Column(_("Customers"), is_numeric=True),
        Column(_("Unit")),
        Column(_("Purchase model")),
        Column(_("Took"), is_numeric=True),
    ]
    if snapshot is not None:
        context |= _models(snapshot)
    return render(request, "segmentation/model_list.html", context)


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


def _models(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "champion": MODEL_NAMES[snapshot.fits["champion"]],
        "purchase_model": _purchase_model(snapshot),
        "spend_model": _spend_model(snapshot),
        "reasons": [*figures.holdout_sentences(snapshot), *snapshot.fits["fit_reasons"]],
        "holdout_chart": figures.holdout_chart(snapshot.holdout) if snapshot.holdout else None,
        "holdout_rows": _holdout_rows(snapshot.holdout or {}),
        "holdout_columns": [
            Column(_("Model")),
            Column(_("Expected"), is_numeric=True),
            Column(_("Made"), is_numeric=True),
            Column(_("Mean error per customer"), is_numeric=True, hint=_("Mean absolute error, in purchase days")),
            Column(_("Root mean square error"), is_numeric=True),
            Column(_("Correlation"), is_numeric=True),
        ],
        "tracking_chart": figures.tracking_chart(snapshot),
        "sizes_chart": figures.sizes_chart(snapshot.quality),
        "quality": _quality(snapshot),
    }


def _purchase_model(snapshot: Snapshot) -> list[Definition]:
    fit = snapshot.fits["bg_nbd"]
    if fit is None:
        return []
    unit = snapshot.get_unit_display()
    return [
        Definition("r", number_text(fit["r"], 4), _("Shape of how purchase rates differ between customers")),
        Definition(
            "alpha",
            f"{number_text(fit['alpha'], 3)} {_('weeks') if snapshot.unit == 'week' else _('days')}",
            _("Scale of the purchase rate: a typical customer buys r / alpha times a %(unit)s") % {"unit": unit},
        ),
        Definition("a", number_text(fit["a"], 4), _("With b: how likely customers leave after a purchase")),
        Definition("b", number_text(fit["b"], 4), _("With a: how much that differs between customers")),
        _likelihood(fit),
    ]


def _spend_model(snapshot: Snapshot) -> list[Definition]:
    fit = snapshot.fits["gamma_gamma"]
    if fit is None:
        return []
    gamma = f"{number_text(fit['gamma'], 2)} {settings.REPORTING_CURRENCY}"
    return [
        Definition("p", number_text(fit["p"], 3), _("How even one customer's purchases are")),
        Definition("q", number_text(fit["q"], 3), _("How alike customers are in what they spend")),
        Definition("gamma", gamma, _("Scale of spend per purchase day")),
        _likelihood(fit),
    ]


def _likelihood(fit: dict[str, Any]) -> Definition:
    return Definition(
        _("Log-likelihood"),
        number_text(fit["log_likelihood"], 3),
        _("Total over all customers; higher is better among models of the same data"),
    )


def _holdout_rows(holdout: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"name": MODEL_NAMES[name], **holdout[name]} for name in holdout if name != "days"]


def _quality(snapshot: Snapshot) -> list[Definition]:
    quality = snapshot.quality
    return [
        Definition(
            _("Segments"),
            quality["k"],
            quality["reason"] or _("The most that are stable and nearly as well apart as the best number"),
        ),
        Definition(
            _("Silhouette"),
            number_text(quality["silhouette"], 3),
            _("From −1 to 1: how much nearer customers are to their own segment than to the next"),
        ),
        Definition(
            _("Stability"),
            number_text(quality["stability_ari"], 3),
            _("1: the same customers come together on every part of the base; 0: chance"),
        ),
        Definition(_("Judged on"), _("%(count)s customers") % {"count": number_text(quality["sample"])}),
    ]
