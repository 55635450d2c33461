"""Background work as people see it: what runs, how far it is, and why it stopped."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from core import selectors
from core.dispatch import hint
from core.models import Run
from core.permissions import acting_user, may_steer, require
from core.runs import cancel_run, retry_run


@require_safe
@require("view")
@never_cache
def running_jobs(request: HttpRequest) -> HttpResponse:
    """The top bar's piece, asked for every few seconds."""
    return render(request, "core/_running_jobs.html", {"runs": selectors.active_runs(limit=10)})


@require_safe
@require("view")
@never_cache
def run_detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The whole page, or with htmx the piece that changes; reloading shows the same."""
    run = selectors.run(pk)
    if run is None:
        return render(request, "404.html", status=404)
    template = "core/_run.html" if request.headers.get("HX-Request") else "core/run_detail.html"
    context = {"run": run, "title": run.label, "may_steer": may_steer(request.user, run.kind)}
    return render(request, template, context)


@require_POST
@require("runs.cancel")
def run_cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    run = _steered(request, pk)
    if run.is_active:
        cancel_run(run, by=acting_user(request))
        messages.info(request, _("The job stops at its next step. Nothing that it did so far is kept."))
    back = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(back, allowed_hosts=None)
    return redirect(back) if is_ours else redirect("core:run-detail", pk=run.pk)


@require_POST
@require("runs.cancel")
def run_retry(request: HttpRequest, pk: UUID) -> HttpResponse:
    run = _steered(request, pk)
    if run.state not in Run.RETRYABLE:
        return redirect("core:run-detail", pk=run.pk)
    newer = retry_run(run, by=acting_user(request))
    hint(newer)
    return redirect("core:run-detail", pk=newer.pk)


def _steered(request: HttpRequest, pk: UUID) -> Run:
    """The run, for somebody who may ask for such work: else stopping and retrying would go round the table."""
    run = get_object_or_404(Run, pk=pk)
    if not may_steer(request.user, run.kind):
        raise PermissionDenied(run.kind)
    return run
