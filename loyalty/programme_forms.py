"""The settings of a programme, its name, and the day from which rules count."""

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from core.formatting import number_text
from core.ui import Definition
from loyalty.models import Programme


class ProgrammeForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs alone
    """The settings; which values are allowed is checked where they are written."""

    class Meta:
        model = Programme
        fields = [
            *("review_schedule", "review_period_months", "review_on_day", "review_period_days", "grace_days"),
            *("starts_on", "cap_members", "cap_budget", "cost_per_member", "is_approval_required"),
            "needs_second_person",
        ]
        labels = {
            "review_schedule": _("Reviews happen"),
            "review_period_months": _("Months between reviews"),
            "review_on_day": _("Day of the month"),
            "review_period_days": _("Days between reviews"),
            "grace_days": _("Days a warned member has to return"),
            "starts_on": _("First day of the programme"),
            "cap_members": _("At most so many members"),
            "is_approval_required": _("A manager must approve every review"),
            "needs_second_person": _("Rules need a second person: whoever proposes them may not approve them"),
        }
        help_texts = {
            "review_period_months": _("Usual are 1 and 3. Counts when reviews happen every so many months."),
            "review_on_day": _("31 means the last day. Empty: a review follows the one before by full months."),
            "review_period_days": _("14 is every second week. Counts when reviews happen every so many days."),
            "grace_days": _("0 days: whoever no longer meets the stay rules leaves at once."),
            "starts_on": _("Results of an earlier day admit nobody. Empty: the first review starts it."),
            "cap_members": _(
                "When more customers meet the entry rules, members stay and the best newcomers by revenue in the last "
                "12 months join. Empty: no limit."
            ),
            "cap_budget": _("For one review period. Divided by the cost of one member it is a limit, too."),
            "cost_per_member": _("For one review period. The preview shows what the members would cost."),
            "needs_second_person": "",
        }
        widgets = {"starts_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        currency = settings.REPORTING_CURRENCY
        self.fields["cap_budget"].label = _("Budget (%(currency)s)") % {"currency": currency}
        self.fields["cost_per_member"].label = _("Cost of one member (%(currency)s)") % {"currency": currency}
        for name in ("review_on_day", "starts_on", "cap_members", "cap_budget", "cost_per_member"):
            self.fields[name].required = False

    def _post_clean(self) -> None:
        """The instance stays as it is: the service writes, and says what is wrong."""

    def definitions(self) -> list[Definition]:
        """The settings as they stand, for those who may look and not change."""
        return [Definition(self.fields[name].label or "", self._text(name)) for name in self.Meta.fields]

    def _text(self, name: str) -> str:
        value = getattr(self.instance, name)
        if name == "review_schedule":
            return str(self.instance.get_review_schedule_display())
        if isinstance(value, bool):
            return str(_("yes") if value else _("no"))
        if isinstance(value, date):
            return date_format(value, "j F Y")
        return "–" if value is None else number_text(value)

    def sections(self) -> list[tuple[Any, list[forms.BoundField]]]:
        return [
            (_("Reviews"), [self[name] for name in self.Meta.fields[:5]]),
            (_("Start and limits"), [self[name] for name in self.Meta.fields[5:9]]),
            (_("Who agrees"), [self[name] for name in self.Meta.fields[9:]]),
        ]


class NameForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=80)


class DayForm(forms.Form):
    """From which day on approved rules count."""

    effective_on = forms.DateField(
        label=_("From"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("The first results of this day or later are reviewed by them. Empty: at once."),
    )
