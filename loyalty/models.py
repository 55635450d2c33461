"""The programme, its rules, its reviews, and the book of who came and went."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import Run
from crm.models import Customer
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


class Review(models.Model):
    """One comparison of the rules with a snapshot: what it proposes, and whether that was done."""

    class State(models.TextChoices):
        PREPARING = "preparing", _("Being prepared")  # its decisions are still being written; shown nowhere
        PROPOSED = "proposed", _("Proposed")
        APPLIED = "applied", _("Applied")
        REJECTED = "rejected", _("Rejected")
        OUTDATED = "outdated", _("Outdated")

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="reviews")
    rule_version = models.ForeignKey(RuleVersion, on_delete=models.PROTECT, related_name="+")
    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="+")
    fingerprint = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="+")
    previous = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="+", help_text="The list that it starts from."
    )
    grace_days = models.PositiveIntegerField(default=0, help_text="As it stood, so that decisions can be recomputed.")
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

    class Meta:
        constraints = [models.UniqueConstraint(fields=["review", "customer"], name="review_decision_once")]

    def __str__(self) -> str:
        return self.kind


class Membership(models.Model):
    """Today's list: what replaying the events gives, kept ready for reading."""

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="memberships")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="memberships")
    entered_on = models.DateField()
    left_on = models.DateField(null=True)
    grace_until = models.DateField(null=True, help_text="Warned: leaves after this day unless the stay rules hold.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "customer"],
                condition=Q(left_on__isnull=True),
                name="membership_one_current",
            ),
            models.CheckConstraint(
                condition=Q(left_on__isnull=True) | Q(left_on__gte=models.F("entered_on")),
                name="membership_leaves_after",
            ),
        ]
        indexes = [models.Index(fields=["programme", "left_on", "customer"], name="membership_list")]

    def __str__(self) -> str:
        return f"{self.customer_id} in {self.programme_id}"


class MembershipEvent(models.Model):
    """One decision that took effect. Immutable: the list can be replayed from these."""

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="events")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="membership_events")
    kind = models.CharField(max_length=8, choices=DecisionKind.choices)
    effective_on = models.DateField()
    grace_until = models.DateField(null=True)
    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="events")
    rule_version = models.ForeignKey(RuleVersion, on_delete=models.PROTECT, related_name="+")
    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="+")
    reasons = models.JSONField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["review", "customer"], name="membership_event_once")]
        indexes = [models.Index(fields=["programme", "customer", "id"], name="membership_event_replay")]

    def __str__(self) -> str:
        return f"{self.kind} {self.customer_id}"


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
