"""Signing in: with lock-out kept in rows, and with tokens for scripts."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest
from django.utils import timezone
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from core.models import ApiToken, User
from core.services.accounts import (
    begin_attempt,
    clear_sign_in_failures,
    note_sign_in_failure,
    note_token_use,
    token_digest,
)


class LockoutBackend(ModelBackend):
    """Django's own check, behind a door that closes after five failures.

    A locked account answers exactly as a wrong password does, and an unknown name is counted like a known one:
    neither tells a stranger which accounts exist.
    """

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        if not username or password is None or not begin_attempt(username=username, now=timezone.now()):
            return None
        user = super().authenticate(request, username=username, password=password, **kwargs)
        if not isinstance(user, User):
            note_sign_in_failure(username=username)
            return None
        clear_sign_in_failures(username=username)
        return user


class ApiTokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Token ins_…`"""

    keyword = "Token"

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme != self.keyword:
            return None
        now = timezone.now()
        token = (
            ApiToken.objects.select_related("user")
            .filter(digest=token_digest(key.strip()), revoked_at=None, expires_at__gt=now, user__is_active=True)
            .first()
        )
        if token is None:
            raise exceptions.AuthenticationFailed("This token is unknown, revoked or expired.")
        note_token_use(token=token, now=now)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return self.keyword
