"""How values are reckoned: how far ahead, and what money of later is worth today."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class ValuationChoice(models.Model):
    """Horizon and discount rate of every computation from now on, like a line in a price list. The newest row counts.

    A computation that somebody asks for with another horizon keeps the rate and leaves this as it is.
    """

    horizon_days = models.PositiveIntegerField()
    annual_discount_rate = models.FloatField(help_text="0.1: 110 a year away count as 100 now.")
    chosen_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    chosen_at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(horizon_days__gte=1, annual_discount_rate__gte=0, annual_discount_rate__lte=1),
                name="valuation_in_range",
            )
        ]

    def __str__(self) -> str:
        return f"{self.horizon_days} days at {self.annual_discount_rate:.1%}"
