"""The one form: which day, unit and horizon a new calculation takes."""

from django import forms
from django.utils.translation import gettext_lazy as _

from segmentation.services import DEFAULT_HORIZON_DAYS, LONGEST_HORIZON_DAYS


class RefreshForm(forms.Form):
    as_of = forms.DateField(
        label=_("As of"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("The last day that counts. Left empty: the latest purchase."),
    )
    unit = forms.ChoiceField(
        label=_("Unit of time"),
        choices=[("day", _("Day")), ("week", _("Week"))],
        initial="day",
        help_text=_("Of the value models. Values hardly change with it."),
    )
    horizon_days = forms.IntegerField(
        label=_("Days to look ahead"), min_value=1, max_value=LONGEST_HORIZON_DAYS, initial=DEFAULT_HORIZON_DAYS
    )
    holdout_days = forms.IntegerField(
        label=_("Days kept back for the check"),
        required=False,
        min_value=0,
        help_text=_("Left empty: a third of the time span, 273 at most. 0: no check."),
    )
