"""Scans, the queue of anomalies, and what people said of them."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import Run
from crm.models import CatalogueVersion, Customer
from segmentation.models import Snapshot


class Scan(models.Model):
    """One look over a snapshot and over every complete day."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="scans")
    catalogue_version = models.ForeignKey(CatalogueVersion, null=True, on_delete=models.SET_NULL, related_name="+")
    fingerprint = models.CharField(max_length=64, unique=True)
    run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    counts = models.JSONField(default=dict, help_text="{kind: {open, new}} when it ended.")

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"Scan {self.pk}"


class Anomaly(models.Model):
    """One thing that looks odd, in a queue. Found again by a later scan, it is the same row, told by kind and key."""

    class Kind(models.TextChoices):
        CUSTOMER = "customer", _("Customer")
        TRANSACTION = "transaction", _("Transaction")
        PRODUCT = "product", _("Product")
        METRIC = "metric", _("Metric")
        SESSION = "session", _("Session")
        BOT = "bot", _("Bot")
        PAGE = "page", _("Page")
        DATA = "data", _("Data")

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        RESOLVED = "resolved", _("Resolved")
        # No longer found by the newest scan (an upload was taken back, or the data was completed).
        GONE = "gone", _("No longer there")

    kind = models.CharField(max_length=12, choices=Kind.choices)
    key = models.CharField(max_length=120, help_text="Stable identity within the kind, made of surrogate keys.")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    detector = models.CharField(max_length=40)
    severity = models.FloatField(help_text="0 to 100, comparable over time; higher is worse.")
    anomaly_score = models.FloatField()
    threshold = models.FloatField()
    summary = models.CharField(max_length=300, help_text="One sentence; names no person.")
    reasons = models.JSONField(default=list)
    evidence = models.JSONField(default=dict)
    money = models.DecimalField(max_digits=20, decimal_places=2, null=True, help_text="What is at stake.")
    customer = models.ForeignKey(Customer, null=True, on_delete=models.CASCADE, related_name="anomalies")
    occurred_on = models.DateField(null=True)
    first_scan = models.ForeignKey(Scan, on_delete=models.CASCADE, related_name="+")
    latest_scan = models.ForeignKey(Scan, on_delete=models.CASCADE, related_name="+")
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "anomalies"
        constraints = [
            models.UniqueConstraint(fields=["kind", "key"], name="anomaly_once"),
            models.CheckConstraint(condition=Q(severity__gte=0, severity__lte=100), name="anomaly_severity_range"),
        ]
        indexes = [
            models.Index(fields=["status", "-severity", "-id"], name="anomaly_queue"),
            models.Index(fields=["status", "kind", "-severity", "-id"], name="anomaly_queue_kind"),
            models.Index(fields=["status", "assignee", "-severity", "-id"], name="anomaly_queue_assignee"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class Verdict(models.Model):
    """What a person said of an anomaly: also the label that a classifier learns from. Immutable; the newest counts."""

    class Value(models.TextChoices):
        REAL = "real", _("Real: needs action")
        EXPECTED = "expected", _("Expected: known cause")
        DATA_ERROR = "data_error", _("Data error")
        NOISE = "noise", _("Noise: not interesting")

    anomaly = models.ForeignKey(Anomaly, on_delete=models.CASCADE, related_name="verdicts")
    verdict = models.CharField(max_length=12, choices=Value.choices)
    comment = models.TextField(blank=True)
    judged = models.JSONField(default=dict, help_text="The anomaly as it was when this was said of it.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.verdict


class AnomalyEvent(models.Model):
    """What else happened to an anomaly, beside verdicts: who took it, and how it came back or went. Immutable."""

    class Kind(models.TextChoices):
        ASSIGNED = "assigned", _("Assigned")
        UNASSIGNED = "unassigned", _("Given back")
        REOPENED = "reopened", _("Opened again")
        WORSE = "worse", _("Opened again: clearly worse than when it was judged")
        GONE = "gone", _("No longer found")
        FOUND_AGAIN = "found_again", _("Found again")

    anomaly = models.ForeignKey(Anomaly, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    scan = models.ForeignKey(Scan, null=True, on_delete=models.SET_NULL, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.kind
