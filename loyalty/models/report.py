"""The nine answers, frozen."""

from django.db import models
from django.db.models import Q

from loyalty.models.programme import Programme
from loyalty.models.reviews import Review
from segmentation.models import Snapshot


class Report(models.Model):
    """The nine answers, frozen for one snapshot and one state of the membership list."""

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="reports")
    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="reports")
    review = models.ForeignKey(Review, null=True, on_delete=models.CASCADE, related_name="reports")
    content = models.JSONField()
    checksum = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "snapshot", "review"], name="report_once"),
            models.UniqueConstraint(
                fields=["programme", "snapshot"],
                condition=Q(review__isnull=True),
                name="report_without_review_once",
            ),
        ]

    def __str__(self) -> str:
        return f"Report {self.pk}"
