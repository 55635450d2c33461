"""What every page knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from core.permissions import capabilities


def page_context(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    return {
        "currency": settings.REPORTING_CURRENCY,
        "permissions": capabilities(user) if user is not None else frozenset(),
    }
