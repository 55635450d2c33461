"""What a person decided about one customer against the rules."""

from datetime import date
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from crm.models import Customer
from loyalty.models.lists import BulkAction
from loyalty.models.programme import Programme


class PinQuerySet(models.QuerySet["Pin"]):
    def counting(self, day: date | None) -> Self:
        """Those that a review of results of that day heeds; without a day those that nobody has ended."""
        current = self.filter(ended_at__isnull=True)
        return current if day is None else current.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=day))


class Pin(models.Model):
    """A customer pinned in or out whatever the rules say, like a name written on the guest list by hand.

    A row is never changed but to end it; a new word is a new row. Reviews of results up to `ends_on` heed it.
    """

    class Kind(models.TextChoices):
        IN = "in", _("Pinned in")
        OUT = "out", _("Pinned out")

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="pins")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=3, choices=Kind.choices)
    reason = models.CharField(max_length=300)
    ends_on = models.DateField(null=True, help_text="The last day of results that it counts for; none: until ended.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    ended_at = models.DateTimeField(null=True)
    action = models.ForeignKey(BulkAction, null=True, on_delete=models.SET_NULL, related_name="pins")

    objects = PinQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "customer"], condition=Q(ended_at__isnull=True), name="pin_one_open"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="pin_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} pinned {self.kind}"

    def counts_on(self, day: date) -> bool:
        """Whether a review of results of that day heeds it."""
        return self.ended_at is None and (self.ends_on is None or day <= self.ends_on)
