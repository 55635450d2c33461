"""Asking for work, and doing it under a lease. No Celery here: see `core.dispatch` for the hint to a worker."""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from core.kinds import KINDS, call_request
from core.models import Run, User
from core.services.audit import record_event


class LeaseLost(RuntimeError):
    """Another worker holds this run now; nothing that this one still writes may count."""


class JobRefused(Exception):
    """The job can't be done as asked, and trying again would not help. The message is for a person."""

    def __init__(self, code: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details


class JobCancelled(Exception):
    """Somebody asked to stop; the job left nothing behind."""


def fingerprint(*parts: object) -> str:
    """A digest of what determines the outcome of a run."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def request_run(*, kind: str, params: dict[str, Any], fingerprint: str, by: User | None) -> Run:
    """The active run of this kind and fingerprint, or a new pending one. Call inside the request's transaction."""
    assert kind in KINDS, kind  # noqa: S101 - a slip of ours
    try:
        return _add_run(kind, params, fingerprint, by)
    except IntegrityError:
        active = Run.objects.filter(kind=kind, fingerprint=fingerprint, state__in=Run.ACTIVE).first()
        # The one in our way may have ended in between: then there is room for a new one.
        return active or _add_run(kind, params, fingerprint, by)


def _add_run(kind: str, params: dict[str, Any], fingerprint: str, by: User | None) -> Run:
    now = timezone.now()
    with transaction.atomic():
        return Run.objects.create(
            kind=kind, params=params, fingerprint=fingerprint, created_by=by, created_at=now, not_before=now
        )


@transaction.atomic
def cancel_run(run: Run, *, by: User) -> None:
    """A waiting run is cancelled at once; a running one when its job next looks."""
    now = timezone.now()
    record_event(by=by, action="run.cancelled", obj=run, key=run.pk, facts={"kind": run.kind})
    if not Run.objects.filter(pk=run.pk, state=Run.State.PENDING).update(state=Run.State.CANCELLED, finished_at=now):
        Run.objects.filter(pk=run.pk, state=Run.State.RUNNING).update(is_cancel_requested=True)


@transaction.atomic
def retry_run(run: Run, *, by: User) -> Run:
    """A dead, refused or cancelled run, asked for again as a new one."""
    params, digest = _params_for(run, by)
    newer = request_run(kind=run.kind, params=params, fingerprint=digest, by=by)
    record_event(by=by, action="run.retried", obj=run, key=run.pk, facts={"kind": run.kind, "run": str(newer.pk)})
    return newer


def _params_for(run: Run, by: User) -> tuple[dict[str, Any], str]:
    """The run's parameters and fingerprint; asked for again by somebody else, it is nobody's word any more."""
    name = KINDS[run.kind].personal
    if not name or run.params.get(name) in (None, by.pk):
        return run.params, run.fingerprint
    params = {**run.params, name: None}
    return params, fingerprint(run.fingerprint, params)


def supersede_pending(kind: str) -> None:
    """Drop requests of this kind that nobody has begun: a newer wish replaces them."""
    Run.objects.filter(kind=kind, state=Run.State.PENDING).update(
        state=Run.State.CANCELLED, finished_at=timezone.now(), error_code="superseded"
    )


def due(now: datetime) -> QuerySet[Run]:
    """Runs that a worker should be told of: waiting and not told lately, or with a lapsed lease."""
    # A worker that was told may have been lost with the message: after as long as a lease, it is told again.
    told_before = now - timedelta(seconds=settings.RUN_LEASE_SECONDS)
    waiting = Q(state=Run.State.PENDING, not_before__lte=now) & (
        Q(dispatched_at__isnull=True) | Q(dispatched_at__lte=told_before)
    )
    lapsed = Q(state=Run.State.RUNNING, lease_expires_at__lt=now)
    return Run.objects.filter(waiting | lapsed).order_by("created_at")


def acquire(run_id: UUID, *, owner: str) -> "Lease | None":
    """Take the run if it is free; None when it is done, not due, or somebody else's."""
    now = timezone.now()
    free = Q(state=Run.State.PENDING, not_before__lte=now) | Q(state=Run.State.RUNNING, lease_expires_at__lt=now)
    with transaction.atomic():
        run = Run.objects.select_for_update().filter(free, pk=run_id).first()
        if run is None:
            return None
        if run.attempts >= settings.RUN_MAX_ATTEMPTS:
            _bury(run, now)
            return None
        run.state = Run.State.RUNNING
        run.attempts += 1
        run.fencing_token += 1
        run.lease_owner = owner[:100]
        run.heartbeat_at = now
        run.lease_expires_at = now + timedelta(seconds=settings.RUN_LEASE_SECONDS)
        run.started_at = run.started_at or now
        run.save()
    return Lease(run)


def _bury(run: Run, now: datetime) -> None:
    run.state = Run.State.DEAD
    run.finished_at = now
    run.lease_expires_at = None
    run.error_code = run.error_code or "worker_lost"
    run.error = run.error or (
        f"The work stopped without an answer {run.attempts} times and was given up. "
        "Nothing was changed by it; try again, and tell your administrator if it happens again."
    )
    run.save()


class Lease:
    """The right to work on one run, and the only way for a job to write its outcome."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.token = run.fencing_token
        self._shown_at: datetime | None = None

    def _mine(self) -> QuerySet[Run]:
        return Run.objects.filter(pk=self.run.pk, fencing_token=self.token, state=Run.State.RUNNING)

    def heartbeat(self) -> bool:
        """Keep the lease; False when it is no longer ours."""
        now = timezone.now()
        until = now + timedelta(seconds=settings.RUN_LEASE_SECONDS)
        return bool(self._mine().update(heartbeat_at=now, lease_expires_at=until))

    def guard(self) -> None:
        """Inside a transaction: hold the row, so that nobody can take the run before this transaction ends."""
        if self._mine().select_for_update().first() is None:
            raise LeaseLost(f"run {self.run.pk}")

    def progress(self, stage: str, done: int = 0, total: int = 0) -> None:
        """Show where the work stands, at most once a second; raises when it should stop."""
        now = timezone.now()
        fresh = self._shown_at is not None and now - self._shown_at < timedelta(seconds=1)
        if stage == self.run.stage and fresh and done < total:
            return
        self._shown_at = now
        self.run.stage = stage
        if not self._mine().update(stage=stage[:80], progress_done=done, progress_total=total):
            raise LeaseLost(f"run {self.run.pk}")
        if Run.objects.filter(pk=self.run.pk, is_cancel_requested=True).exists():
            raise JobCancelled

    def complete(self, result: dict[str, Any]) -> None:
        """The work is done: state, result and the follow-ups' rows, in the caller's transaction with its writes."""
        with transaction.atomic():
            self.guard()
            self._finish(Run.State.SUCCEEDED, result=result)
            for request in KINDS[self.run.kind].follow_ups:
                call_request(request, after=self.run)

    def refuse(self, code: str, message: str, details: dict[str, Any] | None = None) -> None:
        """The job can't be done as asked: final, with a sentence."""
        self._finish(Run.State.FAILED, error_code=code, error=message, result=details or None)

    def cancelled(self) -> None:
        self._finish(Run.State.CANCELLED)

    def hand_back(self) -> None:
        """We have to stop before the work is done: anyone may take it at once, and the attempt does not count."""
        self._mine().update(
            state=Run.State.PENDING,
            attempts=F("attempts") - 1,
            dispatched_at=None,
            lease_expires_at=None,
            lease_owner="",
        )

    def fail(self, code: str, message: str, *, wait: float | None = None) -> None:
        """An attempt broke: wait a little (or `wait` seconds) and try again, or give up after the last one."""
        now = timezone.now()
        if self.run.attempts >= settings.RUN_MAX_ATTEMPTS:
            self._finish(Run.State.DEAD, error_code=code, error=message)
            return
        self._mine().update(
            state=Run.State.PENDING,
            not_before=now + timedelta(seconds=2**self.run.attempts if wait is None else wait),
            dispatched_at=None,
            lease_expires_at=None,
            lease_owner="",
            error_code=code,
            error=message,
        )

    def _finish(self, state: Run.State, **fields: Any) -> None:
        # The error of an earlier attempt must not stand beside a success.
        values: dict[str, Any] = {"error_code": "", "error": "", **fields}
        changed = self._mine().update(
            state=state,
            finished_at=timezone.now(),
            lease_expires_at=None,
            progress_done=F("progress_total"),
            **values,
        )
        if not changed:
            raise LeaseLost(f"run {self.run.pk}")
        self.run.refresh_from_db()


def mark_dispatched(runs: Iterable[UUID], now: datetime) -> None:
    Run.objects.filter(pk__in=list(runs)).update(dispatched_at=now)
