"""Ledger files of any kind, written by hand and published: for tests of what reads them."""

from typing import Any

from django.utils import timezone

from crm import ledger
from crm.ledger.reading import connect, quoted
from crm.ledger.relations import RELATIONS, Relation
from crm.models import CatalogueEntry, CataloguePointer, CatalogueVersion, LedgerFile, Upload

UPLOAD_KINDS = {"lines": "transactions", "events": "events", "sessions": "sessions"}


def publish_rows(kind: str, rows: list[dict[str, Any]]) -> Upload:
    """An upload whose one file holds these rows; columns that a row leaves out are empty. Joins what is published."""
    relation, now = RELATIONS[kind], timezone.now()
    upload = Upload.objects.create(
        file_name=f"{kind}.csv",
        kind=UPLOAD_KINDS[kind],
        size=1,
        sha256=f"{kind}-{Upload.objects.count()}",
        state=Upload.State.PUBLISHED,
        source=Upload.Source.COMMAND,
        received_at=now,
        published_at=now,
        lines=len(rows),
        accepted=len(rows),
    )
    file = _write(upload, relation, rows)
    pointer = CataloguePointer.objects.get(pk=1)
    version = CatalogueVersion.objects.create(reason="publish", upload=upload, created_at=now)
    before = list(pointer.version.entries.all()) if pointer.version else []
    files = [*(entry.file_id for entry in before), file.pk]
    CatalogueEntry.objects.bulk_create(
        CatalogueEntry(version=version, file_id=pk, position=position) for position, pk in enumerate(files)
    )
    pointer.version = version
    pointer.save()
    return upload


def _write(upload: Upload, relation: Relation, rows: list[dict[str, Any]]) -> LedgerFile:
    connection = connect(threads=1)
    columns = ", ".join(f"{name} {type_}" for name, type_ in relation.columns.items())
    connection.execute(f"CREATE TABLE made ({columns})")
    for number, row in enumerate(rows, start=1):
        values = {"upload_id": upload.pk, "line_no": number, **row}
        places = ", ".join("?" * len(relation.columns))
        connection.execute(f"INSERT INTO made VALUES ({places})", [values.get(name) for name in relation.columns])
    span = f"SELECT coalesce(min({relation.day}), '1970-01-01'), coalesce(max({relation.day}), '2100-12-31') FROM made"
    first_on, last_on = connection.execute(span).fetchone() or (None, None)
    path = f"ledger/{upload.pk:08d}-{relation.name}.parquet"
    query = f"SELECT * FROM made ORDER BY {relation.order_sql}"
    size, sha256 = ledger.write_atomically(
        path, lambda target: connection.execute(f"COPY ({query}) TO {quoted(target)} (FORMAT parquet)")
    )
    return LedgerFile.objects.create(
        upload=upload,
        kind=relation.name,
        path=path,
        lines=len(rows),
        size=size,
        sha256=sha256,
        first_on=first_on,
        last_on=last_on,
        created_at=timezone.now(),
    )
