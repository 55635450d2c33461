"""Keeping a file's bytes, and making the upload that they are; the same bytes again are the earlier upload."""

import hashlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone

from core.models import User
from core.services.audit import record_event
from crm.ledger.storage import delete, exists, move_in, scratch
from crm.models import Inbox, Upload
from crm.services.looking import request_sniff


@dataclass(frozen=True)
class Arrived:
    """A whole file on this machine's disk, and where it came from."""

    path: Path
    sha256: str
    size: int
    name: str
    source: str
    by: User | None
    inbox: Inbox | None = None


def store_upload(
    *, name: str, chunks: Iterable[bytes], source: str, by: User | None, inbox: Inbox | None = None
) -> tuple[Upload, bool]:
    """Keep the bytes and make the upload with its first run; the same bytes again give the earlier upload, False."""
    path = scratch() / f"upload-{uuid4().hex}"
    try:
        sha256, size = _write(path, chunks)
        return store_file(Arrived(path, sha256, size, name, source, by, inbox))
    finally:
        path.unlink(missing_ok=True)


def store_file(
    arrived: Arrived,
    *,
    stored_as: str = "",
    on_stored: Callable[[Upload, bool], object] = lambda upload, is_new: None,
) -> tuple[Upload, bool]:
    """Move a whole file in and make its upload; `on_stored` is called in the transaction that makes it.

    The bytes are in the storage and synced before the row exists, so that a row never points to nothing. Each upload
    has a file of its own: deleting one never takes the bytes of another that is just being stored.
    """
    if known := _known(arrived, stored_as, on_stored):
        return known, False
    stored_as = stored_as or f"uploads/{arrived.sha256}-{uuid4().hex[:12]}"
    if not exists(stored_as):  # it does when an earlier attempt ended between here and the row
        os.utime(arrived.path)  # a rename keeps the time, and what is old and has no row yet would be swept
        move_in(arrived.path, stored_as)
    try:
        with transaction.atomic():
            upload = _make_row(arrived, stored_as)
            on_stored(upload, True)
    except IntegrityError:  # the same bytes were stored by somebody else at this moment
        if known := _known(arrived, stored_as, on_stored):
            return known, False
        raise
    arrived.path.unlink(missing_ok=True)
    return upload, True


def _known(arrived: Arrived, stored_as: str, on_stored: Callable[[Upload, bool], object]) -> Upload | None:
    """The earlier upload of the same bytes; the new copy goes."""
    with transaction.atomic():
        upload = Upload.objects.select_for_update().filter(sha256=arrived.sha256).first()
        if upload is None:
            return None
        on_stored(upload, False)
    arrived.path.unlink(missing_ok=True)
    if stored_as and stored_as != upload.storage_name:
        delete(stored_as)
    return upload


def _make_row(arrived: Arrived, stored_as: str) -> Upload:
    upload = Upload.objects.create(
        file_name=plain_name(arrived.name),
        size=arrived.size,
        sha256=arrived.sha256,
        storage_name=stored_as,
        source=arrived.source,
        inbox=arrived.inbox,
        uploaded_by=arrived.by,
        received_at=timezone.now(),
    )
    facts, digest = {"size": arrived.size}, arrived.sha256
    record_event(by=arrived.by, action="upload.stored", obj=upload, key=upload.pk, facts=facts, changed=digest)
    request_sniff(upload=upload, by=arrived.by)
    return upload


def plain_name(name: str) -> str:
    """The file's own name without its folder, and without what a database or a terminal can't take."""
    last = PurePath(name.replace("\\", "/")).name.encode("utf-8", "replace").decode()
    return "".join(sign for sign in last if sign.isprintable())[:255] or "file"


def _write(path: Path, chunks: Iterable[bytes]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as stream:
        for chunk in chunks:
            digest.update(chunk)
            size += len(chunk)
            stream.write(chunk)
    return digest.hexdigest(), size
