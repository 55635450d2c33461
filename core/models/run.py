"""The one table of background work: the broker may forget, this may not."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.formatting import number_text, share_text
from core.kinds import KINDS
from core.stages import UNITS


class Run(models.Model):
    """A run is like a job card that is handed from worker to worker until the work is done.

    Whoever works on it holds a lease with an end, and a fencing token that grows with each hand-over: a worker
    that was thought dead and comes back finds its token outdated, and none of its writes counts any more.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting")
        RUNNING = "running", _("Running")
        SUCCEEDED = "succeeded", _("Done")
        FAILED = "failed", _("Refused")
        DEAD = "dead", _("Gave up")
        CANCELLED = "cancelled", _("Cancelled")

    ACTIVE = (State.PENDING, State.RUNNING)
    RETRYABLE = (State.FAILED, State.DEAD, State.CANCELLED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    fingerprint = models.CharField(max_length=64, help_text="Same kind and fingerprint: the same work.")
    params = models.JSONField(default=dict, help_text="Keys only, never a person's data.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    not_before = models.DateTimeField()
    dispatched_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    attempts = models.PositiveIntegerField(default=0)
    fencing_token = models.PositiveBigIntegerField(default=0)
    lease_owner = models.CharField(max_length=100, blank=True)
    lease_expires_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)

    stage = models.CharField(max_length=80, blank=True)
    progress_done = models.PositiveBigIntegerField(default=0)
    progress_total = models.PositiveBigIntegerField(default=0)
    is_cancel_requested = models.BooleanField(default=False)

    result = models.JSONField(null=True)
    error_code = models.CharField(max_length=60, blank=True)
    error = models.TextField(blank=True, help_text="A sentence that a person can act on.")

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "fingerprint"],
                condition=Q(state__in=["pending", "running"]),
                name="run_one_active",
            ),
            models.CheckConstraint(
                condition=Q(state="running", lease_expires_at__isnull=False) | ~Q(state="running"),
                name="run_running_has_lease",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["pending", "running"], finished_at__isnull=True)
                | Q(state__in=["succeeded", "failed", "dead", "cancelled"], finished_at__isnull=False),
                name="run_finished_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "not_before"], name="run_state_due"),
            models.Index(fields=["kind", "-created_at"], name="run_kind_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def is_active(self) -> bool:
        return self.state in self.ACTIVE

    @property
    def label(self) -> str:
        """What the work is, for people."""
        return KINDS[self.kind].label if self.kind in KINDS else self.kind

    @property
    def can_retry(self) -> bool:
        return self.state in self.RETRYABLE

    @property
    def percent(self) -> int:
        return min(100, self.progress_done * 100 // self.progress_total) if self.progress_total else 0

    @property
    def progress_text(self) -> str:
        """How far the stage is, with its unit: 80,000 / 100,000 lines; a percentage where nothing is counted."""
        if not self.progress_total:
            return ""
        if unit := UNITS.get(self.stage):
            return f"{number_text(self.progress_done)} / {number_text(self.progress_total)} {unit}"
        return share_text(min(self.progress_done / self.progress_total, 1.0), 0)
