"""Look at one source and take what is new there, each file once."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.runs import Lease
from crm.models import Inbox, InboxFile, Upload
from crm.services.partial_uploads import room_problem
from crm.services.storing import store_upload
from crm.sources import Found, SourceProblem

PLACES = {
    Inbox.Kind.FOLDER: "crm.sources.folder",
    Inbox.Kind.PULL: "crm.sources.pull",
    Inbox.Kind.S3: "crm.sources.bucket",
}
# A file that may still be written has to rest for so long between two looks.
REST = timedelta(seconds=5)


def fetch(lease: Lease) -> dict[str, Any]:
    """The job: one look. What stands in the way of a file or of the source is a sentence on the sources' page."""
    inbox = Inbox.objects.filter(pk=lease.run.params["inbox"]).first()
    counts: Counter[str] = Counter()
    problems: list[str] = []
    if inbox is not None:
        lease.progress("Looking what is new")
        _take_all(inbox, lease, counts, problems)
    result = {**{name: counts[name] for name in ("taken", "known", "waiting")}, "problem": " ".join(problems)}
    with transaction.atomic():
        lease.guard()
        if inbox is not None:
            Inbox.objects.filter(pk=inbox.pk).update(checked_at=timezone.now(), problem=result["problem"])
        lease.complete(result)
    return result


def _take_all(inbox: Inbox, lease: Lease, counts: Counter[str], problems: list[str]) -> None:
    look = import_module(PLACES[Inbox.Kind(inbox.kind)]).look
    try:
        for found in look(inbox, timezone.now()):
            try:
                counts[_take(inbox, found, lease)] += 1
            except SourceProblem as problem:
                problems.append(str(problem))
                InboxFile.objects.filter(inbox=inbox, name=found.name, taken_at=None).update(problem=str(problem))
            finally:
                found.close()
    except SourceProblem as problem:
        problems.append(str(problem))


def _take(inbox: Inbox, found: Found, lease: Lease) -> str:
    """What became of one file: taken, known (its bytes were), waiting (for a second look), or seen before."""
    if found.version:
        state = _state(inbox, found)
        if state == "seen":
            found.on_taken()  # an earlier look may have ended before it did this
        if state != "new":
            return state
    upload, is_new = _store(inbox, found, lease)
    _note(inbox, found, upload, is_new=is_new)
    found.on_taken()
    return "taken" if is_new else "known"


def _state(inbox: Inbox, found: Found) -> str:
    """Whether this version of the file is new, or was seen (taken) before, or waits for a second look."""
    now = timezone.now()
    row, is_first = InboxFile.objects.get_or_create(
        inbox=inbox, name=found.name, version=found.version, defaults={"seen_at": now, "size": found.size or 0}
    )
    if row.taken_at is not None:
        return "seen"
    if is_first:  # what it was while it was being written is of no interest any more
        InboxFile.objects.filter(inbox=inbox, name=found.name, taken_at=None).exclude(pk=row.pk).delete()
    return "waiting" if not found.is_whole and (is_first or row.seen_at > now - REST) else "new"


def _store(inbox: Inbox, found: Found, lease: Lease) -> tuple[Upload, bool]:
    if sentence := room_problem(found.size or 0):
        raise SourceProblem(f"{found.file_name} waits: {sentence}")
    try:
        with found.open() as pieces:
            watched = _watched(pieces, lease, found)
            return store_upload(name=found.file_name, chunks=watched, source=Upload.Source.INBOX, by=None, inbox=inbox)
    except OSError as error:
        raise SourceProblem(f"{found.file_name} can't be stored: {error.strerror or error}.") from error


def _watched(pieces: Iterator[bytes], lease: Lease, found: Found) -> Iterator[bytes]:
    """The same pieces, with progress; ends the work when it should stop."""
    done = 0
    for piece in pieces:
        done += len(piece)
        lease.progress(f"Taking {found.file_name}", done, found.size or 0)
        yield piece


def _note(inbox: Inbox, found: Found, upload: Upload, *, is_new: bool) -> None:
    """Taken, once and for all. Bytes that were known and are this source's own last ones are no news."""
    now, version = timezone.now(), found.version or f"sha256:{upload.sha256}"
    row, _ = InboxFile.objects.get_or_create(inbox=inbox, name=found.name, version=version, defaults={"seen_at": now})
    if row.taken_at is None:
        row.taken_at, row.upload, row.is_known, row.problem, row.size = now, upload, not is_new, "", upload.size
        row.save()
