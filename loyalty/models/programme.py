"""A loyalty programme and its rules."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from segmentation.models import Snapshot


class Programme(models.Model):
    """A loyalty programme. Insiders is the first."""

    name = models.CharField(max_length=80, unique=True)
    grace_days = models.PositiveIntegerField(default=60)
    review_period_months = models.PositiveIntegerField(default=1)
    is_approval_required = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(review_period_months__gte=1), name="programme_period_positive")
        ]

    def __str__(self) -> str:
        return self.name


class RuleVersion(models.Model):
    """Entry and stay rules as they stood. A change is a new version; old events keep naming the old one."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        ACTIVE = "active", _("In force")
        RETIRED = "retired", _("Replaced")

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="rule_versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    entry = models.JSONField(help_text="Conditions joined by and.")
    stay = models.JSONField(help_text="Easier than entry, so that nobody flaps.")
    source = models.JSONField(default=dict, help_text="How they were proposed: segment, precision, recall.")
    snapshot = models.ForeignKey(Snapshot, null=True, on_delete=models.SET_NULL, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "number"], name="rule_version_number"),
            models.UniqueConstraint(fields=["programme"], condition=Q(state="active"), name="rule_version_one_active"),
        ]

    def __str__(self) -> str:
        return f"{self.programme} rules {self.number}"
