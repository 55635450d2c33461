"""The lab: ways to form segments, compared side by side; and which of them the segments are formed by."""

from typing import Any

from django.conf import settings
from django.db import models

from core.models import Run
from segmentation.models.snapshot import Snapshot


class Comparison(models.Model):
    """Up to six ways to form segments, tried on the same customers of one snapshot.

    Like an entry of a laboratory's notebook: what was asked for stands in `combinations`, what came of each in
    `results`, in the same order. The same question of the same data has the same fingerprint, and so the same entry.
    """

    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="comparisons")
    run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="+")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    requested_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    fingerprint = models.CharField(max_length=64, unique=True)
    combinations = models.JSONField(help_text="What to try: features, algorithm, space, k, set_aside.")
    sample_wanted = models.PositiveIntegerField()
    sample = models.PositiveIntegerField(default=0, help_text="Customers that were compared on.")
    results = models.JSONField(default=list, help_text="Figures of each combination, or why there are none.")
    path = models.CharField(max_length=255, blank=True, help_text="Groups and places of the sample, as Parquet.")
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"Comparison {self.pk}"


class Embedding(models.Model):
    """Customers as points of a plane, so that those who are alike lie close together; kept by what it was made from."""

    fingerprint = models.CharField(max_length=64, unique=True)
    snapshot = models.ForeignKey(Snapshot, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    sample = models.PositiveIntegerField()
    methods = models.JSONField(help_text="Names of the maps, each with the seconds that it took or why it is missing.")
    path = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"Embedding {self.pk}"


class SegmentationChoice(models.Model):
    """How segments are formed from the next refresh on. The newest row counts; going back adds another."""

    algorithm = models.CharField(max_length=40, blank=True, help_text="Empty: the built-in way.")
    space = models.CharField(max_length=40, blank=True)
    features = models.JSONField(default=list)
    k = models.PositiveSmallIntegerField(null=True, help_text="Null: found from the data.")
    set_aside = models.FloatField(default=0, help_text="Share of extreme customers kept out of the fit, 0 to 1.")
    comparison = models.ForeignKey(Comparison, null=True, on_delete=models.SET_NULL, related_name="choices")
    chosen_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    chosen_at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.algorithm} on {self.space}" if self.algorithm else "built-in"

    @property
    def combination(self) -> dict[str, Any]:
        """What the refresh needs to know, as plain data: `algorithm, space, features, k, set_aside`."""
        names = ("algorithm", "space", "features", "k", "set_aside")
        return {name: getattr(self, name) for name in names}
