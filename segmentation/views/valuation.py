"""Settings: how values are reckoned."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.dispatch import hint
from core.permissions import acting_user, require
from core.views.settings import tabs
from segmentation import services
from segmentation.forms import ValuationForm
from segmentation.selectors import current_valuation


@require_http_methods(["GET", "HEAD", "POST"])
@require("view", "values.manage")
def valuation(request: HttpRequest) -> HttpResponse:
    """Horizon and discount rate; changing them asks for new results."""
    current = current_valuation()
    initial = {
        "horizon_days": current.horizon_days,
        "discount_percent": round(current.annual_discount_rate * 100, 4),
    }
    form = ValuationForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        return _change(request, form)
    later = 100 * (1 + current.annual_discount_rate)
    context = {"form": form, "current": current, "later": later, "tabs": tabs(request)}
    return render(request, "segmentation/valuation.html", context)


def _change(request: HttpRequest, form: ValuationForm) -> HttpResponse:
    person, wanted = acting_user(request), form.cleaned_data
    services.choose_valuation(
        horizon_days=wanted["horizon_days"],
        annual_discount_rate=round(wanted["discount_percent"] / 100, 6),
        by=person,
    )
    run = services.request_refresh(by=person)
    if run is None:
        messages.success(request, _("Saved. It counts from the first computation on."))
    else:
        hint(run)
        messages.success(request, _("Saved. New results are being computed; pages show the present ones until then."))
    return redirect("segmentation:valuation")
