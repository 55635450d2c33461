"""Writes: uploads from the first byte to publication and back."""

from crm.services.demo import load_demo
from crm.services.descriptions import request_description_after
from crm.services.exports import ExportError, expire_exports, request_export
from crm.services.mappings import changed_reading, confirm_mapping, reading_options, validate_mapping
from crm.services.options import MappingError
from crm.services.storing import store_upload
from crm.services.upkeep import request_sweep, request_verify
from crm.services.uploads import (
    UploadError,
    discard_upload,
    request_sniff,
    reread_upload,
    size_problem,
    undo_upload,
)

__all__ = [
    "ExportError",
    "MappingError",
    "UploadError",
    "changed_reading",
    "confirm_mapping",
    "discard_upload",
    "expire_exports",
    "load_demo",
    "reading_options",
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
