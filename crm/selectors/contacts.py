"""What files of customers say about people: name, e-mail address, consent. Only published files speak."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from core.search import starts_with
from crm.models import Customer, CustomerRecord, Upload
from crm.selectors.customers import search_prefix

KEYS = ("name_key", "surname_key", "email_key")


@dataclass(frozen=True)
class Contact:
    """One person in the words of all published files: field by field the newest file that says something."""

    name: str = ""
    email: str = ""
    birth_date: date | None = None
    country: str = ""
    city: str = ""
    consent: bool | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    # The files that speak of this person, newest first.
    uploads: tuple[Upload, ...] = ()

    def age(self, today: date) -> int | None:
        """Full years; None where no date of birth is known."""
        born = self.birth_date
        if born is None:
            return None
        return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def published_records() -> QuerySet[CustomerRecord]:
    # A file may have been read as customers first and as something else now.
    return CustomerRecord.objects.filter(upload__kind="customers", upload__state=Upload.State.PUBLISHED)


def contact_of(customer: Customer) -> Contact | None:
    """What is known of the customer; None where no published file speaks of them. One query."""
    records = list(published_records().filter(customer=customer).select_related("upload").order_by("-upload_id"))
    return _merged(records) if records else None


def _merged(records: list[CustomerRecord]) -> Contact:
    said: dict[str, Any] = {}
    for record in reversed(records):
        words = {name: getattr(record, name) for name in ("name", "email", "country", "city") if getattr(record, name)}
        facts = {name: getattr(record, name) for name in ("birth_date", "consent")}
        said |= words | {name: value for name, value in facts.items() if value is not None}
        said["attributes"] = {**said.get("attributes", {}), **record.attributes}
    return Contact(**said, uploads=tuple(record.upload for record in records))


def names_of(keys: set[int]) -> dict[int, str]:
    """The names of a few customers, by key; those without a name are left out. One query."""
    named = published_records().filter(customer__in=keys).exclude(name="").order_by("upload_id")
    return dict(named.values_list("customer_id", "name"))


def keys_called(text: str, limit: int) -> list[int]:
    """Keys of customers whose name, surname or e-mail address begins with the text, at most `limit`.

    An older file's spelling finds a person too: whoever types a former address looks for its owner.
    """
    prefix, speaking = search_prefix(text), _speaking()
    if not prefix or not speaking:
        return []
    found: dict[int, None] = {}
    for column in KEYS:
        rows = CustomerRecord.objects.filter(starts_with(column, prefix), upload__in=speaking)
        found |= dict.fromkeys(rows.order_by(column, "pk").values_list("customer_id", flat=True)[:limit])
        if len(found) >= limit:
            break
    return list(found)[:limit]


def is_called(text: str) -> Q:
    """The same as a condition on a query of customers or their scores, asked row by row."""
    prefix = search_prefix(text)
    begins = Q()
    for column in KEYS:
        begins |= starts_with(column, prefix)
    records = CustomerRecord.objects.filter(begins, customer=OuterRef("pk"), upload__in=_speaking())
    return Q(Exists(records))


def _speaking() -> list[int]:
    """The files of customers that are published now."""
    files = Upload.objects.filter(kind="customers", state=Upload.State.PUBLISHED)
    return list(files.values_list("pk", flat=True))


def has_contacts() -> bool:
    return bool(_speaking())
