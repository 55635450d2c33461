"""Confirming what a file's columns are."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from core.models import Run, User
from core.runs import fingerprint, request_run
from core.services.audit import record_event
from crm.models import SavedMapping, Upload

# The intake's own lists, repeated by name here because the web process must not load the intake.
FIELDS = (
    "customer_id",
    "order_id",
    "item_id",
    "description",
    "category",
    "brand",
    "quantity",
    "unit_price",
    "amount",
    "discount",
    "ordered_at",
    "country",
    "currency",
    "company",
)
DATE_FORMATS = (
    "2010-12-31 (ISO)",
    "12/31/2010 (month first)",
    "31/12/2010 (day first)",
    "31.12.2010",
    "31-12-2010",
    "12-31-2010",
    "31-Dec-10",
    "2010/12/31",
    "20101231",
)


class MappingError(ValueError):
    """A mapping that can't be used; `problems` is a list of {field, sentence}."""

    def __init__(self, problems: list[dict[str, str]]) -> None:
        super().__init__(" ".join(item["sentence"] for item in problems))
        self.problems = problems


def complete_mapping(mapping: dict[str, Any], sniff: dict[str, Any]) -> dict[str, Any]:
    """The mapping with every option filled from what was found in the file."""
    options = {**sniff["proposal"]["options"], **mapping.get("options", {})}
    columns = {name: column for name, column in mapping.get("columns", {}).items() if column}
    return {"kind": mapping.get("kind", "transactions"), "columns": columns, "options": options}


def validate_mapping(mapping: dict[str, Any], sniff: dict[str, Any]) -> list[dict[str, str]]:
    """What is wrong with a completed mapping, as {field, sentence}; empty when it can be used."""
    return [*_column_problems(mapping, sniff), *_option_problems(mapping["options"])]


def _column_problems(mapping: dict[str, Any], sniff: dict[str, Any]) -> Iterator[dict[str, str]]:
    columns: dict[str, str] = mapping["columns"]
    if mapping["kind"] != "transactions":
        yield _problem("kind", "Only transaction files can be imported.")
    for name, column in columns.items():
        if name not in FIELDS:
            yield _problem(name, f"There is no field called {name}.")
        elif column not in sniff["columns"]:
            yield _problem(name, f"The file has no column “{column}”; it has {', '.join(sniff['columns'])}.")
    used = list(columns.values())
    for column in sorted({column for column in used if used.count(column) > 1}):
        yield _problem("columns", f"“{column}” is used for more than one field; choose one.")
    if "ordered_at" not in columns:
        yield _problem("ordered_at", "Choose the column that holds the date of the purchase.")
    if "amount" not in columns and not {"quantity", "unit_price"} <= columns.keys():
        yield _problem("amount", "Choose the column of the amount, or both quantity and unit price.")


def _option_problems(options: dict[str, Any]) -> Iterator[dict[str, str]]:
    currency = settings.REPORTING_CURRENCY
    allowed = {
        "date_format": (DATE_FORMATS, "Choose how the dates are written."),
        "decimal": ((".", ","), "The decimal sign is a point or a comma."),
        "guests": (
            ("guest", "customer_per_order"),
            "Lines without a customer are guest sales, or each guest order is its own customer.",
        ),
        "time_zone": (available_timezones(), "This time zone is not known; write one like Europe/London."),
        "currency": (
            (currency,),
            f"All figures are in {currency}; a file in another currency can't be added to them.",
        ),
    }
    for name, (values, sentence) in allowed.items():
        if options.get(name) not in values:
            yield _problem(name, sentence)


def _problem(field: str, sentence: str) -> dict[str, str]:
    return {"field": field, "sentence": sentence}


@transaction.atomic
def confirm_mapping(*, upload: Upload, mapping: dict[str, Any], by: User | None, publish: bool = True) -> Run:
    """Fix the mapping, remember it for the header, and ask for the import."""
    upload = Upload.objects.select_for_update().get(pk=upload.pk)
    if upload.sniff is None or not upload.is_open:
        raise MappingError(
            [
                {
                    "field": "upload",
                    "sentence": f"This upload is {upload.get_state_display().lower()}; its columns can't be set now.",
                }
            ]
        )
    complete = complete_mapping(mapping, upload.sniff)
    problems = validate_mapping(complete, upload.sniff)
    if problems:
        raise MappingError(problems)
    now = timezone.now()
    SavedMapping.objects.update_or_create(
        header_fingerprint=upload.header_fingerprint,
        defaults={"name": upload.file_name[:120], "mapping": complete, "saved_by": by, "saved_at": now},
    )
    mark = fingerprint("ingest", upload.sha256, complete, publish, str(upload.published_at), str(now))
    run = request_run(kind="crm.ingest", params={"upload": upload.pk}, fingerprint=mark, by=by)
    upload.mapping, upload.is_publish_wanted, upload.latest_run = complete, publish, run
    upload.state = Upload.State.IMPORTING
    upload.save()
    record_event(
        by=by, action="upload.confirmed", obj=upload, key=upload.pk, facts={"publish": publish}, changed=complete
    )
    return run
