"""Planning an experiment, and handing in the table of one that was run elsewhere."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from loyalty.selectors.plans import USUAL_SHARE, USUAL_UPLIFT, USUAL_WEEKS

SHARES = (0.05, 0.1, 0.2, 0.3, 0.5)
WEEKS = (4, 8, 13, 26, 39, 52)
UPLIFTS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)
PROGRAMME = "programme"


def _shares(values: tuple[float, ...]) -> list[tuple[str, str]]:
    return [(str(value), f"{value * 100:g} %") for value in values]


class PlanForm(forms.Form):
    """What is asked of the calculator; every choice has a usual value, so that the page answers at once."""

    about = forms.ChoiceField(label=_("Whom it is about"), initial=PROGRAMME)
    share = forms.ChoiceField(label=_("Kept as control"), choices=_shares(SHARES), initial=str(USUAL_SHARE))
    weeks = forms.ChoiceField(label=_("Read out after"), initial=str(USUAL_WEEKS))
    uplift = forms.ChoiceField(
        label=_("Effect that would be worth it"),
        choices=_shares(UPLIFTS),
        initial=str(USUAL_UPLIFT),
        help_text=_("More revenue per treated customer, as a share of what the control brings."),
    )

    def __init__(self, populations: list[tuple[str, str]], data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["about"].choices = populations  # type: ignore[attr-defined]
        self.fields["weeks"].choices = [  # type: ignore[attr-defined]
            (str(weeks), _("%(weeks)s weeks") % {"weeks": weeks}) for weeks in WEEKS
        ]

    def asked(self) -> Mapping[str, Any]:
        """Chosen values as numbers; what can't be used counts as the usual one."""
        self.is_valid()
        given = getattr(self, "cleaned_data", {})
        found = {name: given.get(name) or field.initial for name, field in self.fields.items()}
        return {
            "about": found["about"],
            "share": float(found["share"]),
            "weeks": int(found["weeks"]),
            "uplift": float(found["uplift"]),
        }


class StartForm(forms.Form):
    """The words of an experiment; the numbers come with it from the calculator."""

    name = forms.CharField(label=_("Name"), max_length=80)
    action = forms.CharField(
        label=_("What is done to the treated"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=2000,
    )


class ImportForm(forms.Form):
    """One CSV file: a row a person, or a row a group."""

    name = forms.CharField(label=_("Name"), max_length=80)
    file = forms.FileField(
        label=_("Table (CSV)"),
        help_text=_("One row a person (group, outcomes), or one row a group (group, people, conversions)."),
    )
    share = forms.FloatField(
        label=_("Planned share of the control, in %"),
        initial=50,
        min_value=1,
        max_value=99,
        help_text=_("What the draw should have given it: the sizes are checked against this."),
    )
    arm_column = forms.CharField(
        label=_("Column that names the group"),
        required=False,
        max_length=80,
        help_text=_("Empty: found by its heading."),
    )
    control_value = forms.CharField(
        label=_("How the control is called there"),
        required=False,
        max_length=80,
        help_text=_("Empty: found by its name."),
    )
