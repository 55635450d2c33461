"""Headers that every answer carries, and addresses that no database can look up."""

import logging
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from core.trouble import Unavailable

logger = logging.getLogger(__name__)

# Everything comes from our own origin; nothing inline, nothing evaluated.
POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ]
)


class ContentSecurityPolicyMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Content-Security-Policy"] = POLICY
        response["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        return response


LARGEST_KEY = 2**63 - 1


class AddressMiddleware:
    """No row has a key beyond 64 bits, and databases answer such a number with an error.

    It is an address where nothing is, for pages and API alike, whatever view it belongs to.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        if not any(isinstance(value, int) and abs(value) > LARGEST_KEY for value in kwargs.values()):
            return None
        if request.resolver_match and "api" in request.resolver_match.namespaces:
            from core.api import Unknown  # only now: middleware is loaded before the apps' models

            return Unknown.as_view()(request)
        raise Http404


class TroubleMiddleware:
    """A page that needs something which does not answer says so, instead of calling it an error of ours."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, Unavailable):
            return None
        logger.warning("%s %s: %s", request.method, request.path, error.message)
        return render(request, "503.html", {"sentence": error.message}, status=HTTPStatus.SERVICE_UNAVAILABLE)
