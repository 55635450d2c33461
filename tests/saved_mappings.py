"""Mappings that were remembered."""

from itertools import count
from typing import Any

from django.utils import timezone

from crm.models import SavedMapping

_numbers = count(1)


def make_saved_mapping(name: str = "Monthly export", **fields: Any) -> SavedMapping:
    """What was confirmed for a header of three columns."""
    mapping = {
        "kind": "transactions",
        "columns": {"ordered_at": "date", "customer_id": "customer", "amount": "total"},
        "options": {
            "date_format": "2010-12-31 (ISO)",
            "decimal": ".",
            "time_zone": "UTC",
            "currency": "GBP",
            "guests": "guest",
            "cancellation": "negative",
        },
    }
    values = {"columns": ["date", "customer", "total"], "saved_at": timezone.now(), "mapping": mapping, **fields}
    return SavedMapping.objects.create(header_fingerprint=f"header {next(_numbers)}", name=name, **values)
