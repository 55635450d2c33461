"""What is known of a file before its import, as the mapping page tells it."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.formatting import number_text
from core.ui import Column
from crm.fields import KINDS
from crm.models import SavedMapping, Upload

CHECKED = 10_000
MAPPING_COLUMNS = (
    Column(gettext_lazy("Name")),
    Column(gettext_lazy("Kind")),
    Column(gettext_lazy("Columns")),
    Column(gettext_lazy("Last confirmed")),
)


def saved_mappings() -> QuerySet[SavedMapping]:
    return SavedMapping.objects.select_related("saved_by")


def preview(upload: Upload) -> dict[str, Any]:
    """The first rows, what was found out, and what the import will do."""
    sniff = upload.sniff or {}
    fields = {column: name for name, column in sniff["proposal"]["columns"].items()}
    remembered = sniff.get("remembered") or {}
    return {
        "columns": [{"name": name, "field": fields.get(name, "")} for name in sniff["columns"]],
        "rows": sniff["rows"],
        "lines": sniff["lines"],
        "lines_text": _lines_text(sniff),
        "counted_in": sniff.get("looked_at") if sniff.get("lines_are_estimated") else None,
        "problems": sniff["problems"],
        "questions": sniff["uncertain"],
        "notices": sniff.get("notices") or [],
        "format": sniff["format"],
        "kind_reason": sniff.get("kind_reason", ""),
        "remembered": {**remembered, "saved_at": parse_datetime(remembered["saved_at"])} if remembered else None,
        "foretold": list(foretold(sniff)),
    }


def _lines_text(sniff: dict[str, Any]) -> str:
    count = number_text(sniff["lines"])
    return _("about %(count)s") % {"count": count} if sniff.get("lines_are_estimated") else count


def foretold(sniff: dict[str, Any]) -> Iterator[str]:
    """Sentences about what confirming does, under the choices of the latest look."""
    tried = sniff.get("attempt") or sniff["proposal"]
    kind, options, columns = tried["kind"], tried["options"], tried["columns"]
    what = str(KINDS[kind].label).lower()
    yield _("%(lines)s lines will be read as %(kind)s.") % {"lines": _lines_text(sniff).capitalize(), "kind": what}
    yield _rejected(sniff)
    if kind != "transactions":
        return
    yield from _customers(columns, options)
    yield _cancellations(options)
    yield _services(sniff, options)
    if company := options.get("company"):
        yield _("Only lines of %(company)s are taken; the others are left out.") % {"company": company}
    yield _("All amounts are taken as %(currency)s.") % {"currency": settings.REPORTING_CURRENCY}


def _rejected(sniff: dict[str, Any]) -> str:
    if sniff["problems"] is None:
        return _undecided(sniff)
    lost = sum(item["lines"] for item in sniff["problems"])
    first = number_text(min(CHECKED, sniff["lines"]))
    if not lost:
        return _("All of the first %(first)s lines can be read.") % {"first": first}
    words = {"lost": number_text(lost), "first": first}
    return _("%(lost)s of the first %(first)s lines would be set aside; you can correct and upload them later.") % words


def _undecided(sniff: dict[str, Any]) -> str:
    """Nothing was read: what has to be said before it can be."""
    if not sniff["lines"]:
        return _("There are no lines to read.")
    tried = sniff.get("attempt") or sniff["proposal"]
    missing = next(KINDS[tried["kind"]].missing(tried["columns"]), None)
    if missing is None:
        return _("Decide how dates are written first; then this says what can be read.")
    what = str(KINDS[tried["kind"]].field(missing.fields[0]).label).lower()
    return _("Decide first which column is the %(what)s; then this says what can be read.") % {"what": what}


def _customers(columns: dict[str, str], options: dict[str, Any]) -> Iterator[str]:
    if "customer_id" not in columns:
        yield _("No column says who bought: every line counts as a guest sale.")
    elif options.get("guests") == "customer_per_order":
        yield _("Each order without a customer becomes a customer of its own.")
    else:
        yield _("Lines without a customer count as guest sales: as revenue, not as customers.")


def _cancellations(options: dict[str, Any]) -> str:
    told = options.get("cancellation", "negative")
    if not isinstance(told, dict):
        return _("Lines with a negative quantity or amount take a sale back.")
    if "prefix" in told:
        return _("Orders whose number begins with %(prefix)s take a sale back.") % told
    words = {"column": told["column"], "values": ", ".join(told["values"])}
    if told.get("effect") == "leave_out":
        return _("Lines where “%(column)s” says %(values)s are sales that were cancelled: they count nowhere.") % words
    return _("Lines take a sale back where “%(column)s” says %(values)s: what they state is subtracted.") % words


def _services(sniff: dict[str, Any], options: dict[str, Any]) -> str:
    codes = options.get("non_merchandise")
    if codes is None:
        codes = [item["code"] for item in (sniff.get("choices") or {}).get("services") or []]
    if not codes:
        return _("Every line counts as merchandise.")
    shown = ", ".join(codes[:6]) + (", …" if len(codes) > 6 else "")
    return _("Lines of %(codes)s are no merchandise: they count in all totals, not among items.") % {"codes": shown}
