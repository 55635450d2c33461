"""What a file of customers says, into the database: many short transactions, shown by the publication alone."""

import json
from collections.abc import Iterator
from typing import Any

import duckdb
from django.db import transaction

from core.runs import Lease
from crm.intake.cleaning import line_no
from crm.models import CustomerRecord, Upload

BATCH = 5_000
_TEXTS = ("name", "email", "country", "city")
# The last row of a customer counts.
_SQL = f"""
    SELECT customer_key, {line_no} AS line_no, name, email, country, city, birth_date, consent, attributes
    FROM cleaned JOIN keys ON keys.person = cleaned.customer
    WHERE reason IS NULL
    QUALIFY row_number() OVER (PARTITION BY customer_key ORDER BY cleaned.rowid DESC) = 1
    ORDER BY 1
"""


def keep_records(connection: duckdb.DuckDBPyConnection, upload: Upload, lease: Lease) -> None:
    """Replace the upload's records by the accepted rows of `cleaned` (with `keys`), and count them (not saved).

    Records of an upload that is not published show nowhere, so a killed run leaves nothing visible and the next one
    begins anew. Every transaction makes sure that the run still counts: two never write at once.
    """
    _clear(upload, lease)
    written = 0
    for batch in _batches(connection):
        with transaction.atomic():
            lease.guard()
            CustomerRecord.objects.bulk_create(_record(upload, row) for row in batch)
        written += len(batch)
        lease.progress("Writing the customers", written, upload.accepted)
    upload.customers = written
    if repeated := upload.accepted - written:
        upload.warnings = [*upload.warnings, {"code": "repeated_customer", "lines": repeated}]


def _clear(upload: Upload, lease: Lease) -> None:
    while True:
        with transaction.atomic():
            lease.guard()
            some = list(CustomerRecord.objects.filter(upload=upload).values_list("pk", flat=True)[:BATCH])
            CustomerRecord.objects.filter(pk__in=some).delete()
        if len(some) < BATCH:
            return


def _batches(connection: duckdb.DuckDBPyConnection) -> Iterator[list[tuple[Any, ...]]]:
    rows = connection.execute(_SQL)
    while batch := rows.fetchmany(BATCH):
        yield batch


def _record(upload: Upload, row: tuple[Any, ...]) -> CustomerRecord:
    key, line_no, *texts, birth_date, consent, attributes = row
    said = {name: text or "" for name, text in zip(_TEXTS, texts, strict=True)}
    name = said["name"].casefold()
    return CustomerRecord(
        upload=upload,
        customer_id=key,
        line_no=line_no,
        birth_date=birth_date,
        consent=consent,
        attributes=_kept(attributes),
        # Folding can lengthen a text; an index needs its beginning only.
        name_key=name[:255],
        surname_key=name.rsplit(maxsplit=1)[-1][:255] if name.split() else "",
        email_key=said["email"].casefold()[:255],
        **said,
    )


def _kept(attributes: str | None) -> dict[str, str]:
    """What a row says beyond the fields; nothing where its cell is empty."""
    return {name: text for name, text in json.loads(attributes or "{}").items() if text is not None}
