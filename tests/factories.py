"""A small world: people by role, and rows that tests stand on."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from core.models import ApiToken, Run, User
from core.services.accounts import create_token

PASSWORD = "a walk by the river"
_numbers = count(1)


def make_user(role: str = "marketer", **fields: Any) -> User:
    """Someone who signs in with PASSWORD."""
    user = User(username=fields.pop("username", f"{role}{next(_numbers)}"), role=role, **fields)
    user.set_password(PASSWORD)
    user.save()
    return user


def make_token(user: User, scope: str = ApiToken.Scope.READ) -> str:
    """The key itself, for `Authorization: Token …`."""
    return create_token(user=user, name="test", scope=scope, by=user)[1]


def make_run(kind: str = "crm.sweep", state: str = Run.State.PENDING, **fields: Any) -> Run:
    """A run in the given state, with the times that its constraints ask for."""
    now: datetime = timezone.now()
    values: dict[str, Any] = {"fingerprint": f"test-{next(_numbers)}", "created_at": now, "not_before": now, **fields}
    if state == Run.State.RUNNING:
        values = {"lease_expires_at": now + timedelta(seconds=30), "fencing_token": 1, "attempts": 1, **values}
    elif state != Run.State.PENDING:
        values = {"finished_at": now, **values}
    return Run.objects.create(kind=kind, state=state, **values)
