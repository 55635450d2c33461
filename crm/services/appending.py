"""Adding bytes to a file that arrives in pieces: one writer at a time, and nothing acknowledged that is not on disk."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from django.db.models import Q, QuerySet
from django.utils import timezone

from crm.ledger.storage import storage_path
from crm.models import PartialUpload
from crm.services.looking import UploadError

# A writer that got no byte for so long may be replaced: its connection is most likely gone.
TURN = timedelta(seconds=15)
# Unfinished files are kept for so long after their latest byte.
KEPT = timedelta(days=7)


class Turn:
    """The right to write to one file. Whoever lost it finds out before the next byte is written."""

    def __init__(self, partial: PartialUpload, token: str) -> None:
        self.partial = partial
        self._token = token
        self._end = partial.received  # of what is written, acknowledged or not

    def append(self, block: bytes) -> None:
        """Write behind what is there; not acknowledged before `record`."""
        with _locked(self.partial) as handle:
            self.renew()
            _write(handle, block, self._end)
        self._end += len(block)

    def record(self) -> None:
        """Acknowledge what was written, once the disk has it."""
        with _locked(self.partial) as handle:
            self.renew()
            os.fsync(handle)
            if not self._mine().update(received=self._end, expires_at=timezone.now() + KEPT):
                raise lost()
        self.partial.received = self._end

    def give_up(self) -> None:
        """Forget what was written and not acknowledged."""
        self._end = self.partial.received

    def renew(self) -> None:
        if not self._mine().update(writer_until=timezone.now() + TURN):
            raise lost()

    def release(self) -> None:
        self._mine().update(writer="", writer_until=None)

    def _mine(self) -> QuerySet[PartialUpload]:
        return PartialUpload.objects.filter(pk=self.partial.pk, writer=self._token)


@contextmanager
def turn_at(partial: PartialUpload, offset: int) -> Iterator[Turn]:
    """The turn of whoever knows how far the file is; UploadError says why it can't be had."""
    turn = _take(partial, offset)
    try:
        _cut_off(turn)
        yield turn
    finally:
        turn.release()


def _cut_off(turn: Turn) -> None:
    """Drop what an earlier writer left half done."""
    partial = turn.partial
    try:
        with _locked(partial) as handle:
            turn.renew()
            os.ftruncate(handle, partial.received)
    except FileNotFoundError:
        if not partial.storage_name:  # else it was being moved to where uploads are kept
            PartialUpload.objects.filter(pk=partial.pk).delete()
            raise gone() from None


def _take(partial: PartialUpload, offset: int) -> Turn:
    now, token = timezone.now(), uuid4().hex
    free = Q(writer_until=None) | Q(writer_until__lt=now)
    rows = PartialUpload.objects.filter(free, pk=partial.pk, received=offset, upload=None, expires_at__gt=now)
    taken = rows.update(writer=token, writer_until=now + TURN)
    try:
        partial.refresh_from_db()
    except PartialUpload.DoesNotExist:
        raise gone() from None
    if not taken:
        raise _reason(partial, offset)
    return Turn(partial, token)


def _reason(partial: PartialUpload, offset: int) -> UploadError:
    if partial.is_expired(timezone.now()):
        return gone()
    if partial.upload_id is not None or partial.received != offset:
        return UploadError("offset", f"The next byte to send is number {partial.received}, not {offset}.")
    return UploadError("locked", "This file is arriving through another tab or connection at this moment.")


def bytes_path(partial: PartialUpload) -> Path:
    """Where the bytes wait until they are all here: always on this machine's own disk."""
    return storage_path(f"incoming/{partial.pk.hex}")


def gone() -> UploadError:
    return UploadError("expired", "What had arrived of this file was cleared away. Please upload it from the start.")


def lost() -> UploadError:
    return UploadError("locked", "Another tab or connection has gone on with this file.")


@contextmanager
def _locked(partial: PartialUpload) -> Iterator[int]:
    """The file, for one writing at a time on this machine. Held for moments only; the turn in the row decides."""
    path = bytes_path(partial)
    path.parent.mkdir(parents=True, exist_ok=True)
    # With bytes acknowledged the file has to be there; one made anew would hold zeros in their place.
    handle = os.open(path, os.O_RDWR | (0 if partial.received else os.O_CREAT), 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)


def _write(handle: int, block: bytes, offset: int) -> None:
    view = memoryview(block)
    while view:
        written = os.pwrite(handle, view, offset)
        view, offset = view[written:], offset + written
