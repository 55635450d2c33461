"""Where stored bytes live: files as they came, ledger, rejected lines and snapshots. Nobody else knows paths.

A stored file has a relative name such as `ledger/0001.parquet`. It is there whole or not at all, and never changes.
"""

from crm.ledger.storage.files import (
    Stored,
    address,
    answers,
    attach,
    bring_near,
    bucket,
    delete,
    digest,
    digest_in_name,
    drop_damaged_copy,
    exists,
    explained,
    listing,
    local_copy,
    located,
    location,
    move_in,
    sha256_of,
    stored,
    write_atomically,
    write_under_digest,
)
from crm.ledger.storage.folder import scratch, storage_path

__all__ = [
    "Stored",
    "address",
    "answers",
    "attach",
    "bring_near",
    "bucket",
    "delete",
    "digest",
    "digest_in_name",
    "drop_damaged_copy",
    "exists",
    "explained",
    "listing",
    "local_copy",
    "located",
    "location",
    "move_in",
    "scratch",
    "sha256_of",
    "storage_path",
    "stored",
    "write_atomically",
    "write_under_digest",
]
