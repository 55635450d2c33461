"""Forms of values and models: what a new calculation takes, how values are reckoned, and which results are shown."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from segmentation.models import MOST_SET_ASIDE
from segmentation.movements import GROUPING_NAMES, MEASURES
from segmentation.services import HIGHEST_DISCOUNT_RATE, LONGEST_HORIZON_DAYS


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
        label=_("Days to look ahead"),
        required=False,
        min_value=1,
        max_value=LONGEST_HORIZON_DAYS,
        help_text=_("Left empty: as chosen in the settings."),
    )
    holdout_days = forms.IntegerField(
        label=_("Days kept back for the check"),
        required=False,
        min_value=0,
        help_text=_("Left empty: a third of the time span, 273 at most. 0: no check."),
    )


class PublishingForm(forms.Form):
    """Whether new results are shown by themselves."""

    asks_first = forms.ChoiceField(
        label=_("When new results are complete"),
        choices=[("no", _("Show them on every page")), ("yes", _("Let them wait until somebody promotes them"))],
        widget=forms.RadioSelect,
    )


class PinForm(forms.Form):
    """How long results are kept although there are newer ones."""

    until = forms.DateField(
        label=_("Keep them until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("That day included. Left empty: until somebody releases them."),
    )


class RollBackForm(PinForm):
    is_pinned = forms.BooleanField(
        label=_("Keep them when newer results are computed"),
        required=False,
        initial=True,
        help_text=_("Without this, the next computation takes their place."),
    )
    field_order = ["is_pinned", "until"]


class ValuationForm(forms.Form):
    horizon_days = forms.IntegerField(
        label=_("Days to look ahead"),
        min_value=1,
        max_value=LONGEST_HORIZON_DAYS,
        help_text=_("Expected purchases and expected value speak of so many days. 365: a year."),
    )
    discount_percent = forms.FloatField(
        label=_("Discount rate, per cent a year"),
        min_value=0,
        max_value=HIGHEST_DISCOUNT_RATE * 100,
        help_text=_("What money could earn in a year. 10: 110 in a year count as 100 today. 0: no discount."),
    )


class MovementForm(forms.Form):
    """Which two results are compared, by which groups, in people or in money. Every choice is an address."""

    by = forms.ChoiceField(label=_("Groups"), choices=list(GROUPING_NAMES.items()))
    measure = forms.ChoiceField(label=_("Width by"), choices=list(MEASURES.items()))

    def __init__(self, *args: Any, choices: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # `from` is no name that Python lets a class have.
        for name, label in (("from", _("From results as of")), ("to", _("To results as of"))):
            self.fields[name] = forms.ChoiceField(label=label, choices=choices)
        self.order_fields(["by", "from", "to", "measure"])


class SegmentNameForm(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("Later computations keep it, as long as the segment goes on.")
    )


class TierSharesForm(forms.Form):
    """Shares of customers in per cent; silver is the rest. Without a share of extremes the present one stays."""

    platinum = forms.DecimalField(label=_("Platinum, % of customers"), min_value=0, max_value=100, decimal_places=2)
    gold = forms.DecimalField(label=_("Gold, % of customers"), min_value=0, max_value=100, decimal_places=2)
    set_aside = forms.DecimalField(
        label=_("Extreme customers, % set aside"),
        help_text=_("Kept out while segments are found, so that they don't bend them; then they join the nearest one."),
        min_value=0,
        max_value=round(MOST_SET_ASIDE * 100),
        decimal_places=1,
        required=False,
    )

    def __init__(self, *args: Any, of_lab: Decimal | None = None, **kwargs: Any) -> None:
        """`of_lab`: the share of extremes, in per cent, of the way that was chosen in the lab, which counts instead."""
        super().__init__(*args, **kwargs)
        if of_lab is not None:
            field = self.fields["set_aside"]
            field.disabled, self.initial["set_aside"] = True, of_lab
            field.help_text = _(
                "Segments are formed in a way that was chosen in the lab, with this share. Choose another one there, "
                "or go back to the built-in way to set it here."
            )
