"""The nine answers, frozen; the hypotheses that people add; and who gets the report by e-mail."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from loyalty.models.programme import Programme
from loyalty.models.reviews import Review
from segmentation.models import Snapshot


class Reports(models.Manager["Report"]):
    """Without the customers behind a report: there may be a million, and pages never read them."""

    def get_queryset(self) -> models.QuerySet["Report"]:
        return super().get_queryset().defer("keys")


class Report(models.Model):
    """The nine answers, frozen for one snapshot, one state of the membership list, and the rest that they rest on."""

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="reports")
    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="reports")
    review = models.ForeignKey(Review, null=True, on_delete=models.CASCADE, related_name="reports")
    basis = models.CharField(
        max_length=64, default="", help_text="Digest of what else the answers rest on: settings, written hypotheses."
    )
    content = models.JSONField()
    checksum = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    figures = models.JSONField(default=dict, help_text="The answers' figures by question, for their history.")
    # The last column: where rows are read one after the other, what is not asked for is not read.
    keys = models.JSONField(default=dict, help_text="Keys of the eligible customers and of the members.")

    objects = Reports()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "snapshot", "review", "basis"], name="report_once"),
            models.UniqueConstraint(
                fields=["programme", "snapshot", "basis"],
                condition=Q(review__isnull=True),
                name="report_without_review_once",
            ),
        ]

    def __str__(self) -> str:
        return f"Report {self.pk}"


class Hypothesis(models.Model):
    """A claim that a person wrote: a group's share of a total, or its median over that of all, is above a threshold."""

    class Measure(models.TextChoices):
        SHARE = "share", _("Share of the total")
        MEDIAN_RATIO = "median_ratio", _("Median, compared with that of all customers")

    class Group(models.TextChoices):
        MEMBERS = "members", _("Members")
        SEGMENT = "segment", _("Segment")
        TIER = "tier", _("Tier")
        RFM_GROUP = "rfm_group", _("RFM group")

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="hypotheses")
    number = models.PositiveIntegerField(help_text="H1 to H4 are the standing ones; written ones begin with 5.")
    measure = models.CharField(max_length=12, choices=Measure.choices)
    figure = models.CharField(max_length=40)
    group = models.CharField(max_length=10, choices=Group.choices)
    group_value = models.CharField(max_length=40, blank=True)
    threshold = models.FloatField(help_text="A share from 0 to 1, or how many times the median of all.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "number"], name="hypothesis_number"),
            models.CheckConstraint(condition=Q(threshold__gt=0), name="hypothesis_threshold_positive"),
        ]

    def __str__(self) -> str:
        return f"H{self.number}"
