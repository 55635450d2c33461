"""`redo_upload ID`: bring back a file that was taken back, without reading it again."""

from typing import Any

from django.core.management.base import CommandParser

from core.commands import CommandFailure, JsonCommand
from crm.models import Upload
from crm.services import UploadError, redo_upload


class Command(JsonCommand):
    help = "Bring a file back that was taken back, while its lines are still there."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("upload", type=int)

    def perform(self, *, upload: int, **_: Any) -> dict[str, Any]:
        found = Upload.objects.filter(pk=upload).first()
        if found is None:
            raise CommandFailure("not_found", f"There is no upload {upload}.")
        try:
            self.finish(redo_upload(upload=found, by=None))
        except UploadError as error:
            raise CommandFailure(error.code, error.message) from error
        found.refresh_from_db()
        return {"upload": found.pk, "state": found.state}
