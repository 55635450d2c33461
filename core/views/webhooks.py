"""Settings: the programs that are told of joins, warnings and leaves, and what became of each message."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from core.dispatch import send_due
from core.models import WebhookDelivery, WebhookEndpoint
from core.pagination import key_page
from core.permissions import acting_user, require
from core.problems import Problem
from core.services import webhooks
from core.ui import Column
from core.views.settings import tabs
from core.webhooks import EVENTS

ENDPOINT_COLUMNS = (
    Column(gettext_lazy("Address")),
    Column(gettext_lazy("Events")),
    Column(gettext_lazy("State")),
    Column(gettext_lazy("Made")),
)
DELIVERY_COLUMNS = (
    Column(gettext_lazy("Message")),
    Column(gettext_lazy("Customers"), is_numeric=True),
    Column(gettext_lazy("State")),
    Column(gettext_lazy("Attempts"), is_numeric=True),
    Column(gettext_lazy("Latest answer")),
    Column(gettext_lazy("Written")),
    Column(gettext_lazy("Send again"), is_hidden=True),
)
TONES = {"pending": "info", "delivered": "good", "failed": "bad"}


class EndpointForm(forms.Form):
    url = forms.CharField(label=gettext_lazy("Address, beginning with https://"), max_length=500)
    events = forms.MultipleChoiceField(
        label=gettext_lazy("Tell it when"), choices=EVENTS.items(), widget=forms.CheckboxSelectMultiple
    )


@require_http_methods(["GET", "HEAD", "POST"])
@require("webhooks.manage")
@never_cache
def webhook_list(request: HttpRequest) -> HttpResponse:
    """The endpoints; the answer to making one is the one time that its secret is shown."""
    form = EndpointForm(request.POST or None, initial={"events": list(EVENTS)})
    if request.method == "POST" and form.is_valid():
        try:
            endpoint = webhooks.create_endpoint(**form.cleaned_data, by=acting_user(request))
        except Problem as problem:
            form.add_error(problem.problem_code if problem.problem_code in form.fields else None, problem.message)
        else:
            return _list(request, EndpointForm(initial={"events": list(EVENTS)}), secret=endpoint.secret)
    return _list(request, form, status=422 if form.errors else 200)


def _list(request: HttpRequest, form: EndpointForm, *, secret: str = "", status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "secret": secret,
        "endpoints": WebhookEndpoint.objects.all(),
        "columns": ENDPOINT_COLUMNS,
        "tabs": tabs(request),
    }
    return render(request, "core/webhook_list.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@require("webhooks.manage")
@never_cache
def webhook_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One endpoint with its log; POST does what its button says."""
    endpoint = get_object_or_404(WebhookEndpoint, pk=pk)
    secret = ""
    if request.method == "POST":
        if request.POST.get("action") != "renew":
            return _act(request, endpoint)
        secret = webhooks.renew_secret(endpoint=endpoint, by=acting_user(request)).secret
    context = {
        "endpoint": endpoint,
        "secret": secret,
        "page": key_page(endpoint.deliveries.all(), cursor=request.GET.get("cursor", "")),
        "columns": DELIVERY_COLUMNS,
        "tones": TONES,
        "events": [EVENTS[name] for name in endpoint.events if name in EVENTS],
    }
    return render(request, "core/webhook_detail.html", context)


def _act(request: HttpRequest, endpoint: WebhookEndpoint) -> HttpResponse:
    user, action = acting_user(request), request.POST.get("action", "")
    if action == "remove":
        webhooks.remove_endpoint(endpoint=endpoint, by=user)
        messages.success(request, _("The endpoint is removed, with its log."))
        return redirect("core:webhook-list")
    try:
        if action == "ping":
            webhooks.send_ping(endpoint=endpoint, by=user)
            messages.success(request, _("A message is on its way; its answer appears below."))
        elif action in {"on", "off"}:
            webhooks.enable_endpoint(endpoint=endpoint, is_enabled=action == "on", by=user)
            messages.success(request, _("The endpoint is changed."))
    except Problem as problem:
        messages.error(request, problem.message)
    send_due()
    return redirect("core:webhook-detail", pk=endpoint.pk)


@require_POST
@require("webhooks.manage")
def webhook_again(request: HttpRequest, pk: int) -> HttpResponse:
    delivery = get_object_or_404(WebhookDelivery.objects.select_related("endpoint"), pk=pk)
    try:
        webhooks.send_again(delivery=delivery, by=acting_user(request))
    except Problem as problem:
        messages.error(request, problem.message)
    else:
        send_due()
        messages.success(request, _("The message is sent again."))
    return redirect("core:webhook-detail", pk=delivery.endpoint_id)
