"""Reviews of the rules against a snapshot, and what they propose."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models import Run
from crm.models import Customer
from loyalty.models.programme import Programme, RuleVersion
from segmentation.models import Snapshot


class Review(models.Model):
    """One comparison of the rules with a snapshot: what it proposes, and whether that was done."""

    class State(models.TextChoices):
        PREPARING = "preparing", _("Being prepared")  # its decisions are still being written; shown nowhere
        PROPOSED = "proposed", _("Proposed")
        APPLIED = "applied", _("Applied")
        REJECTED = "rejected", _("Rejected")
        OUTDATED = "outdated", _("Outdated")

    class Kind(models.TextChoices):
        REGULAR = "regular", _("Review of everybody")
        PIN = "pin", _("Pinned at once")  # one customer, by a person's word between two reviews

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="reviews")
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.REGULAR)
    rule_version = models.ForeignKey(RuleVersion, on_delete=models.PROTECT, related_name="+")
    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="+")
    fingerprint = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="+")
    previous = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="+", help_text="The list that it starts from."
    )
    grace_days = models.PositiveIntegerField(default=0, help_text="As it stood, so that decisions can be recomputed.")
    most_members = models.PositiveIntegerField(null=True, help_text="The cap as it stood; none: no cap.")
    exceptions = models.JSONField(default=dict, help_text="Keys of customers pinned in or out, and of controls.")
    model_version = models.CharField(max_length=16, blank=True, help_text="Digest of the models of the snapshot.")
    is_partial = models.BooleanField(default=False, help_text="Only some of its decisions were approved.")
    held_back = models.PositiveBigIntegerField(default=0, help_text="Controls who meet the entry rules.")
    without_place = models.PositiveBigIntegerField(default=0, help_text="Who meets them, but the cap has no room.")
    joined = models.PositiveBigIntegerField(default=0)
    left = models.PositiveBigIntegerField(default=0)
    kept = models.PositiveBigIntegerField(default=0)
    warned = models.PositiveBigIntegerField(default=0)
    members = models.PositiveBigIntegerField(default=0, help_text="Afterwards: joined, kept and warned.")
    eligible = models.PositiveBigIntegerField(default=0)
    revenue_at_stake = models.DecimalField(max_digits=38, decimal_places=6, default=0)
    created_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"Review {self.pk}"


class DecisionKind(models.TextChoices):
    JOINED = "joined", _("Joined")
    WARNED = "warned", _("Warned")
    RENEWED = "renewed", _("Renewed")
    LEFT = "left", _("Left")


class ReviewDecision(models.Model):
    """What a review proposes for one customer, with the values and margins that led to it."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="decisions")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8, choices=DecisionKind.choices)
    reasons = models.JSONField(help_text="[{feature, operator, value, actual, margin, holds}]")
    detail = models.JSONField(default=dict, help_text="What decided when it was not the rules: a pin, or the cap.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["review", "customer"], name="review_decision_once")]

    def __str__(self) -> str:
        return self.kind
