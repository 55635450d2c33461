"""Changing a mapping that was remembered."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.forms.mapping import MappingForm
from crm.models import SavedMapping
from crm.services.saved import as_sniff


class SavedMappingForm(MappingForm):
    """The same choices as for a file, of which only the header is known."""

    name = forms.CharField(label=_("Name"), max_length=120)

    def __init__(self, *args: Any, saved: SavedMapping, **kwargs: Any) -> None:
        super().__init__(*args, sniff=as_sniff(saved), confirmed={"name": saved.name}, **kwargs)
        # Its kind is what its files are; another kind is another file's.
        del self.fields["kind"]
