"""What a load balancer and an operator ask; nobody has to sign in for it.

Only the database and its schema decide whether this process is ready. Without broker, worker or storage, most pages
still read and requests are still accepted (they run later), so taking the web server out of service would only make it
worse: their state is reported, for an alarm to look at.
"""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from core import selectors
from core.dispatch import is_broker_reachable
from crm.ledger import storage


@require_safe
@login_not_required
@never_cache
def live(request: HttpRequest) -> JsonResponse:
    """This process answers. Asks nobody else, so that a database in trouble does not get every process restarted."""
    return JsonResponse({"state": "live"})


@require_safe
@login_not_required
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    try:
        is_migrated = selectors.is_migrated()
    except DatabaseError:
        return _answer({"database": "unreachable"}, is_ready=False)
    checks = {"database": "ok" if is_migrated else "migrations missing"}
    if is_migrated:
        checks |= {"worker": _worker_state()}
    checks |= {"storage": "ok" if storage.answers() else "unreachable"}
    checks |= {"broker": "ok" if is_broker_reachable() else "unreachable"}
    return _answer(checks, is_ready=is_migrated)


def _worker_state() -> str:
    heard_at = selectors.beat_at("worker")
    if heard_at is None:
        return "never heard of"
    return "ok" if timezone.now() - heard_at < timedelta(minutes=3) else "silent"


def _answer(checks: dict[str, Any], *, is_ready: bool) -> JsonResponse:
    status = HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE
    return JsonResponse({"state": "ready" if is_ready else "not ready", "checks": checks}, status=status)
