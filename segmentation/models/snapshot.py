"""One calculation of everything, and what it was calculated with."""

from datetime import date

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import Run
from crm.models import CatalogueVersion


class Snapshot(models.Model):
    """All scores of one `as_of`, like a photograph: built in the dark, published by one pointer, never changed."""

    class State(models.TextChoices):
        BUILDING = "building", _("Being built")
        CANDIDATE = "candidate", _("Waiting for a decision")
        PUBLISHED = "published", _("Published")
        DECLINED = "declined", _("Not taken")
        FAILED = "failed", _("Failed")

    as_of = models.DateField()
    unit = models.CharField(max_length=4, choices=[("day", _("day")), ("week", _("week"))])
    holdout_days = models.PositiveIntegerField()
    horizon_days = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.BUILDING)
    fingerprint = models.CharField(max_length=64)
    catalogue_version = models.ForeignKey(CatalogueVersion, null=True, on_delete=models.SET_NULL, related_name="+")
    run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    score_table = models.CharField(max_length=1, blank=True, help_text="Which of the two tables held its rows.")
    path = models.CharField(max_length=255, blank=True, help_text="All scores as Parquet, for ever.")
    sha256 = models.CharField(max_length=64, blank=True)
    content_hash = models.CharField(
        max_length=64, blank=True, help_text="Of what the scores say: equal wherever the same input was calculated."
    )
    provenance = models.JSONField(default=dict, help_text="What determined these results: data, code, seed.")

    customers = models.PositiveBigIntegerField(default=0)
    seconds = models.FloatField(default=0)
    totals = models.JSONField(default=dict, help_text="Money of the ledger up to as_of, as strings.")
    fits = models.JSONField(default=dict, help_text="The value models as the refresh command prints them.")
    holdout = models.JSONField(null=True)
    holdout_reason = models.TextField(blank=True)
    segments = models.JSONField(default=list)
    tiers = models.JSONField(default=list)
    rfm_groups = models.JSONField(default=list)
    quality = models.JSONField(default=dict)
    charts = models.JSONField(default=dict, help_text="Monthly revenue and other finished series for pages.")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="published") | Q(published_at__isnull=False),
                name="snapshot_published_has_time",
            )
        ]
        indexes = [models.Index(fields=["fingerprint"], name="snapshot_fingerprint")]

    def __str__(self) -> str:
        return f"Snapshot {self.pk} as of {self.as_of}"


class SnapshotPointer(models.Model):
    """The one row that says which snapshot pages speak of, which refresh may load the idle score table, and whether
    new results take the place of the present ones by themselves.
    """

    snapshot = models.ForeignKey(Snapshot, null=True, on_delete=models.PROTECT, related_name="+")
    asks_first = models.BooleanField(default=False, help_text="New results wait until somebody promotes them.")
    pinned_at = models.DateTimeField(null=True, help_text="Since when new results wait, whatever they are.")
    pinned_until = models.DateField(null=True, help_text="The last day of that; none: until somebody ends it.")
    loading_run = models.UUIDField(null=True)
    loading_token = models.PositiveBigIntegerField(null=True)

    def __str__(self) -> str:
        return str(self.snapshot_id)

    def is_pinned(self, today: date) -> bool:
        """Whether somebody keeps the present results on purpose."""
        return self.pinned_at is not None and (self.pinned_until is None or today <= self.pinned_until)

    def is_holding(self, today: date) -> bool:
        """Whether new results have to wait for a person; the very first never do, for they change nothing."""
        return self.snapshot_id is not None and (self.asks_first or self.is_pinned(today))


class Segment(models.Model):
    """A group that clustering found, with an identity that survives refits."""

    name = models.CharField(max_length=80)
    is_renamed = models.BooleanField(default=False, help_text="A person named it, so that refits keep the name.")
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class SegmentSummary(models.Model):
    """What a segment was in one snapshot."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="segment_summaries")
    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="summaries")
    name = models.CharField(max_length=80)
    size = models.PositiveBigIntegerField()
    revenue = models.DecimalField(max_digits=38, decimal_places=6)
    share = models.FloatField(null=True, help_text="Null where all net revenue is not above zero.")
    profile = models.JSONField(default=dict, help_text="Medians of the features, for people.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["snapshot", "segment"], name="segment_summary_once")]

    def __str__(self) -> str:
        return self.name


class ModelArtifact(models.Model):
    """A fitted model as numbers: never a pickled object. Loading refuses what does not verify."""

    class State(models.TextChoices):
        CANDIDATE = "candidate", _("Candidate")
        CURRENT = "current", _("Current")
        RETIRED = "retired", _("Retired")

    kind = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=State.choices, default=State.CANDIDATE)
    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="artifacts")
    format_version = models.PositiveIntegerField()
    parameters = models.JSONField()
    data_fingerprint = models.CharField(max_length=64)
    library_versions = models.JSONField()
    checksum = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind"], condition=Q(state="current"), name="model_one_current"),
            models.UniqueConstraint(fields=["kind", "snapshot"], name="model_one_per_snapshot"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of snapshot {self.snapshot_id}"
