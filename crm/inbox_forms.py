"""Setting up a source."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from crm.models import Inbox
from crm.services.inboxes import InboxValues


class InboxForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("Shown beside each file that it brings."))
    kind = forms.ChoiceField(label=_("Where files come from"), choices=Inbox.Kind.choices)
    location = forms.CharField(
        label=_("Place"),
        max_length=1000,
        help_text=_(
            "A folder on the server; an address like https://shop.example/orders-{date:%Y-%m-%d}.csv; "
            "or s3://bucket/prefix/."
        ),
    )
    every_minutes = forms.IntegerField(label=_("Look every (minutes)"), min_value=1, max_value=10_080, initial=15)
    policy = forms.ChoiceField(label=_("New files"), choices=Inbox.Policy.choices, widget=forms.RadioSelect)
    token_name = forms.ChoiceField(label=_("Token"), required=False)
    is_moved = forms.BooleanField(label=_("Move taken files of a folder to done/ in it"), required=False)
    is_enabled = forms.BooleanField(label=_("Switched on"), required=False, initial=True)

    def __init__(self, data: Any = None, *, inbox: Inbox | None = None) -> None:
        self.inbox = inbox
        names = [field.name for field in Inbox._meta.fields]
        initial = {name: getattr(inbox, name) for name in self.base_fields if name in names} if inbox else {}
        super().__init__(data, initial={"policy": Inbox.Policy.IMPORT, **initial})
        tokens = [("", _("None")), *((name, name) for name in settings.PULL_TOKENS)]
        self.fields["token_name"] = forms.ChoiceField(
            label=_("Token of a web address"),
            required=False,
            choices=tokens,
            help_text=_("Tokens are set on the server, in INSIDERS_PULL_TOKENS; only their names are known here."),
        )

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        others = Inbox.objects.exclude(pk=self.inbox.pk) if self.inbox else Inbox.objects.all()
        if others.filter(name=name).exists():
            raise forms.ValidationError(_("There is already a source of this name."))
        return name

    def values(self) -> InboxValues:
        return InboxValues(**{name: self.cleaned_data[name] for name in InboxValues.__dataclass_fields__})
