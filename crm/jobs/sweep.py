"""Remove what nothing refers to any more from the storage."""

import time
from typing import Any

from django.utils import timezone

from core.runs import Lease
from crm.ledger.storage import bucket, delete, scratch
from crm.ledger.sweeping import GRACE_SECONDS, delete_old_versions, orphans
from crm.services.exports import expire_exports
from crm.services.partial_uploads import expire_partials
from crm.services.records import clear_stray_records


def sweep(lease: Lease) -> dict[str, Any]:
    keep = set(lease.run.params.get("keep", []))
    lease.progress("Dropping old ledger versions")
    versions = delete_old_versions(keep)
    expire_exports(now=timezone.now())
    lease.progress("Removing unused files")
    removed = 0
    for name in orphans():
        delete(name)
        removed += 1
    clear_stray_records()
    lease.progress("Clearing uploads that nobody went on with")
    removed += expire_partials(now=timezone.now())
    if away := bucket():
        removed += away.drop_unfinished(older_than=GRACE_SECONDS)
    return {"versions": versions, "files": removed + _clear_temporary()}


def _clear_temporary() -> int:
    """What killed runs left in the work folder."""
    limit = time.time() - GRACE_SECONDS
    old = [path for path in scratch().rglob("*") if path.is_file() and path.stat().st_mtime < limit]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
