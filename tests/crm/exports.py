"""An export for tests that need one."""

from typing import Any

from crm import ledger
from crm.models import LineExport
from crm.services import request_export
from tests.factories import do_run, imported, make_upload


def make_export(file_format: str = "csv", **chosen: Any) -> LineExport:
    """An export of the lines of a small file, written."""
    imported(make_upload())
    export = request_export(chosen=ledger.LineFilter(**chosen), file_format=file_format, by=None)
    assert export.run is not None
    do_run(export.run)
    export.refresh_from_db()
    return export
