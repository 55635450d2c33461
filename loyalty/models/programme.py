"""A loyalty programme and its rules."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from segmentation.models import Snapshot


class Programme(models.Model):
    """A loyalty programme. Insiders is the first."""

    class Schedule(models.TextChoices):
        MONTHS = "months", _("Every so many months")
        DAYS = "days", _("Every so many days")
        ASKED = "asked", _("Only when somebody asks")

    name = models.CharField(max_length=80, unique=True)
    grace_days = models.PositiveIntegerField(default=60)
    review_schedule = models.CharField(max_length=6, choices=Schedule.choices, default=Schedule.MONTHS)
    review_period_months = models.PositiveIntegerField(default=1)
    review_period_days = models.PositiveIntegerField(default=14)
    review_on_day = models.PositiveSmallIntegerField(
        null=True, help_text="Of the month; none: that of the last review."
    )
    is_approval_required = models.BooleanField(default=False)
    needs_second_person = models.BooleanField(default=False, help_text="Whoever proposes rules may not approve them.")
    cap_members = models.PositiveIntegerField(null=True)
    cap_budget = models.DecimalField(max_digits=20, decimal_places=6, null=True, help_text="For one review period.")
    cost_per_member = models.DecimalField(max_digits=20, decimal_places=6, null=True)
    starts_on = models.DateField(null=True, help_text="Results of an earlier day admit nobody.")
    is_archived = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(review_period_months__gte=1), name="programme_period_positive"),
            models.CheckConstraint(condition=Q(review_period_days__gte=1), name="programme_days_positive"),
            models.CheckConstraint(
                condition=Q(review_on_day__isnull=True) | Q(review_on_day__gte=1, review_on_day__lte=31),
                name="programme_review_day_exists",
            ),
            models.CheckConstraint(
                condition=Q(cap_budget__isnull=True) | Q(cap_budget__gt=0, cost_per_member__isnull=False),
                name="programme_budget_has_cost",
            ),
            models.CheckConstraint(
                condition=Q(cost_per_member__isnull=True) | Q(cost_per_member__gt=0), name="programme_cost_positive"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def most_members(self) -> int | None:
        """How many the cap and the budget allow, whichever is fewer; None without either."""
        limits = [] if self.cap_members is None else [self.cap_members]
        if self.cap_budget is not None and self.cost_per_member:
            limits.append(int(Decimal(self.cap_budget) // Decimal(self.cost_per_member)))
        return min(limits, default=None)


class RuleVersion(models.Model):
    """Entry and stay rules as they stood. A change is a new version; old events keep naming the old one."""

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        APPROVED = "approved", _("Approved")  # waits for the first results of its day
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
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    approved_at = models.DateTimeField(null=True)
    effective_on = models.DateField(null=True, help_text="The day of results from which they count; none: any.")
    in_force_at = models.DateTimeField(null=True, help_text="When they came into force; none: they never did.")

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "number"], name="rule_version_number"),
            models.UniqueConstraint(fields=["programme"], condition=Q(state="active"), name="rule_version_one_active"),
            models.CheckConstraint(
                condition=~Q(state="approved") | Q(approved_at__isnull=False, effective_on__isnull=False),
                name="rule_version_approved_has_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.programme} rules {self.number}"
