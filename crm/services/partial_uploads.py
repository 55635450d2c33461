"""Files that arrive in pieces: begun, received, finished, given up, expired."""

import errno
import hashlib
import shutil
import time
from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

from django.db import transaction
from django.db.models import F, Q, Sum
from django.utils import timezone

from core.models import User
from core.services.audit import record_event
from crm.ledger.storage import exists, storage_path
from crm.models import PartialUpload, Upload
from crm.services import running_hash
from crm.services.appending import KEPT, Turn, bytes_path, gone, turn_at
from crm.services.looking import UploadError
from crm.services.storing import Arrived, plain_name, store_file
from crm.services.uploads import size_problem

# One person's files that are on their way at the same time; a browser sends a few at once, whatever was dropped.
MOST_UNFINISHED = 100
# Left free for everything else: the database, the ledger, the import of the file itself.
RESERVE_BYTES = 500_000_000
READ_BYTES = 256 * 1024
# How much, and for how long, may be read before it is acknowledged.
BLOCK_BYTES = 4 * 1024 * 1024
BLOCK_SECONDS = 3.0

Read = Callable[[int], bytes]


@transaction.atomic
def begin_upload(*, name: str, size: int, source: str, by: User) -> PartialUpload:
    """Make room for a file that will arrive in pieces."""
    if sentence := size_problem(size):
        raise UploadError("too_large", sentence)
    now = timezone.now()
    unfinished = PartialUpload.objects.filter(upload=None, expires_at__gt=now)
    if unfinished.filter(owner=by).count() >= MOST_UNFINISHED:
        sentence = f"{MOST_UNFINISHED} of your files have not arrived in full. Finish or remove some of them first."
        raise UploadError("too_many", sentence)
    if sentence := room_problem(size + (unfinished.aggregate(rest=Sum(F("size") - F("received")))["rest"] or 0)):
        raise UploadError("no_room", sentence)
    partial = PartialUpload.objects.create(
        owner=by, source=source, file_name=plain_name(name), size=size, created_at=now, expires_at=now + KEPT
    )
    record_event(by=by, action="upload.begun", obj=partial, key=partial.pk, facts={"size": size})
    return partial


def room_problem(size: int) -> str:
    """Why the server's disk can't take so many bytes more; empty when it can."""
    folder = storage_path("incoming")
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free - RESERVE_BYTES
    if size <= free:
        return ""
    return (
        f"The server's disk has room for {max(free, 0) // 1_000_000:,} MB more, and this needs "
        f"{size // 1_000_000:,} MB. Ask your administrator to make room, then try again: nothing was lost."
    )


def receive(*, partial: PartialUpload, offset: int, length: int, read: Read, checksum: tuple[str, bytes] | None) -> int:
    """Take up to `length` bytes from `read`; returns how many there are now.

    What came before a connection broke is kept, unless a checksum was to be met by the whole piece.
    """
    if offset + length > partial.size:
        raise UploadError("too_long", f"The file was announced with {partial.size:,} bytes; this would be more.")
    with turn_at(partial, offset) as turn:
        try:
            if checksum:
                _receive_checked(turn, read, length, *checksum)
            else:
                _receive(turn, read, length)
        except OSError as error:
            raise _disk_problem(error) from error
    running_hash.keep_up(partial.pk, bytes_path(partial), partial.received)
    return partial.received


def _receive(turn: Turn, read: Read, length: int) -> None:
    while length:
        block = _read_block(read, length)
        if not block:
            return
        turn.append(block)
        turn.record()
        length -= len(block)


def _receive_checked(turn: Turn, read: Read, length: int, algorithm: str, expected: bytes) -> None:
    digest = hashlib.new(algorithm, usedforsecurity=False)
    while length and (block := _read_block(read, length)):
        turn.append(block)
        digest.update(block)
        length -= len(block)
    if length or digest.digest() != expected:
        turn.give_up()
        raise UploadError("checksum", "These bytes are not those that the checksum speaks of. Send them again.")
    turn.record()


def _read_block(read: Read, length: int) -> bytes:
    """Some megabytes, or what comes within a few seconds; empty when the connection has ended."""
    block, until = bytearray(), time.monotonic() + BLOCK_SECONDS
    while len(block) < min(BLOCK_BYTES, length):
        piece = _read_piece(read, min(READ_BYTES, length - len(block)))
        block += piece
        if not piece or time.monotonic() > until:
            break
    return bytes(block)


def _read_piece(read: Read, size: int) -> bytes:
    """A connection that breaks is an end of the bytes, not an error: what came before it counts."""
    try:
        return read(size)
    except OSError:
        return b""


def _disk_problem(error: OSError) -> UploadError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return UploadError("no_room", "The server's disk is full. What has arrived is kept; ask your administrator.")
    raise error


def finish_upload(*, partial: PartialUpload) -> PartialUpload:
    """Make the upload of a file that is here in full; done before, it is the same again."""
    if partial.upload_id is not None or not partial.is_complete:
        return partial
    path = bytes_path(partial)
    with turn_at(partial, partial.size) as turn:
        if not partial.storage_name:
            _name_target(turn)
        if not path.exists() and not exists(partial.storage_name):
            PartialUpload.objects.filter(pk=partial.pk).delete()
            raise gone()
        store_file(
            Arrived(path, partial.sha256, partial.size, partial.file_name, partial.source, partial.owner),
            stored_as=partial.storage_name,
            on_stored=lambda upload, is_new: _note_outcome(turn, upload, is_new=is_new),
        )
    running_hash.forget(partial.pk)
    return partial


def _name_target(turn: Turn) -> None:
    """Written down before the file is moved: whoever finds it gone from here knows where to look."""
    partial = turn.partial
    partial.sha256 = running_hash.keep_up(partial.pk, bytes_path(partial), partial.size, on_block=turn.renew)
    partial.storage_name = f"uploads/{partial.sha256}-{uuid4().hex[:12]}"
    partial.save(update_fields=["sha256", "storage_name"])


def _note_outcome(turn: Turn, upload: Upload, *, is_new: bool) -> None:
    turn.renew()
    turn.partial.upload, turn.partial.is_known = upload, not is_new
    turn.partial.save(update_fields=["upload", "is_known"])


@transaction.atomic
def discard_partial(*, partial: PartialUpload, by: User) -> None:
    """Forget a file that is on its way. One that became an upload stays as that."""
    record_event(by=by, action="upload.given_up", obj=partial, key=partial.pk, facts={"received": partial.received})
    _drop(partial)


def _drop(partial: PartialUpload) -> None:
    key, path = partial.pk, bytes_path(partial)
    partial.delete()
    running_hash.forget(key)
    transaction.on_commit(lambda: path.unlink(missing_ok=True))


def expire_partials(*, now: datetime) -> int:
    """Clear what nobody went on with, and bytes without a row; returns how many files went."""
    old = PartialUpload.objects.filter(Q(writer_until=None) | Q(writer_until__lt=now), expires_at__lte=now)
    count = 0
    for partial in old.iterator():
        with transaction.atomic():
            _drop(partial)
        count += 1
    return count + _clear_rowless(now)


def _clear_rowless(now: datetime) -> int:
    folder, limit = storage_path("incoming"), (now - KEPT).timestamp()
    known = {key.hex for key in PartialUpload.objects.values_list("pk", flat=True)}
    there = folder.iterdir() if folder.is_dir() else ()
    old = [path for path in there if path.name not in known and path.stat().st_mtime < limit]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
