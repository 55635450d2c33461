"""Who may do what: the one table. Pages, API and templates ask it; the access-matrix test walks it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from core.kinds import KINDS
from core.models import ApiToken, User

MARKETER, ANALYST, MANAGER, ADMIN = User.Role.values

# Capability -> roles. `view` is reading every page and figure; everything that changes something stands apart.
PERMISSIONS: dict[str, frozenset[str]] = {
    "view": frozenset({MARKETER, ANALYST, MANAGER, ADMIN}),
    "uploads.add": frozenset({MARKETER, ANALYST, MANAGER, ADMIN}),
    "uploads.undo": frozenset({MARKETER, ANALYST, MANAGER, ADMIN}),
    "sources.manage": frozenset({MANAGER, ADMIN}),
    "runs.cancel": frozenset({MARKETER, ANALYST, MANAGER, ADMIN}),
    "snapshots.refresh": frozenset({ANALYST, MANAGER, ADMIN}),
    "snapshots.promote": frozenset({MANAGER, ADMIN}),
    "segments.choose": frozenset({ANALYST, MANAGER, ADMIN}),
    "values.manage": frozenset({MANAGER, ADMIN}),
    "anomalies.scan": frozenset({ANALYST, MANAGER, ADMIN}),
    "anomalies.triage": frozenset({MARKETER, ANALYST, MANAGER, ADMIN}),
    "programme.propose": frozenset({ANALYST, MANAGER, ADMIN}),
    "programme.approve": frozenset({MANAGER, ADMIN}),
    "members.note": frozenset({MARKETER, ANALYST, MANAGER, ADMIN}),
    "members.export": frozenset({MARKETER, MANAGER, ADMIN}),
    "actions.take": frozenset({MARKETER, ANALYST, MANAGER, ADMIN}),
    "reports.mail": frozenset({MANAGER, ADMIN}),
    "tokens.own": frozenset({MARKETER, ANALYST, MANAGER, ADMIN}),
    "team.manage": frozenset({ADMIN}),
    "webhooks.manage": frozenset({ADMIN}),
    "schedule.manage": frozenset({ADMIN}),
    "audit.view": frozenset({MANAGER, ADMIN}),
}


def may(user: Any, capability: str) -> bool:
    """Whether this person's role has the capability; an unknown capability is an error, not a no."""
    roles = PERMISSIONS[capability]
    return bool(user.is_authenticated and user.is_active and user.role in roles)


def may_steer(user: Any, kind: str) -> bool:
    """Whether this person may stop work of this kind and ask for it again: who may ask for it in the first place."""
    return kind in KINDS and may(user, "runs.cancel") and may(user, KINDS[kind].capability)


def capabilities(user: Any) -> frozenset[str]:
    return frozenset(name for name in PERMISSIONS if may(user, name))


def acting_user(request: HttpRequest) -> User:
    """The signed-in person, for the `by=` of a service."""
    if not isinstance(request.user, User):
        raise PermissionDenied("sign in")
    return request.user


View = Callable[..., HttpResponseBase]


def require(read: str, write: str | None = None) -> Callable[[View], View]:
    """Guard a page: `read` for looking at it, `write` (the same unless given) for sending something to it."""
    assert {read, write or read} <= set(PERMISSIONS)  # noqa: S101 - a slip of ours, found at import

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            needed = read if request.method in {"GET", "HEAD", "OPTIONS"} else write or read
            if not may(request.user, needed):
                raise PermissionDenied(needed)
            return view(request, *args, **kwargs)

        guarded.capabilities = (read, write or read)  # type: ignore[attr-defined]
        return guarded

    return guard


class ApiPermission(BasePermission):
    """The same table for the API: a view names `read_capability` and `write_capability`."""

    def has_permission(self, request: Request, view: Any) -> bool:
        is_read = request.method in {"GET", "HEAD", "OPTIONS"}
        token = request.auth
        if isinstance(token, ApiToken) and not is_read and token.scope != ApiToken.Scope.WRITE:
            return False
        name = "read_capability" if is_read else "write_capability"
        return may(request.user, getattr(view, name, "view"))
