"""Mappings that were remembered: name them, change them, forget them."""

from typing import Any

from django.db import transaction

from core.models import User
from core.services.audit import record_event
from crm.models import SavedMapping
from crm.services.mappings import complete_mapping, kept_of, validate_mapping
from crm.services.options import MappingError


def as_sniff(saved: SavedMapping) -> dict[str, Any]:
    """What a look at a file would say of a header that we know only from before."""
    options = saved.mapping["options"]
    told = options.get("cancellation")
    states = []
    if isinstance(told, dict) and "column" in told:
        values = [{"value": value, "lines": 0, "is_cancellation": True} for value in told["values"]]
        states = [{"column": told["column"], "values": values}]
    companies = [{"company": options["company"], "lines": 0}] if isinstance(options.get("company"), str) else []
    return {
        "columns": saved.columns or list(saved.mapping["columns"].values()),
        "proposal": {**saved.mapping, "kind": saved.mapping.get("kind", "transactions")},
        "confidence": {},
        "reasons": {},
        "profiles": [],
        "choices": {"cancellation": {"states": states}, "companies": companies},
    }


@transaction.atomic
def change_saved_mapping(*, saved: SavedMapping, name: str, mapping: dict[str, Any], by: User) -> None:
    """Give it a name and other columns or options; MappingError where these can't be used."""
    saved = SavedMapping.objects.select_for_update().get(pk=saved.pk)
    sniff = as_sniff(saved)
    complete = complete_mapping({key: value for key, value in mapping.items() if key != "name"}, sniff)
    if problems := validate_mapping(complete, sniff):
        raise MappingError(problems)
    saved.name, saved.mapping = name, kept_of(complete)
    saved.save(update_fields=["name", "mapping"])
    record_event(by=by, action="mapping.changed", obj=saved, key=saved.pk, changed=[name, saved.mapping])


@transaction.atomic
def delete_saved_mapping(*, saved: SavedMapping, by: User) -> None:
    """Forget it: the next file with this header is proposed anew. Uploads keep what they were imported under."""
    record_event(by=by, action="mapping.deleted", obj=saved, key=saved.pk, changed=saved.mapping)
    saved.delete()
