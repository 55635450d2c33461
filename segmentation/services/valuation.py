"""Changing how values are reckoned, for everybody and from the next computation on."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.models import User
from core.services.audit import record_event
from segmentation.models import ValuationChoice
from segmentation.services.requests import LONGEST_HORIZON_DAYS, RefreshRefused

HIGHEST_DISCOUNT_RATE = 1.0


def choose_valuation(*, horizon_days: int, annual_discount_rate: float, by: User) -> ValuationChoice:
    """Set the horizon and the discount rate; raises RefreshRefused with a sentence when they make no sense."""
    if not 1 <= horizon_days <= LONGEST_HORIZON_DAYS:
        message = _("The horizon must be between 1 and %(longest)s days.") % {"longest": LONGEST_HORIZON_DAYS}
        raise RefreshRefused("horizon_out_of_range", message)
    if not 0 <= annual_discount_rate <= HIGHEST_DISCOUNT_RATE:
        raise RefreshRefused("rate_out_of_range", _("The discount rate must be between 0 and 100 % a year."))
    facts = {"horizon_days": horizon_days, "annual_discount_rate": annual_discount_rate}
    with transaction.atomic():
        choice = ValuationChoice.objects.create(**facts, chosen_by=by, chosen_at=timezone.now())
        record_event(by=by, action="valuation.chosen", obj=choice, key=choice.pk, facts=facts)
    return choice
