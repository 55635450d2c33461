"""Sources: set up, changed, removed, and looked at by themselves."""

import os
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from core.models import Run, User
from core.runs import fingerprint, request_run
from core.services.audit import record_event
from crm.models import Inbox
from crm.sources import SourceProblem, check_location

# The schedule comes by every minute; a look that ended a little late must not cost a whole round.
EARLY = timedelta(seconds=30)
DEFAULT_NAME = "Watched folder"


class InboxError(ValueError):
    """What was asked of a source can't be done; the message says why."""


@dataclass(frozen=True)
class InboxValues:
    """What a person says of a source."""

    name: str
    kind: str
    location: str
    policy: str
    every_minutes: int
    is_enabled: bool
    is_moved: bool = False
    token_name: str = ""


@transaction.atomic
def save_inbox(*, inbox: Inbox | None, values: InboxValues, by: User) -> Inbox:
    """Set up a source, or change one. What it has taken is remembered, whatever changes."""
    if values.token_name and values.token_name not in settings.PULL_TOKENS:
        raise InboxError("There is no token of this name; an administrator adds it to INSIDERS_PULL_TOKENS.")
    try:
        location = check_location(values.kind, values.location.strip())
    except SourceProblem as problem:
        raise InboxError(str(problem)) from problem
    inbox = inbox or Inbox(created_at=timezone.now(), owner=by)
    for name in ("name", "kind", "policy", "every_minutes", "is_enabled", "is_moved", "token_name"):
        setattr(inbox, name, getattr(values, name))
    inbox.location, inbox.problem = location, ""
    inbox.save()
    facts = {"kind": inbox.kind, "policy": inbox.policy, "is_enabled": inbox.is_enabled}
    record_event(by=by, action="source.saved", obj=inbox, key=inbox.pk, facts=facts, changed=location)
    return inbox


@transaction.atomic
def delete_inbox(*, inbox: Inbox, by: User) -> None:
    """Forget a source; the uploads that came from it stay."""
    if is_default(inbox):
        raise InboxError("This source comes from the setting INSIDERS_WATCH_FOLDER; switch it off instead.")
    record_event(by=by, action="source.deleted", obj=inbox, key=inbox.pk, facts={"kind": inbox.kind})
    inbox.delete()


def is_default(inbox: Inbox) -> bool:
    """Whether the setting INSIDERS_WATCH_FOLDER asks for this source, whatever it is called."""
    return bool(settings.WATCH_FOLDER) and inbox.kind == Inbox.Kind.FOLDER and inbox.location == _default_place()


def _default_place() -> str:
    return os.path.realpath(settings.WATCH_FOLDER)


def ensure_default() -> None:
    """The watched folder of the settings as a source like any other."""
    if not settings.WATCH_FOLDER:
        return
    place = _default_place()
    if Inbox.objects.filter(kind=Inbox.Kind.FOLDER, location=place).exists():
        return
    name = f"{DEFAULT_NAME} {place}"[:120] if Inbox.objects.filter(name=DEFAULT_NAME).exists() else DEFAULT_NAME
    values = {"kind": Inbox.Kind.FOLDER, "location": place, "every_minutes": 1, "created_at": timezone.now()}
    Inbox.objects.get_or_create(name=name, defaults=values)


@transaction.atomic
def request_fetch(*, after: Run | None = None) -> Run | None:
    """The scheduled case: a look at each source that is due; returns one of the runs, if any."""
    ensure_default()
    now = timezone.now()
    runs = [
        request_check(inbox=inbox)
        for inbox in Inbox.objects.filter(is_enabled=True)
        if inbox.checked_at is None or inbox.checked_at + timedelta(minutes=inbox.every_minutes) <= now + EARLY
    ]
    return runs[0] if runs else None


@transaction.atomic
def request_check(*, inbox: Inbox, by: User | None = None) -> Run:
    """Ask for a look now; one that is under way already is the same."""
    run = request_run(kind="crm.fetch", params={"inbox": inbox.pk}, fingerprint=fingerprint("fetch", inbox.pk), by=by)
    Inbox.objects.filter(pk=inbox.pk).update(checked_at=timezone.now(), latest_run=run)
    if by is not None:
        record_event(by=by, action="source.checked", obj=inbox, key=inbox.pk)
    return run
