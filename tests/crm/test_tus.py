"""Files in pieces, spoken as tus 1.0 with a browser's session or a script's token."""

import base64
import errno
import hashlib
import io
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from core.models import AuditEvent, Run
from crm.ledger import storage
from crm.models import PartialUpload, Upload
from crm.services import partial_uploads, store_upload
from crm.services.appending import bytes_path, turn_at
from crm.services.partial_uploads import discard_partial, expire_partials, receive
from tests.crm.tus import DATA, Tus, make_partial
from tests.factories import make_token

pytestmark = pytest.mark.django_db


@pytest.fixture
def tus() -> Tus:
    return Tus()


def test_what_the_server_can_do(tus: Tus) -> None:
    answer = tus.client.options("/api/v1/uploads/incoming/")
    assert answer.status_code == 204
    assert answer["Tus-Version"] == "1.0.0"
    assert answer["Tus-Extension"] == "creation,termination,expiration,checksum"
    assert answer["Tus-Max-Size"] == "5000000000"


def test_a_file_in_three_pieces_becomes_an_upload_of_exactly_these_bytes(tus: Tus) -> None:
    address = tus.begin()
    for start in range(0, len(DATA), 1000):
        answer = tus.send(address, start, DATA[start : start + 1000])
        assert answer.status_code == 204
        assert int(answer["Upload-Offset"]) == min(start + 1000, len(DATA))
    upload = Upload.objects.get()
    with storage.local_copy(upload.storage_name) as path:
        assert path.read_bytes() == DATA
    assert (upload.sha256, upload.size) == (hashlib.sha256(DATA).hexdigest(), len(DATA))
    assert (upload.file_name, upload.source, upload.uploaded_by) == ("orders.csv", "browser", tus.user)
    assert Run.objects.get().kind == "crm.sniff"
    assert not bytes_path(PartialUpload.objects.get()).exists()
    assert tus.ask("GET", address).json()["page"] == f"/uploads/{upload.pk}/"


def test_the_same_bytes_in_pieces_are_the_earlier_upload(tus: Tus) -> None:
    earlier, _ = store_upload(name="first.csv", chunks=[DATA], source="browser", by=tus.user)
    address = tus.begin()
    tus.send(address, 0, DATA)
    told = tus.ask("GET", address).json()
    assert (told["upload"], told["is_known"]) == (earlier.pk, True)
    assert told["sentence"].startswith("You uploaded this on ")
    assert told["sentence"].endswith(" as first.csv. Nothing was added.")
    assert Upload.objects.count() == 1
    assert [file.name for file in storage.listing("uploads")] == [earlier.storage_name]


def test_an_empty_file_is_complete_at_once(tus: Tus) -> None:
    assert tus.offset(tus.begin(size=0)) == 0
    assert Upload.objects.get().size == 0


@pytest.mark.parametrize("offset", [0, 499, 501])
def test_a_wrong_offset_is_refused_and_changes_nothing(tus: Tus, offset: int) -> None:
    address = tus.begin()
    tus.send(address, 0, DATA[:500])
    answer = tus.send(address, offset, DATA[offset:])
    assert answer.status_code == 409
    assert "500" in answer.json()["detail"]
    assert tus.offset(address) == 500


def test_more_bytes_than_announced_are_refused(tus: Tus) -> None:
    address = tus.begin(size=10)
    assert tus.send(address, 0, b"x" * 11).status_code == 413
    assert tus.offset(address) == 0


def test_a_second_writer_waits_for_its_turn(tus: Tus) -> None:
    address = tus.begin()
    partial = PartialUpload.objects.get()
    with turn_at(partial, 0):
        assert tus.send(address, 0, DATA).status_code == 423
    assert tus.send(address, 0, DATA).status_code == 204


@pytest.mark.parametrize("algorithm", ["sha256", "sha1", "md5"])
def test_a_checksum_decides_over_the_whole_piece(tus: Tus, algorithm: str) -> None:
    address = tus.begin()
    right = base64.b64encode(hashlib.new(algorithm, DATA[:600]).digest()).decode()
    wrong = base64.b64encode(hashlib.new(algorithm, b"other").digest()).decode()
    assert tus.send(address, 0, DATA[:600], Upload_Checksum=f"{algorithm} {wrong}").status_code == 460
    assert tus.offset(address) == 0
    assert tus.send(address, 0, DATA[:600], Upload_Checksum=f"{algorithm} {right}").status_code == 204
    assert tus.offset(address) == 600


@pytest.mark.parametrize("text", ["crc32 AAAA", "sha256", "sha256 AAAA", "sha1 ***"])
def test_a_checksum_that_can_not_be_read_is_refused(tus: Tus, text: str) -> None:
    assert tus.send(tus.begin(), 0, DATA, Upload_Checksum=text).status_code == 400


def test_a_server_that_ended_before_the_upload_was_made_makes_it_when_asked(tus: Tus) -> None:
    address = tus.begin()
    receive(partial=PartialUpload.objects.get(), offset=0, length=len(DATA), read=io.BytesIO(DATA).read, checksum=None)
    assert not Upload.objects.exists()
    assert tus.offset(address) == len(DATA)
    assert Upload.objects.get().sha256 == hashlib.sha256(DATA).hexdigest()


def test_a_file_whose_bytes_are_gone_is_asked_for_anew(tus: Tus) -> None:
    address = tus.begin()
    partial = PartialUpload.objects.get()
    receive(partial=partial, offset=0, length=len(DATA), read=io.BytesIO(DATA).read, checksum=None)
    PartialUpload.objects.update(storage_name="uploads/nowhere", sha256="0" * 64)
    bytes_path(partial).unlink()
    assert tus.ask("HEAD", address).status_code == 410
    assert tus.ask("HEAD", address).status_code == 404


