"""Forms of the report: a hypothesis in the terms of the report, and who gets it by e-mail."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from analytics.scoring.features import feature
from core.models import User
from loyalty import claims
from loyalty.models import Hypothesis, ReportMailing
from loyalty.services.reporting import why_no_mail

PERCENT = 100


class HypothesisForm(forms.Form):
    """ "`group` have more than … of `figure`", or "the median of `group` in `figure` is … above that of all"."""

    group = forms.ChoiceField(label=_("Which customers"))
    measure = forms.ChoiceField(label=_("What is compared"), choices=Hypothesis.Measure.choices)
    figure = forms.ChoiceField(label=_("Of which figure"))
    percent = forms.FloatField(
        label=_("More than so many per cent"),
        min_value=0,
        widget=forms.NumberInput(attrs={"step": "any"}),
        help_text=_("Of the total, for a share; above the median of all customers, for a median."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._set_choices("group", group_choices())
        names = dict.fromkeys([*claims.SHARES, *claims.RATIOS])
        self._set_choices("figure", [(name, feature(name).label) for name in names])

    def _set_choices(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = choices

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        given = self.cleaned_data
        group, _colon, value = given["group"].partition(":")
        share = given["percent"] / PERCENT
        is_share = given["measure"] == Hypothesis.Measure.SHARE
        threshold = share if is_share else 1 + share
        return {
            "measure": given["measure"],
            "figure": given["figure"],
            "group": group,
            "group_value": value,
            "threshold": round(threshold, 9),
        }


def group_choices() -> list[Any]:
    """Members, then segments, tiers and RFM groups under their headings."""
    headed = [Hypothesis.Group.SEGMENT, Hypothesis.Group.TIER, Hypothesis.Group.RFM_GROUP]
    groups = [(group.label, claims.choices(group)) for group in headed]
    return [("members:", Hypothesis.Group.MEMBERS.label), *[(label, found) for label, found in groups if found]]


class MailingForm(forms.Form):
    every = forms.ChoiceField(label=_("How often"), choices=ReportMailing.Every.choices)
    recipients = forms.ModelMultipleChoiceField(
        label=_("To whom"), queryset=User.objects.none(), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["recipients"]
        assert isinstance(field, forms.ModelMultipleChoiceField)  # noqa: S101 - declared above
        able = [person.pk for person in User.objects.filter(is_active=True) if not why_no_mail(person)]
        field.queryset = User.objects.filter(pk__in=able).order_by("username")
