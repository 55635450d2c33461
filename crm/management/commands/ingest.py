"""`ingest FILE`: a file into the ledger, without browser, broker or worker."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from core.commands import CommandFailure, JsonCommand
from crm.models import Upload
from crm.selectors import upload_summary
from crm.services import (
    MappingError,
    UploadError,
    confirm_mapping,
    reading_options,
    reread_upload,
    store_upload,
)

CHUNK = 1024 * 1024


class Command(JsonCommand):
    help = "Import a transaction file and publish it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--mapping", type=_mapping, help="JSON: kind, columns, options; left out: the proposal")
        parser.add_argument("--no-publish", action="store_true", help="import, but leave the ledger as it is")

    def perform(self, *, file: Path, mapping: dict[str, Any] | None, no_publish: bool, **_: Any) -> dict[str, Any]:
        with file.open("rb") as stream:
            upload, is_new = store_upload(
                name=file.name, chunks=iter(lambda: stream.read(CHUNK), b""), source=Upload.Source.COMMAND, by=None
            )
        if upload.state == Upload.State.PUBLISHED:
            self.say(f"These bytes were uploaded before, as upload {upload.pk}. Nothing was added.")
            nothing = {
                "accepted": 0,
                "rejected": 0,
                "gross_revenue": "0.00",
                "returned_value": "0.00",
                "revenue": "0.00",
                "customers": 0,
                "orders": 0,
            }
            return upload_summary(upload) | nothing | {"duplicates": upload.lines}
        if upload.state == Upload.State.IMPORTING and upload.latest_run and upload.latest_run.is_active:
            self.finish(upload.latest_run)
        else:
            self._import(upload, mapping, is_new=is_new, publish=not no_publish)
        upload.refresh_from_db()
        return upload_summary(upload)

    def _import(self, upload: Upload, mapping: dict[str, Any] | None, *, is_new: bool, publish: bool) -> None:
        try:
            # A file that failed or was taken back is looked at anew, perhaps with other options.
            reading = reading_options(mapping)
            run = upload.latest_run if not reading and (is_new or upload.is_busy) else None
            again = reading or reading_options(upload.mapping)
            self.finish(run or reread_upload(upload=upload, options=again, by=None))
        except MappingError as error:
            raise CommandFailure("mapping", str(error), uncertain=error.problems) from error
        except UploadError as error:
            raise CommandFailure(error.code, error.message) from error
        upload.refresh_from_db()
        sniff = upload.sniff or {}
        if mapping is None and sniff["uncertain"]:
            questions = " ".join(item["question"] for item in sniff["uncertain"])
            raise CommandFailure(
                "uncertain", f"Some of the mapping has to be decided: {questions}", uncertain=sniff["uncertain"]
            )
        try:
            run = confirm_mapping(upload=upload, mapping=mapping or sniff["proposal"], by=None, publish=publish)
        except MappingError as error:
            raise CommandFailure("mapping", str(error), uncertain=error.problems) from error
        self.finish(run)


def _mapping(text: str) -> dict[str, Any]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError("the mapping has to be a JSON object")
    return value
