"""The book of who came and went: events, and the list that they give."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from crm.models import Customer
from loyalty.models.programme import Programme, RuleVersion
from loyalty.models.reviews import DecisionKind, Review
from segmentation.models import Snapshot


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
    model_version = models.CharField(max_length=16, blank=True, help_text="Digest of the models of the snapshot.")
    reasons = models.JSONField()
    detail = models.JSONField(default=dict, help_text="What decided when it was not the rules: a pin, or the cap.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["review", "customer"], name="membership_event_once")]
        indexes = [models.Index(fields=["programme", "customer", "id"], name="membership_event_replay")]

    def __str__(self) -> str:
        return f"{self.kind} {self.customer_id}"
