"""Pages of the queue. Every form works by plain reload; with htmx a row answers in its place."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from anomalies import selectors, services
from anomalies.forms import AssignForm, QueueFilter, VerdictForm
from anomalies.models import Anomaly, Verdict
from core.dispatch import hint
from core.models import User
from core.permissions import acting_user, require
from core.ui import Column, Tab
from segmentation.selectors import current_snapshot

COLUMNS = (
    Column(gettext_lazy("Choose"), is_hidden=True),
    Column(gettext_lazy("Severity"), hint=gettext_lazy("How odd it is and how much money it means, 0 to 100")),
    Column(gettext_lazy("What was found")),
    Column(gettext_lazy("Money at stake"), is_numeric=True),
    Column(gettext_lazy("Assigned to")),
    Column(gettext_lazy("Your verdict")),
)
VERDICT_ICONS = {"real": "flag", "expected": "check", "data_error": "database", "noise": "eye-off"}
SHORT_VERDICTS = {
    "real": gettext_lazy("Real"),
    "expected": gettext_lazy("Expected"),
    "data_error": gettext_lazy("Data error"),
    "noise": gettext_lazy("Noise"),
}


def _choices() -> list[dict[str, Any]]:
    """The verdicts as buttons: the short word, what it means, and its picture."""
    return [
        {"value": value, "label": SHORT_VERDICTS[value], "hint": label, "icon": VERDICT_ICONS[value]}
        for value, label in Verdict.Value.choices
    ]


@require_safe
@require("view")
def queue(request: HttpRequest) -> HttpResponse:
    form = QueueFilter(request.GET)
    filters = form.filters()
    reader = acting_user(request)
    context = {
        "title": _("Anomalies"),
        "columns": COLUMNS,
        "form": form,
        "filters": filters,
        "is_filtered": bool(filters.kind or filters.assignee),
        "tabs": _tabs(request, filters),
        "page": selectors.queue_page(filters, cursor=request.GET.get("cursor", ""), reader=reader),
        "scan": selectors.latest_scan() if current_snapshot() else None,
        "verdict_choices": _choices(),
        "return_to": request.get_full_path(),
    }
    return render(request, "anomalies/queue.html", context)


def _tabs(request: HttpRequest, filters: selectors.Filters) -> list[Tab]:
    counts = selectors.status_counts(kind=filters.kind)
    tabs = []
    for status in Anomaly.Status:
        query = request.GET.copy()
        query.pop("cursor", None)
        query["status"] = status.value
        tabs.append(Tab(status.label, f"?{query.urlencode()}", status == filters.status, counts[status]))
    return tabs


@require_safe
@require("view")
def anomaly_detail(request: HttpRequest, pk: int) -> HttpResponse:
    anomaly = _anomaly(pk)
    detail = selectors.anomaly_detail(anomaly)
    context = {
        "title": detail.row.summary,
        "detail": detail,
        "row": detail.row,
        "snapshot_as_of": detail.scan.snapshot.as_of,
        "assign_form": AssignForm({"assignee": detail.row.assignee}),
        "verdict_choices": _choices(),
        "return_to": request.get_full_path(),
    }
    return render(request, "anomalies/anomaly_detail.html", context)


def _anomaly(pk: int) -> Anomaly:
    anomaly = selectors.anomaly_of(pk)
    if anomaly is None or current_snapshot() is None:
        raise Http404
    return anomaly


@require_POST
@require("anomalies.scan")
def scan_request(request: HttpRequest) -> HttpResponse:
    run = services.request_scan(by=acting_user(request))
    if run is None:
        messages.error(request, _("There are no results to look at yet. Publish an upload first."))
        return redirect("anomalies:queue")
    hint(run)
    return redirect("core:run-detail", pk=run.pk)


@require_POST
@require("anomalies.triage")
def anomaly_verdict(request: HttpRequest, pk: int) -> HttpResponse:
    anomaly, form = _anomaly(pk), VerdictForm(request.POST)
    if not form.is_valid():
        return _answer(request, pk, _("Choose one of the four verdicts; a comment may be left out."), is_error=True)
    try:
        services.record_verdict(anomaly=anomaly, **form.cleaned_data, by=acting_user(request))
    except services.TriageError as error:
        return _answer(request, pk, error.message, is_error=True)
    word = SHORT_VERDICTS[form.cleaned_data["verdict"]]
    return _answer(request, pk, _("Judged: %(word)s. Undo opens it again.") % {"word": word})


@require_POST
@require("anomalies.triage")
def anomaly_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        services.reopen(anomaly=_anomaly(pk), by=acting_user(request))
    except services.TriageError as error:
        return _answer(request, pk, error.message, is_error=True)
    return _answer(request, pk, _("It waits in the queue again."))


@require_POST
@require("anomalies.triage")
def anomaly_assign(request: HttpRequest, pk: int) -> HttpResponse:
    anomaly, form = _anomaly(pk), AssignForm(request.POST)
    if not form.is_valid():
        return _answer(request, pk, _("Choose somebody of your team."), is_error=True)
    name = form.cleaned_data["assignee"]
    assignee = User.objects.get(username=name) if name else None
    services.assign(anomaly=anomaly, assignee=assignee, by=acting_user(request))
    done = _("Assigned to %(name)s.") % {"name": name} if name else _("Given back to everybody.")
    return _answer(request, pk, done)


@require_POST
@require("anomalies.triage")
def verdicts(request: HttpRequest) -> HttpResponse:
    """One word on all chosen rows."""
    form = VerdictForm(request.POST)
    keys = [int(key) for key in request.POST.getlist("anomaly") if key.isascii() and key.isdigit() and len(key) < 19]
    if not form.is_valid() or not keys:
        messages.error(request, _("Choose at least one row and one of the four verdicts."))
        return redirect(_return_to(request))
    chosen = list(Anomaly.objects.filter(pk__in=keys[: services.MOST_AT_ONCE + 1]))
    try:
        said = services.record_verdicts(anomalies=chosen, **form.cleaned_data, by=acting_user(request))
    except services.TriageError as error:
        messages.error(request, error.message)
        return redirect(_return_to(request))
    text = ngettext("%(count)s anomaly judged.", "%(count)s anomalies judged.", len(said))
    messages.success(request, text % {"count": len(said)})
    return redirect(_return_to(request))


def _answer(request: HttpRequest, pk: int, text: str, *, is_error: bool = False) -> HttpResponse:
    """With htmx the row as it is now and a short note; else back to where the form stood, with a message."""
    if not request.headers.get("HX-Request"):
        (messages.error if is_error else messages.success)(request, text)
        return redirect(_return_to(request, reverse("anomalies:anomaly-detail", args=[pk])))
    context = {
        "row": selectors.queue_row(_anomaly(pk)),
        "verdict_choices": _choices(),
        "return_to": _return_to(request),
    }
    answer = render(request, "anomalies/_row.html", context)
    return trigger_client_event(answer, "toast", {"text": text, "level": "error" if is_error else "success"})


def _return_to(request: HttpRequest, default: str = "") -> str:
    """The page that the form names, if it is one of ours."""
    wanted = request.POST.get("return_to", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) and wanted.startswith("/")
    return wanted if is_ours else default or reverse("anomalies:queue")
