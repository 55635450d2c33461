"""Taking an action: its words, its owner, its two days and its control."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.models import User
from core.permissions import PERMISSIONS
from loyalty.services.acting import FEWEST_CONTROL

SHARES = (0.05, 0.1, 0.2, 0.3, 0.5)
DUE_DAYS, READ_OUT_DAYS = 14, 70


def _day(label: Any, help_text: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, help_text=help_text, widget=widget)


class ActionForm(forms.Form):
    """What a person decides; the audience follows from the advice."""

    name = forms.CharField(label=_("Name"), max_length=80)
    text = forms.CharField(label=_("What is done"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))
    owner = forms.ModelChoiceField(label=_("Owner"), queryset=User.objects.none())
    due_on = _day(_("Due on"), _("By then it is done."))
    reads_out_on = _day(_("Read out on"), _("At least two weeks after; the read-out appears on that day."))
    control_share = forms.ChoiceField(
        label=_("Kept as control"),
        choices=[("0", _("Nobody: the effect stays unknown"))] + [(str(s), f"{s * 100:g} %") for s in SHARES],
        help_text=_("By chance; they get nothing, so that the read-out can tell what the action brought."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["owner"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - declared above
        field.queryset = User.objects.filter(is_active=True, role__in=PERMISSIONS["actions.take"]).order_by("username")

    def values(self) -> dict[str, Any]:
        return {**self.cleaned_data, "control_share": float(self.cleaned_data["control_share"])}


def usual(audience: int, text: str, owner: User, today: date) -> dict[str, Any]:
    """What the form proposes: the smallest of the usual shares from which something can be learned."""
    enough = [share for share in SHARES[1:] if audience * share >= FEWEST_CONTROL]
    return {
        "text": text,
        "owner": owner,
        "due_on": today + timedelta(days=DUE_DAYS),
        "reads_out_on": today + timedelta(days=READ_OUT_DAYS),
        "control_share": str(enough[0]) if enough else "0",
    }
