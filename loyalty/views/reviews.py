"""Reviews: what each proposed, and a person's word on it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from core.dispatch import hint, send_due
from core.permissions import acting_user, require
from core.problems import Problem
from core.runs import JobRefused
from core.ui import Column
from loyalty.models import DecisionKind, Review
from loyalty.selectors.reviews import decision_page, review_list
from loyalty.services import approve_review, reject_review, request_review
from loyalty.views.choosing import about, back_to, chosen_programme

TONES = {"proposed": "warning", "applied": "good", "rejected": "neutral", "outdated": "neutral"}
LIST_COLUMNS = (
    Column(gettext_lazy("Results as of")),
    Column(gettext_lazy("State")),
    Column(gettext_lazy("Joined"), is_numeric=True),
    Column(gettext_lazy("Kept"), is_numeric=True),
    Column(gettext_lazy("Warned"), is_numeric=True),
    Column(gettext_lazy("Left"), is_numeric=True),
    Column(gettext_lazy("Members after"), is_numeric=True),
    Column(gettext_lazy("Decided by")),
)
DECISION_COLUMNS = (
    Column(gettext_lazy("Choose"), is_hidden=True),
    Column(gettext_lazy("Customer")),
    Column(gettext_lazy("Decision")),
    Column(gettext_lazy("Why")),
)


@require_safe
@require("view")
def reviews(request: HttpRequest) -> HttpResponse:
    programme = chosen_programme(request)
    page = review_list(programme, cursor=request.GET.get("cursor", ""))
    context = {
        "title": _("Reviews"),
        "page": page,
        "tones": TONES,
        "columns": LIST_COLUMNS,
        **about(request, programme, "reviews"),
    }
    return render(request, "loyalty/review_list.html", context)


@require_safe
@require("view")
def review_detail(request: HttpRequest, pk: int) -> HttpResponse:
    review = _review(pk)
    kind = request.GET.get("kind", "")
    context = {
        "title": _("Review as of %(day)s") % {"day": f"{review.snapshot.as_of:%-d %B %Y}"},
        "review": review,
        "tone": TONES[review.state],
        "kind": kind,
        "kinds": DecisionKind.choices,
        "page": decision_page(review, kind=kind, cursor=request.GET.get("cursor", "")),
        "columns": DECISION_COLUMNS if review.state == Review.State.PROPOSED else DECISION_COLUMNS[1:],
        "is_open": review.state == Review.State.PROPOSED,
    }
    return render(request, "loyalty/review_detail.html", context)


def _review(pk: int) -> Review:
    shown = Review.objects.exclude(state=Review.State.PREPARING)
    return get_object_or_404(shown.select_related("snapshot", "rule_version", "decided_by", "programme"), pk=pk)


@require_POST
@require("programme.propose")
def review_request(request: HttpRequest) -> HttpResponse:
    programme = chosen_programme(request)
    try:
        run = request_review(by=acting_user(request), programme=programme)
    except JobRefused as refusal:
        messages.error(request, refusal.message)
        return back_to("loyalty:review-list", programme)
    hint(run)
    return redirect("core:run-detail", pk=run.pk)


def _part(request: HttpRequest) -> dict[str, Any]:
    """Which part of a review the form names; what it can't mean chooses nothing, never the whole."""
    ticked = [int(key) for key in request.POST.getlist("decision") if key.isdecimal() and len(key) < 19]
    part, kind = request.POST.get("part"), request.POST.get("kind", "")
    if part is None:
        return {}
    if part == "others" and ticked:
        return {"except_for": ticked}
    if part == "kind" and kind in DecisionKind.values:
        return {"kind": kind}
    return {"decisions": ticked if part == "ticked" else []}


@require_POST
@require("programme.approve")
def review_approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Whole, or a `part`: only the ticked decisions, all but those, or all of the kind that is shown."""
    try:
        approve_review(review=_review(pk), by=acting_user(request), **_part(request))
    except Problem as problem:
        messages.error(request, problem.message)
    else:
        send_due()
        messages.success(request, _("The review is applied; the members list shows it."))
    return redirect("loyalty:review-detail", pk=pk)


@require_POST
@require("programme.approve")
def review_reject(request: HttpRequest, pk: int) -> HttpResponse:
    try:
        reject_review(review=_review(pk), by=acting_user(request))
    except Problem as problem:
        messages.error(request, problem.message)
    else:
        messages.success(request, _("The review is rejected; the members list stays as it is."))
    return redirect("loyalty:review-detail", pk=pk)
