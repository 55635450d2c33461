"""What people send to the queue."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from anomalies.models import Anomaly, Verdict
from anomalies.selectors import MINE, NOBODY, Filters, people
from anomalies.services import LONGEST_COMMENT


class QueueFilter(forms.Form):
    """The filters in the address; an unknown value counts as none."""

    status = forms.ChoiceField(choices=Anomaly.Status.choices, required=False, widget=forms.HiddenInput)
    kind = forms.ChoiceField(label=_("Kind"), choices=[("", _("All kinds")), *Anomaly.Kind.choices], required=False)
    assignee = forms.ChoiceField(label=_("Assigned to"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fixed = [("", _("Anybody")), (MINE, _("Me")), (NOBODY, _("Nobody yet"))]
        self.fields["assignee"].choices = [*fixed, *((name, name) for name in people())]  # type: ignore[attr-defined]

    def filters(self) -> Filters:
        """The filters as far as they are good."""
        self.full_clean()
        values = {name: value for name, value in self.cleaned_data.items() if value}
        return Filters(**values)


class VerdictForm(forms.Form):
    """One word, and a comment for those who come later."""

    verdict = forms.ChoiceField(label=_("Verdict"), choices=Verdict.Value.choices)
    comment = forms.CharField(
        label=_("Comment"), required=False, max_length=LONGEST_COMMENT, widget=forms.Textarea(attrs={"rows": 2})
    )


class AssignForm(forms.Form):
    """To whom an anomaly goes; empty gives it back to everybody."""

    assignee = forms.ChoiceField(label=_("Assigned to"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [(name, name) for name in people()]
        self.fields["assignee"].choices = [("", _("Nobody yet")), *names]  # type: ignore[attr-defined]
