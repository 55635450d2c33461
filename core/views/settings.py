"""Settings beside the team: the schedule, the audit book and the newest jobs."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from core import selectors
from core.models import ScheduleEntry
from core.permissions import acting_user, may, require
from core.services.schedule import enable_entry
from core.ui import Column, Tab

# Address, label, and who may see it.
PLACES = (
    ("core:settings", gettext_lazy("Team"), "view"),
    ("core:jobs", gettext_lazy("Jobs"), "view"),
    ("core:schedule", gettext_lazy("Schedule"), "view"),
    ("segmentation:valuation", gettext_lazy("Values"), "view"),
    ("core:webhook-list", gettext_lazy("Webhooks"), "webhooks.manage"),
    ("core:audit", gettext_lazy("Audit"), "audit.view"),
)
SCHEDULE_COLUMNS = (
    Column(gettext_lazy("What")),
    Column(gettext_lazy("How often")),
    Column(gettext_lazy("Latest start")),
    Column(gettext_lazy("State")),
    Column(gettext_lazy("Change"), is_hidden=True),
)
AUDIT_COLUMNS = (
    Column(gettext_lazy("Number"), is_numeric=True),
    Column(gettext_lazy("When")),
    Column(gettext_lazy("Who")),
    Column(gettext_lazy("What")),
    Column(gettext_lazy("To what")),
    Column(gettext_lazy("Facts")),
)
JOB_COLUMNS = (
    Column(gettext_lazy("Job")),
    Column(gettext_lazy("State")),
    Column(gettext_lazy("Asked for")),
    Column(gettext_lazy("By")),
)


def tabs(request: HttpRequest) -> list[Tab]:
    places = [(reverse(name), label) for name, label, capability in PLACES if may(request.user, capability)]
    return [Tab(label, url, is_current=request.path == url) for url, label in places]


@require_safe
@require("view")
def schedule(request: HttpRequest) -> HttpResponse:
    context = {"entries": selectors.schedule(), "columns": SCHEDULE_COLUMNS, "tabs": tabs(request)}
    return render(request, "core/schedule.html", context)


@require_POST
@require("schedule.manage")
def schedule_entry(request: HttpRequest, pk: int) -> HttpResponse:
    entry = get_object_or_404(ScheduleEntry, pk=pk)
    enable_entry(entry=entry, is_enabled=request.POST.get("is_enabled") == "1", by=acting_user(request))
    messages.success(request, _("The schedule is changed."))
    return redirect("core:schedule")


@require_safe
@require("audit.view")
def audit(request: HttpRequest) -> HttpResponse:
    query = request.GET.get("q", "").replace("\0", "").strip()[:60]
    page = selectors.audit_events(query=query, cursor=request.GET.get("cursor", ""))
    context = {"page": page, "query": query, "columns": AUDIT_COLUMNS, "tabs": tabs(request)}
    return render(request, "core/audit.html", context)


@require_safe
@require("view")
def jobs(request: HttpRequest) -> HttpResponse:
    context = {"runs": selectors.newest_runs(limit=50), "columns": JOB_COLUMNS, "tabs": tabs(request)}
    return render(request, "core/jobs.html", context)
