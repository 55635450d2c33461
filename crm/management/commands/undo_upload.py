"""`undo_upload ID`: take a published upload back."""

from typing import Any

from django.core.management.base import CommandParser

from core.commands import CommandFailure, JsonCommand
from crm.models import Upload
from crm.services import UploadError, undo_upload


class Command(JsonCommand):
    help = "Take a published upload back; everything computed from it is computed anew."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("upload", type=int)

    def perform(self, *, upload: int, **_: Any) -> dict[str, Any]:
        found = Upload.objects.filter(pk=upload).first()
        if found is None:
            raise CommandFailure("not_found", f"There is no upload {upload}.")
        if found.state == Upload.State.UNDONE:
            return {"upload": found.pk, "state": found.state}
        try:
            self.finish(undo_upload(upload=found, by=None))
        except UploadError as error:
            raise CommandFailure(error.code, error.message) from error
        found.refresh_from_db()
        return {"upload": found.pk, "state": found.state}
