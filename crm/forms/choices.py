"""Parts of the mapping form: what takes a sale back, and which item codes are no goods."""

from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from core.formatting import money_text, number_text

NEGATIVE, PREFIX = "negative", "prefix"
# What a line does that a column calls cancelled: prefix of the choice -> effect.
EFFECTS = {"column_": "take_back", "without_": "leave_out"}
TOLD = {
    NEGATIVE: _("A line with a negative quantity or amount takes a sale back"),
    PREFIX: _("An order number that begins with the letters below takes a sale back"),
    "column_": _("“%(column)s” says so with a word below: the line takes a sale back and is subtracted"),
    "without_": _("“%(column)s” says so with a word below: the line is the cancelled sale and counts nowhere"),
}


def lines_text(count: int) -> str:
    return ngettext("%(lines)s line", "%(lines)s lines", count) % {"lines": number_text(count)}


def counted_text(text: str, lines: int) -> str:
    """A value with its lines, where they were counted."""
    return f"{text} ({lines_text(lines)})" if lines else text


class CancellationFields(forms.Form):
    """How a line that takes a sale back is told."""

    cancellation = forms.ChoiceField(label=_("What was cancelled or sent back"), widget=forms.RadioSelect)
    cancellation_prefix = forms.CharField(
        label=_("Order numbers of cancellations begin with"), required=False, max_length=5
    )

    @property
    def choices(self) -> dict[str, Any]:
        raise NotImplementedError

    @property
    def states(self) -> list[dict[str, Any]]:
        """Columns some of whose values say so."""
        found: list[dict[str, Any]] = (self.choices.get("cancellation") or {}).get("states") or []
        return found

    def initial_cancellation(self, options: dict[str, Any]) -> dict[str, Any]:
        told = options.get("cancellation", NEGATIVE)
        initial: dict[str, Any] = {"cancellation": NEGATIVE}
        for place, state in enumerate(self.states):
            initial[f"values_{place}"] = [item["value"] for item in state["values"] if item["is_cancellation"]]
        if isinstance(told, dict) and "prefix" in told:
            initial |= {"cancellation": PREFIX, "cancellation_prefix": told["prefix"]}
        elif isinstance(told, dict):
            for place, state in enumerate(self.states):
                if state["column"] == told["column"]:
                    choice = "without_" if told.get("effect") == "leave_out" else "column_"
                    initial |= {"cancellation": f"{choice}{place}", f"values_{place}": told["values"]}
        return initial

    def add_cancellation(self) -> None:
        found = self.choices.get("cancellation") or {}
        prefixes = {item["prefix"]: item for item in found.get("prefixes") or []}
        hint = ", ".join(f"{prefix} ({lines_text(item['lines'])})" for prefix, item in prefixes.items())
        negative = counted_text(str(TOLD[NEGATIVE]), found.get("negative", 0))
        choices: list[Any] = [(NEGATIVE, negative), (PREFIX, TOLD[PREFIX])]
        for place, state in enumerate(self.states):
            column = {"column": state["column"]}
            choices += [(f"{start}{place}", TOLD[start] % column) for start in EFFECTS]
            self.fields[f"values_{place}"] = forms.MultipleChoiceField(
                label=_("Words in “%(column)s” for cancelled or sent back") % column,
                choices=[(item["value"], counted_text(item["value"], item["lines"])) for item in state["values"]],
                widget=forms.CheckboxSelectMultiple,
                required=False,
            )
        self.fields["cancellation"].choices = choices  # type: ignore[attr-defined]
        if hint:
            self.fields["cancellation_prefix"].help_text = _("Letters in this file: %(letters)s.") % {"letters": hint}

    def state_fields(self) -> list[forms.BoundField]:
        return [self[f"values_{place}"] for place in range(len(self.states)) if f"values_{place}" in self.fields]

    def cancellation_option(self) -> dict[str, Any]:
        told = self.cleaned_data.get("cancellation", "")
        if told == PREFIX and self.cleaned_data.get("cancellation_prefix"):
            return {"cancellation": {"prefix": self.cleaned_data["cancellation_prefix"]}}
        for start, effect in EFFECTS.items():
            if told.startswith(start):
                place = int(told.removeprefix(start))
                values = self.cleaned_data.get(f"values_{place}") or []
                rule = {"column": self.states[place]["column"], "values": values, "effect": effect}
                return {"cancellation": rule} if values else {}
        return {"cancellation": NEGATIVE} if told else {}


class MerchandiseFields(forms.Form):
    """Which item codes are postage, fees and the like."""

    services = forms.MultipleChoiceField(
        label=_("These are no merchandise"), required=False, widget=forms.CheckboxSelectMultiple
    )
    more_services = forms.CharField(
        label=_("Other item codes that are no merchandise"),
        required=False,
        max_length=2000,
        help_text=_("Separated by commas."),
    )

    @property
    def choices(self) -> dict[str, Any]:
        raise NotImplementedError

    @property
    def found_services(self) -> list[str]:
        return [item["code"] for item in self.choices.get("services") or []]

    def initial_merchandise(self, options: dict[str, Any]) -> dict[str, Any]:
        codes = options.get("non_merchandise")
        if codes is None:
            return {"services": self.found_services}
        others = [code for code in codes if code not in self.found_services]
        return {"services": [code for code in codes if code in self.found_services], "more_services": ", ".join(others)}

    def add_merchandise(self) -> None:
        if not self.found_services:
            self.fields.pop("services", None)
            return
        self.fields["services"].choices = [  # type: ignore[attr-defined]
            (item["code"], _service_text(item)) for item in self.choices["services"]
        ]

    def merchandise_option(self) -> dict[str, Any]:
        """Nothing where the list is as it was proposed: the usual rule goes on to hold for codes not seen yet."""
        if "services" not in self.fields and "more_services" not in self.fields:
            return {}
        chosen = self.cleaned_data.get("services") or []
        more = [code.strip() for code in (self.cleaned_data.get("more_services") or "").split(",") if code.strip()]
        if not more and set(chosen) == set(self.found_services):
            return {"non_merchandise": None}
        return {"non_merchandise": [*chosen, *(code for code in more if code not in chosen)]}


def _service_text(item: dict[str, Any]) -> str:
    name = f"{item['code']} – {item['description']}" if item["description"] else item["code"]
    amount = money_text(Decimal(item["amount"]), settings.REPORTING_CURRENCY)
    return f"{name} ({lines_text(item['lines'])}, {amount})"
