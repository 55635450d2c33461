"""Writes: uploads from the first byte to publication and back."""

from crm.services.completing import complete_upload
from crm.services.demo import load_demo
from crm.services.descriptions import request_description_after
from crm.services.exports import ExportError, expire_exports, request_export
from crm.services.looking import UploadError, request_sniff
from crm.services.mappings import changed_reading, check_mapping, confirm_mapping, reading_options, validate_mapping
from crm.services.options import MappingError
from crm.services.saved import change_saved_mapping, delete_saved_mapping
from crm.services.storing import store_upload
from crm.services.upkeep import request_sweep, request_verify
from crm.services.uploads import (
    discard_upload,
    redo_upload,
    reread_upload,
    size_problem,
    undo_upload,
)

__all__ = [
    "ExportError",
    "MappingError",
    "UploadError",
    "change_saved_mapping",
    "changed_reading",
    "check_mapping",
    "complete_upload",
    "confirm_mapping",
    "delete_saved_mapping",
    "discard_upload",
    "expire_exports",
    "load_demo",
    "reading_options",
    "redo_upload",
    "request_description_after",
    "request_export",
    "request_sniff",
    "request_sweep",
    "request_verify",
    "reread_upload",
    "size_problem",
    "store_upload",
    "undo_upload",
    "validate_mapping",
]
