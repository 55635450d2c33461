"""Finding lines: what the page of transactions, its export and the API have in common."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm import ledger, selectors
from crm.models import Upload

LONGEST = 255
YES_NO = {"": None, "true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class LineForm(forms.Form):
    """Every field may be empty. Names are those of the API, so that an address can be taken from one to the other."""

    customer_id = forms.CharField(label=gettext_lazy("Customer"), required=False, max_length=LONGEST)
    order_id = forms.CharField(label=gettext_lazy("Order number"), required=False, max_length=LONGEST)
    item_id = forms.CharField(label=gettext_lazy("Item code"), required=False, max_length=LONGEST)
    country = forms.CharField(label=gettext_lazy("Country"), required=False, max_length=LONGEST)
    upload = forms.IntegerField(
        label=gettext_lazy("Upload"), required=False, min_value=1, max_value=2**62, widget=forms.HiddenInput
    )
    returns = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        required=False,
        choices=[
            ("", gettext_lazy("Both")),
            ("true", gettext_lazy("Returns only")),
            ("false", gettext_lazy("Without returns")),
        ],
    )

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data)
        # "from" can be no name of a class's attribute.
        self.fields["from"] = _day_field(_("First day"))
        self.fields["to"] = _day_field(_("Last day"))
        self.order_fields(["customer_id", "order_id", "item_id", "country", "returns", "from", "to", "upload"])

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("from") and found.get("to") and found["from"] > found["to"]:
            self.add_error("to", _("The last day lies before the first."))
        return found

    @property
    def upload_name(self) -> str:
        """The file that the filter names, for people."""
        number = self.cleaned_data.get("upload") if self.is_valid() else None
        return Upload.objects.filter(pk=number).values_list("file_name", flat=True).first() or "" if number else ""


def _day_field(label: str) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, widget=widget)


class BadFilter(ValueError):
    """A filter that makes no sense; `name` is the parameter, the message says what is expected."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


def read_line_filter(query: Mapping[str, Any]) -> ledger.LineFilter | None:
    """The filter of a query; None when it names a customer that there is not. Raises BadFilter."""
    key = None
    if name := query.get("customer_id"):
        customer = selectors.customer_of(name)
        if customer is None:
            return None
        key = customer.pk
    return ledger.LineFilter(
        upload=_number(query, "upload"),
        customer_key=key,
        order_id=query.get("order_id") or None,
        item_id=query.get("item_id") or None,
        country=query.get("country") or None,
        first=_day(query, "from"),
        last=_day(query, "to"),
        is_return=_choice(query, "returns"),
    )


def _day(query: Mapping[str, Any], name: str) -> date | None:
    text = query.get(name)
    if not text:
        return None
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise BadFilter(name, f"“{name}” has to be a day such as 2011-11-01.")
    return day


def _number(query: Mapping[str, Any], name: str) -> int | None:
    text = query.get(name) or ""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise BadFilter(name, f"“{name}” has to be the number of an upload.")
    return int(text)


def _choice(query: Mapping[str, Any], name: str) -> bool | None:
    text = str(query.get(name) or "").lower()
    if text not in YES_NO:
        raise BadFilter(name, f"“{name}” has to be true or false.")
    return YES_NO[text]
