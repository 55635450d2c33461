"""The forms of the members list: filters, pins, bulk actions and texts."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from loyalty.messages import PLACES
from loyalty.models import BulkAction, MessageText, Pin
from loyalty.selectors.members import DEFAULT_ORDERING, SORTS, Filters

TIERS = [("platinum", _("Platinum")), ("gold", _("Gold")), ("silver", _("Silver"))]
STATUSES = [
    ("", _("All members")),
    ("new", _("Joined at the latest review")),
    ("warned", _("Warned")),
    ("pinned", _("Pinned by a person")),
    ("noted", _("With notes")),
]


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class FilterForm(forms.Form):
    """Every field may be empty; whatever can't be used counts as empty."""

    q = forms.CharField(label=_("Customer id begins with"), required=False, max_length=255)
    status = forms.ChoiceField(label=_("Status"), required=False, choices=STATUSES)
    tier = forms.ChoiceField(label=_("Tier"), required=False, choices=[("", _("All tiers")), *TIERS])
    day = forms.DateField(label=_("As the list stood on"), required=False, widget=DayInput)
    ordering = forms.CharField(required=False, widget=forms.HiddenInput)

    def filters(self) -> Filters:
        self.is_valid()
        found: dict[str, Any] = {name: self.cleaned_data.get(name) or "" for name in ("q", "status", "tier")}
        ordering = self.cleaned_data.get("ordering")
        ordering = ordering if ordering in SORTS else DEFAULT_ORDERING
        return Filters(**found, day=self.cleaned_data.get("day"), ordering=ordering)


class PinForm(forms.Form):
    """A person's word on one customer; what is allowed is checked where it is written."""

    kind = forms.ChoiceField(label=_("What to do"), choices=Pin.Kind.choices)
    reason = forms.CharField(label=_("Why"), max_length=300)
    ends_on = forms.DateField(
        label=_("Until"), required=False, widget=DayInput, help_text=_("The last day of results that it counts for.")
    )
    is_at_once = forms.BooleanField(
        label=_("At once"),
        required=False,
        help_text=_("Otherwise from the next review on. A review that waits for approval has to be asked for again."),
    )


class NoteForm(forms.Form):
    text = forms.CharField(label=_("Note"), max_length=2_000, widget=forms.Textarea(attrs={"rows": 3}))


class BulkForm(forms.Form):
    """What to do to many members; the keys come with the ticked rows."""

    kind = forms.ChoiceField(label=_("Do this"), choices=BulkAction.Kind.choices)
    text = forms.CharField(label=_("Note or reason"), max_length=2_000)
    ends_on = forms.DateField(label=_("Pinned until"), required=False, widget=DayInput)
    scope = forms.ChoiceField(
        label=_("To whom"),
        choices=[("ticked", _("Those ticked on this page")), ("all", _("Everybody whom the filters leave"))],
    )


class TextsForm(forms.Form):
    """One text for each occasion; what they may name is checked where they are written."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for kind, label in MessageText.Kind.choices:
            area = forms.Textarea(attrs={"rows": 4})
            self.fields[kind] = forms.CharField(label=label, required=False, max_length=2_000, widget=area)

    @property
    def places(self) -> list[tuple[str, Any]]:
        return [(f"{{{name}}}", label) for name, label in PLACES.items()]
