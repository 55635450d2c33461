"""What must never happen, as checks that answer yes or no. See docs/operations.md.

An app adds its checks in `<app>/invariants.py`; several checks may answer for one number, and all have to hold.
A check only reads, and ends within seconds on a large installation.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from typing import TypedDict

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from core.models import AuditEvent, Run
from core.selectors import beat_at
from core.services.audit import verify_chain

Finding = tuple[bool, str]
Check = Callable[[], Finding]
CHECKS: dict[int, list[tuple[str, Check]]] = {}


class Answer(TypedDict):
    ok: bool
    detail: str


def invariant(number: int, sentence: str) -> Callable[[Check], Check]:
    """Register a check that returns whether it holds, and what it saw in a sentence; `sentence` says what holds."""

    def add(check: Check) -> Check:
        CHECKS.setdefault(number, []).append((sentence, check))
        return check

    return add


def load() -> None:
    """Import the checks of every app of ours that has some."""
    for config in apps.get_app_configs():
        is_ours = config.path.startswith(str(settings.BASE_DIR)) and "site-packages" not in config.path
        if is_ours and find_spec(f"{config.name}.invariants"):
            import_module(f"{config.name}.invariants")


def answers() -> dict[int, Answer]:
    """Every number that some app answers for. One that nobody checks is left out rather than called good."""
    return {number: _answer(CHECKS[number]) for number in sorted(CHECKS)}


def _answer(checks: list[tuple[str, Check]]) -> Answer:
    findings = [_find(sentence, check) for sentence, check in checks]
    failed = [detail for ok, detail in findings if not ok]
    return {"ok": not failed, "detail": " ".join(failed or [detail for _, detail in findings])}


def _find(sentence: str, check: Check) -> Finding:
    try:
        ok, detail = check()
    except Exception as error:  # a check that breaks is not a check that passed
        return False, f"{sentence} Could not be checked: {type(error).__name__}: {error}"
    return ok, f"{sentence} {detail}"


@invariant(7, "No run is stuck.")
def no_run_is_stuck() -> Finding:
    """Judged only while messages get through: with no worker there is nobody whose fault a waiting run could be."""
    now = timezone.now()
    forgotten = untold(now).count()
    heard_at = beat_at("worker")
    if heard_at is None or now - heard_at > timedelta(seconds=150):
        return True, f"No worker is at work, so nothing can be late; {forgotten} runs wait for one."
    if forgotten:
        return False, f"{forgotten} runs were due for more than a minute and no worker was told."
    return True, "Every run that is due was told to a worker within the last minute."


def untold(now: datetime) -> QuerySet[Run]:
    """Runs that were due a minute ago, waiting or with a lapsed lease, and not told to a worker since."""
    limit = now - timedelta(seconds=60)
    late = Q(state=Run.State.PENDING, not_before__lt=limit) | Q(state=Run.State.RUNNING, lease_expires_at__lt=limit)
    return Run.objects.filter(late).filter(Q(dispatched_at__isnull=True) | Q(dispatched_at__lt=limit))


@invariant(8, "The audit chain verifies.")
def audit_chain_verifies() -> Finding:
    return verify_chain()


@invariant(8, "Its events can't be changed.")
def audit_is_append_only() -> Finding:
    if connection.vendor != "postgresql":
        return True, "On SQLite the hashes alone protect it; PostgreSQL has a trigger too."
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgenabled FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname = %s",
            [AuditEvent._meta.db_table, "core_auditevent_append_only"],
        )
        row = cursor.fetchone()
    if row is None or row[0] in {"D", b"D"}:
        return False, "The trigger that refuses changes is missing or switched off."
    return True, "A trigger refuses changes."
