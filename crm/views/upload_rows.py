"""The rows of one file, whatever its kind: for its page of lines and for the API."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy

from core.money import plain
from core.ui import Column
from crm import ledger, selectors
from crm.ledger import EVENT_COLUMNS, SESSION_COLUMNS, EventFilter, SessionFilter
from crm.models import CustomerRecord, Upload

Row = dict[str, Any]
CUSTOMER = Column(gettext_lazy("Customer"))
DEVICE = Column(gettext_lazy("Device"))
LINE = Column(gettext_lazy("Line"), is_numeric=True, hint=gettext_lazy("Number of the data line in the file"))


@dataclass(frozen=True)
class Rows:
    """How rows of a kind are read, shown and written. `page` takes the upload, the line behind which it begins, and
    how many rows."""

    page: Callable[[Upload, int, int], list[Row]]
    data: Callable[[Row], Row]
    columns: tuple[Column, ...]
    template: str


def rows_of(upload: Upload) -> Rows | None:
    """What is special about the rows of this file; None for lines of purchases."""
    return KINDS.get(upload.kind)


def _events(upload: Upload, after: int, limit: int) -> list[Row]:
    chosen = EventFilter(upload=upload.pk)
    return _named(ledger.event_page(selectors.current_version(), chosen, after=(upload.pk, after), limit=limit))


def _sessions(upload: Upload, after: int, limit: int) -> list[Row]:
    chosen = SessionFilter(upload=upload.pk)
    return _named(ledger.session_page(selectors.current_version(), chosen, after=(upload.pk, after), limit=limit))


def _named(rows: list[Row]) -> list[Row]:
    """Rows with the outside ids of their customers, and their device in one text."""
    names = selectors.external_ids({row["customer_key"] for row in rows if row["customer_key"] is not None})
    return [
        {
            **row,
            "customer": names.get(row["customer_key"]),
            "device_text": ", ".join(filter(None, (row["device"], row["os"], row["browser"]))),
        }
        for row in rows
    ]


def _records(upload: Upload, after: int, limit: int) -> list[Row]:
    """What the file says about each customer; nothing while it is not published."""
    if upload.state != Upload.State.PUBLISHED:
        return []
    found = CustomerRecord.objects.filter(upload=upload, line_no__gt=after).select_related("customer")
    return [_record(record) for record in found.order_by("line_no")[:limit]]


def _record(record: CustomerRecord) -> Row:
    names = ("line_no", "name", "email", "birth_date", "country", "city", "consent", "attributes")
    said = {name: getattr(record, name) for name in names}
    return {**said, "upload_id": record.upload_id, "customer": record.customer.external_id}


def event_data(row: Row) -> Row:
    """One event as the API writes it."""
    return _written(row, [name for name in EVENT_COLUMNS if name not in HIDDEN])


def session_data(row: Row) -> Row:
    """One visit as the API writes it."""
    return _written(row, [name for name in SESSION_COLUMNS if name not in HIDDEN])


def record_data(row: Row) -> Row:
    """What a file says about a customer, as the API writes it."""
    said = _written(row, ["birth_date", "consent", "attributes"])
    return {**said, **{name: row[name] or None for name in ("name", "email", "country", "city")}}


HIDDEN = {"upload_id", "line_no", "customer_key", "session_key"}


def _written(row: Row, names: list[str]) -> Row:
    head = {"upload": row["upload_id"], "line": row["line_no"], "customer_id": row["customer"]}
    return {**head, **{name: _json(row[name]) for name in names}}


def _json(value: Any) -> Any:
    if hasattr(value, "as_tuple"):
        return plain(value)
    if hasattr(value, "tzinfo") and value.tzinfo is not None:
        return timezone.localtime(value).isoformat()
    return value.isoformat() if hasattr(value, "isoformat") else value


KINDS = {
    "events": Rows(
        _events,
        event_data,
        (
            Column(gettext_lazy("When")),
            Column(gettext_lazy("What")),
            Column(gettext_lazy("Page")),
            Column(gettext_lazy("Item")),
            Column(gettext_lazy("Price"), is_numeric=True),
            CUSTOMER,
            Column(gettext_lazy("Visit")),
            DEVICE,
            LINE,
        ),
        "crm/_events.html",
    ),
    "sessions": Rows(
        _sessions,
        session_data,
        (
            Column(gettext_lazy("Visit")),
            Column(gettext_lazy("Start")),
            CUSTOMER,
            Column(gettext_lazy("Pages"), is_numeric=True),
            Column(gettext_lazy("Seconds"), is_numeric=True),
            Column(gettext_lazy("Bounce rate"), is_numeric=True),
            Column(gettext_lazy("Exit rate"), is_numeric=True),
            DEVICE,
            LINE,
        ),
        "crm/_sessions.html",
    ),
    "customers": Rows(
        _records,
        record_data,
        (
            CUSTOMER,
            Column(gettext_lazy("Name")),
            Column(gettext_lazy("E-mail address")),
            Column(gettext_lazy("Consent")),
            Column(gettext_lazy("Date of birth")),
            Column(gettext_lazy("Lives in")),
            LINE,
        ),
        "crm/_customer_records.html",
    ),
}
