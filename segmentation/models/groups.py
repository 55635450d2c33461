"""What people decide about groups: the shares of the tiers, and how many extreme customers are set aside."""

from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

# Of extreme customers who are set aside: beyond it, those who are left would say little about everybody.
MOST_SET_ASIDE = 0.2
SHARE = [MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(1))]


class GroupSettings(models.Model):
    """How groups are cut from the next refresh on. The newest row counts; a change adds another, so none is lost."""

    platinum = models.DecimalField(max_digits=5, decimal_places=4, default=Decimal("0.10"), validators=SHARE)
    gold = models.DecimalField(max_digits=5, decimal_places=4, default=Decimal("0.20"), validators=SHARE)
    set_aside = models.DecimalField(
        max_digits=4,
        decimal_places=3,
        default=Decimal("0.01"),
        help_text="Share of extreme customers kept out while segments are found by the built-in way.",
    )
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(platinum__gt=0, gold__gt=0, platinum__lt=1) & Q(gold__lt=1 - F("platinum")),
                name="group_settings_tiers_leave_silver",
            ),
            models.CheckConstraint(
                condition=Q(set_aside__gte=0, set_aside__lte=MOST_SET_ASIDE), name="group_settings_set_aside"
            ),
        ]

    def __str__(self) -> str:
        return f"platinum {self.platinum}, gold {self.gold}"

    @property
    def tier_shares(self) -> tuple[tuple[str, str], ...]:
        """Tiers and their shares from the best down, as exact text; the rest is silver."""
        return tuple((name, f"{Decimal(getattr(self, name)).normalize():f}") for name in ("platinum", "gold"))
