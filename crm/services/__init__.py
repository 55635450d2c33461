"""Writes: uploads from the first byte to publication and back."""

from crm.services.demo import load_demo
from crm.services.mappings import MappingError, confirm_mapping, validate_mapping
from crm.services.uploads import (
    UploadError,
    discard_upload,
    request_sniff,
    request_sweep,
    reread_upload,
    store_upload,
    undo_upload,
)

__all__ = [
    "MappingError",
    "UploadError",
    "confirm_mapping",
    "discard_upload",
    "load_demo",
    "request_sniff",
    "request_sweep",
    "reread_upload",
    "store_upload",
    "undo_upload",
    "validate_mapping",
]
