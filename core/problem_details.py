"""Errors of the API as RFC 9457 problem details."""

import logging
from http import HTTPStatus
from http.client import responses
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.signals import got_request_exception
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

from core.problems import Problem
from core.trouble import Unavailable

logger = logging.getLogger(__name__)


def problem_details(error: Exception, context: dict[str, Any]) -> Response | None:
    if isinstance(error, Unavailable):
        error = Problem(error.code, error.message, status=HTTPStatus.SERVICE_UNAVAILABLE)
    if isinstance(error, Problem):
        set_rollback()
        return _described(Response(status=error.status_code), error.problem_code, error.message, error.details)
    response = exception_handler(error, context)
    if response is None:
        return None if settings.DEBUG else _unexpected(error, context)
    if isinstance(error, exceptions.ValidationError):
        return _described(response, "invalid", "Some fields are not right.", {"errors": response.data})
    return _described(response, _code_of(error), _sentence_of(error), {})


def _described(response: Response, code: str, sentence: str, details: dict[str, Any]) -> Response:
    # A protocol on top of HTTP may have a status of its own, which has no phrase.
    title = responses.get(response.status_code, "Refused")
    status = {"type": "about:blank", "title": title, "status": int(response.status_code)}
    response.data = {**status, "code": code, "detail": sentence, **details}
    response.content_type = "application/problem+json"
    return response


def _unexpected(error: Exception, context: dict[str, Any]) -> Response:
    """An error of ours: its traceback is for the log, not for whoever asked."""
    request = context.get("request")
    logger.error("%s %s", getattr(request, "method", ""), getattr(request, "path", ""), exc_info=error)
    # What Django itself sends for an unhandled exception: the test client and monitoring listen to it.
    got_request_exception.send(sender=None, request=getattr(request, "_request", None))
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    body = {"type": "about:blank", "title": status.phrase, "status": status.value, "code": "unexpected"}
    detail = "Something went wrong on our side. Try again, and tell your administrator if it happens again."
    return Response({**body, "detail": detail}, status=status.value, content_type="application/problem+json")


def _code_of(error: Exception) -> str:
    if isinstance(error, Http404):
        return "not_found"
    if isinstance(error, PermissionDenied):
        return "permission_denied"
    code = getattr(error, "default_code", "error")
    return code if isinstance(code, str) else "error"


def _sentence_of(error: Exception) -> str:
    if isinstance(error, Http404):
        return "There is nothing at this address."
    if isinstance(error, PermissionDenied):
        return "Your role does not allow this."
    return str(getattr(error, "detail", error))
