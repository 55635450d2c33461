"""Accounts and tokens: the writes."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from core.models import ApiToken, SignInFailure, User
from core.services.audit import digest_of, record_event

# Five failures within 30 minutes close the account's door for the rest of them.
MOST_ATTEMPTS = 5
LOCK_OUT_MINUTES = 30


class AccountError(ValueError):
    """An account can't be made as asked; the message says why."""


@transaction.atomic
def create_user(*, username: str, role: str, by: User | None, email: str = "") -> tuple[User, str]:
    """A new account with a random password, which is returned once and kept only as a hash."""
    if role not in User.Role.values:
        raise AccountError(f"There is no role {role!r}; choose one of {', '.join(User.Role.values)}.")
    if User.objects.filter(username__iexact=username).exists():
        raise AccountError(f"There is already an account named {username!r}.")
    password = secrets.token_urlsafe(12)
    user = User(username=username, role=role, email=email)
    user.set_password(password)
    user.full_clean()
    user.save()
    record_event(by=by, action="user.created", obj=user, key=user.pk, facts={"role": role})
    return user, password


@transaction.atomic
def change_user(*, user: User, role: str, is_active: bool, by: User) -> User:
    """Another role, or an end (or a new beginning) of the account. One active administrator always remains."""
    if role not in User.Role.values:
        raise AccountError(f"There is no role {role!r}; choose one of {', '.join(User.Role.values)}.")
    user = User.objects.select_for_update().get(pk=user.pk)
    admins = User.objects.select_for_update().filter(role=User.Role.ADMIN, is_active=True).exclude(pk=user.pk)
    if not (role == User.Role.ADMIN and is_active) and not admins:
        raise AccountError("This is the last administrator. Make somebody else an administrator first.")
    facts = {"role": role, "was_role": user.role, "is_active": is_active, "was_active": user.is_active}
    user.role, user.is_active = role, is_active
    user.save(update_fields=["role", "is_active"])
    if not is_active:
        _end_sessions(user)
    record_event(by=by, action="user.changed", obj=user, key=user.pk, facts=facts)
    return user


def _end_sessions(user: User) -> None:
    """Sign the person out everywhere, so that no forgotten browser comes back to life with the account."""
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        if session.get_decoded().get(SESSION_KEY) == str(user.pk):
            session.delete()


@transaction.atomic
def set_password(*, user: User, password: str, by: User) -> None:
    """Whoever proved to own the account may also sign in again at once; all other sessions end."""
    user.set_password(password)
    user.save(update_fields=["password"])
    clear_sign_in_failures(username=user.username)
    record_event(by=by, action="user.password_changed", obj=user, key=user.pk)


@transaction.atomic
def create_first_accounts() -> list[tuple[User, str]]:
    """One account a role on an empty installation; nothing when any account exists."""
    if User.objects.exists():
        return []
    return [create_user(username=role, role=role, by=None) for role in User.Role.values]


@transaction.atomic
def create_token(*, user: User, name: str, scope: str, by: User | None, days: int = 365) -> tuple[ApiToken, str]:
    """A key for scripts, returned once and kept only as a digest."""
    key = f"ins_{secrets.token_urlsafe(32)}"
    now = timezone.now()
    token = ApiToken.objects.create(
        user=user,
        name=name,
        scope=scope,
        digest=token_digest(key),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    record_event(by=by, action="token.created", obj=token, key=token.pk, facts={"user": user.pk, "scope": scope})
    return token, key


@transaction.atomic
def revoke_token(*, token: ApiToken, by: User) -> None:
    if token.revoked_at is not None:
        return
    token.revoked_at = timezone.now()
    token.save(update_fields=["revoked_at"])
    record_event(by=by, action="token.revoked", obj=token, key=token.pk)


def note_token_use(*, token: ApiToken, now: datetime) -> None:
    """So that its owner sees which tokens nobody needs. Once an hour: a script that reads must not write each time."""
    if token.latest_used_at is None or now - token.latest_used_at > timedelta(hours=1):
        ApiToken.objects.filter(pk=token.pk).update(latest_used_at=now)


def token_digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def note_sign_in(*, user: User) -> None:
    record_event(by=user, action="user.signed_in", obj=user, key=user.pk)


def note_sign_out(*, user: User) -> None:
    record_event(by=user, action="user.signed_out", obj=user, key=user.pk)


def begin_attempt(*, username: str, now: datetime) -> bool:
    """Count an attempt before the password is looked at; False when the account's door is closed.

    The row is committed first and counted after: however many guesses arrive at once, the sixth to commit sees the five
    before it. An attempt that is turned away leaves no row, else a stranger could keep the door closed for ever.
    """
    name = username.casefold()[:150]
    with transaction.atomic(durable=True):
        attempt = SignInFailure.objects.create(username_key=name, at=now)
    since = now - timedelta(minutes=LOCK_OUT_MINUTES)
    if SignInFailure.objects.filter(username_key=name, at__gt=since).count() <= MOST_ATTEMPTS:
        return True
    attempt.delete()
    return False


@transaction.atomic
def note_sign_in_failure(*, username: str) -> None:
    """Into the book, with a digest of the name: people type passwords into the wrong field."""
    name = username.casefold()[:150]
    record_event(by=None, action="user.sign_in_failed", obj="user", key=f"name:{digest_of(name)[:32]}")


def is_password_right(*, user: User, password: str) -> bool:
    """Ask a signed-in person again. Guesses count like those at the front door, so they end after five."""
    if not begin_attempt(username=user.username, now=timezone.now()):
        return False
    if user.check_password(password):
        clear_sign_in_failures(username=user.username)
        return True
    note_sign_in_failure(username=user.username)
    return False


def clear_sign_in_failures(*, username: str) -> None:
    SignInFailure.objects.filter(username_key=username.casefold()[:150]).delete()