def test_bytes_that_somebody_removed_are_never_filled_with_zeros(tus: Tus) -> None:
    address = tus.begin()
    tus.send(address, 0, DATA[:500])
    bytes_path(PartialUpload.objects.get()).unlink()
    assert tus.send(address, 500, DATA[500:]).status_code == 410
    assert tus.ask("HEAD", address).status_code == 404


def test_a_strangers_file_is_not_there_but_an_administrator_may_clear_it(tus: Tus) -> None:
    address = tus.begin()
    stranger = Tus()
    for method in ("HEAD", "GET", "PATCH", "DELETE"):
        assert stranger.ask(method, address, Upload_Offset=0).status_code == 404
    assert stranger.ask("GET", "/api/v1/uploads/incoming/").json() == []
    assert Tus("admin").ask("DELETE", address).status_code == 204
    assert tus.ask("HEAD", address).status_code == 404


def test_giving_up_removes_the_bytes(tus: Tus, django_capture_on_commit_callbacks: Any) -> None:
    partial = make_partial(DATA[:500])
    with django_capture_on_commit_callbacks(execute=True):
        discard_partial(partial=partial, by=tus.user)
    assert list(storage.storage_path("incoming").iterdir()) == []
    actions = AuditEvent.objects.order_by("sequence").values_list("action", flat=True)
    assert list(actions) == ["upload.begun", "upload.given_up"]


def test_what_nobody_goes_on_with_expires(tus: Tus, django_capture_on_commit_callbacks: Any) -> None:
    address = tus.begin()
    tus.send(address, 0, DATA[:500])
    fresh = make_partial(DATA[:10])
    PartialUpload.objects.exclude(pk=fresh.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert tus.send(address, 500, DATA[500:]).status_code == 404
    with django_capture_on_commit_callbacks(execute=True):
        assert expire_partials(now=timezone.now()) == 1
    assert [path.name for path in storage.storage_path("incoming").iterdir()] == [fresh.pk.hex]


def test_a_full_disk_is_said_before_the_first_byte(tus: Tus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partial_uploads, "RESERVE_BYTES", 10**18)
    answer = tus.ask("POST", "/api/v1/uploads/incoming/", Upload_Length=2_000_000)
    assert answer.status_code == 507
    assert "room for 0 MB more, and this needs 2 MB" in answer.json()["detail"]


def test_a_disk_that_fills_up_keeps_what_has_arrived(tus: Tus, monkeypatch: pytest.MonkeyPatch) -> None:
    address = tus.begin()
    tus.send(address, 0, DATA[:500])

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("crm.services.appending._write", full)
        answer = tus.send(address, 500, DATA[500:])
    assert answer.status_code == 507
    assert tus.offset(address) == 500


def test_one_person_can_not_begin_without_end(tus: Tus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partial_uploads, "MOST_UNFINISHED", 2)
    tus.begin(), tus.begin()
    assert tus.ask("POST", "/api/v1/uploads/incoming/", Upload_Length=10).status_code == 429
    Tus().begin()


def test_too_large_a_file_is_refused_before_it_travels(tus: Tus, settings: Any) -> None:
    settings.UPLOAD_MAX_MB = 1
    answer = tus.ask("POST", "/api/v1/uploads/incoming/", Upload_Length=1_000_001)
    assert answer.status_code == 413
    assert "larger than 1 MB" in answer.json()["detail"]


@pytest.mark.parametrize("length", ["", "-1", "1e6", "٣", "9" * 30])
def test_a_length_that_is_none_is_refused(tus: Tus, length: str) -> None:
    assert tus.ask("POST", "/api/v1/uploads/incoming/", Upload_Length=length).status_code == 400


def test_another_version_of_the_protocol_is_refused(tus: Tus) -> None:
    assert tus.client.head(tus.begin()).status_code == 412


def test_another_kind_of_content_is_refused(tus: Tus) -> None:
    headers = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0"}
    answer = tus.client.patch(tus.begin(), b"x", content_type="text/csv", headers=headers)
    assert answer.status_code == 415


def test_a_request_without_the_csrf_token_is_refused(tus: Tus) -> None:
    address = tus.begin()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(tus.user)
    tus.client = strict
    assert tus.send(address, 0, DATA).status_code == 403
    assert tus.ask("POST", "/api/v1/uploads/incoming/", Upload_Length=1).status_code == 403


def test_a_script_brings_a_file_with_its_token(tus: Tus) -> None:
    key = make_token(tus.user, "write")
    tus.client = Client(headers={"Authorization": f"Token {key}"}, enforce_csrf_checks=True)
    address = tus.begin()
    answer = tus.ask("POST", address, DATA, Upload_Offset=0, X_HTTP_Method_Override="PATCH")
    assert answer.status_code == 204
    assert Upload.objects.get().source == "api"


def test_names_lose_their_folders_and_what_no_terminal_takes(tus: Tus) -> None:
    tus.send(tus.begin(name="../../etc/\x1b[31mpasswd\r\n.csv"), 0, DATA)
    assert Upload.objects.get().file_name == "[31mpasswd.csv"


def test_a_piece_may_be_larger_than_what_django_keeps_in_memory(tus: Tus) -> None:
    data = b"x" * (django_settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
    assert tus.send(tus.begin(size=len(data)), 0, data).status_code == 204
    assert Upload.objects.get().size == len(data)
