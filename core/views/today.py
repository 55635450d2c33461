"""The first page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core import selectors
from core.permissions import require


@require_safe
@require("view")
def today(request: HttpRequest) -> HttpResponse:
    return render(request, "core/today.html", {"runs": selectors.newest_runs(limit=10)})
