"""Files in pieces: what was acknowledged stays, whatever breaks; and nothing else counts."""

import hashlib
import io
from typing import Any

import pytest
from django.utils import timezone

from crm.ledger import storage
from crm.models import PartialUpload, Upload
from crm.services import UploadError, partial_uploads, running_hash
from crm.services.appending import TURN, bytes_path, turn_at
from crm.services.partial_uploads import finish_upload, receive
from tests.crm.tus import DATA, broken_after, make_partial

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("error", [OSError, None])
def test_what_came_before_a_connection_broke_is_kept(error: type[OSError] | None) -> None:
    partial = make_partial()
    receive(partial=partial, offset=0, length=len(DATA), read=broken_after(DATA[:700], error), checksum=None)
    partial.refresh_from_db()
    assert (partial.received, partial.writer) == (700, "")
    rest = io.BytesIO(DATA[700:])
    receive(partial=partial, offset=700, length=len(DATA) - 700, read=rest.read, checksum=None)
    assert finish_upload(partial=partial).upload == Upload.objects.get(sha256=hashlib.sha256(DATA).hexdigest())


def test_bytes_that_were_never_acknowledged_are_cut_off() -> None:
    partial = make_partial(DATA[:500])
    with bytes_path(partial).open("ab") as stream:
        stream.write(b"half a piece of a writer that was killed" * 1000)
    receive(partial=partial, offset=500, length=len(DATA) - 500, read=io.BytesIO(DATA[500:]).read, checksum=None)
    assert bytes_path(partial).read_bytes() == DATA


def test_a_process_that_never_saw_the_file_hashes_it_from_the_disk() -> None:
    partial = make_partial(DATA[:-10])
    running_hash.forget(partial.pk)
    receive(partial=partial, offset=len(DATA) - 10, length=10, read=io.BytesIO(DATA[-10:]).read, checksum=None)
    finish_upload(partial=partial)
    assert Upload.objects.get().sha256 == hashlib.sha256(DATA).hexdigest()


def test_a_state_that_is_ahead_of_the_row_is_not_trusted() -> None:
    """Another process was here, and the row was set back: what is hashed are the bytes that count."""
    partial = make_partial(DATA)
    running_hash.keep_up(partial.pk, bytes_path(partial), len(DATA))
    assert running_hash.keep_up(partial.pk, bytes_path(partial), 500) == hashlib.sha256(DATA[:500]).hexdigest()


def test_a_writer_that_hangs_is_replaced_and_writes_nothing_any_more() -> None:
    partial = make_partial()
    hanging = PartialUpload.objects.get()
    with turn_at(hanging, 0) as turn:
        turn.append(b"z" * 100)
        PartialUpload.objects.update(writer_until=timezone.now() - TURN)
        receive(partial=partial, offset=0, length=len(DATA), read=io.BytesIO(DATA).read, checksum=None)
        with pytest.raises(UploadError) as raised:
            turn.append(b"z" * 100)
        with pytest.raises(UploadError):
            turn.record()
    assert raised.value.code == "locked"
    assert bytes_path(partial).read_bytes() == DATA


def test_a_server_that_ended_between_the_move_and_the_row_goes_on_from_there(monkeypatch: pytest.MonkeyPatch) -> None:
    partial = make_partial(DATA)

    def power_cut(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("crm.services.storing.request_sniff", power_cut)
        with pytest.raises(KeyboardInterrupt):
            finish_upload(partial=partial)
    assert not bytes_path(partial).exists()
    assert not Upload.objects.exists()
    partial = PartialUpload.objects.get()
    upload = finish_upload(partial=partial).upload
    assert upload is not None
    assert upload.sha256 == hashlib.sha256(DATA).hexdigest()
    assert [file.name for file in storage.listing("uploads")] == [upload.storage_name]


def test_what_is_promised_to_others_counts_as_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    make_partial(size=4_000_000_000)
    monkeypatch.setattr(partial_uploads, "RESERVE_BYTES", 0)
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 5_000_000_000})())
    with pytest.raises(UploadError, match="room for 5,000 MB more, and this needs 6,000 MB"):
        make_partial(size=2_000_000_000)
