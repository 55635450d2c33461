"""Damage to any stored file is found and named, wherever the files stand; what is whole is never accused."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from core.models import Run
from crm.ledger import storage
from crm.ledger.verifying import claims, verify
from crm.models import CatalogueEntry, LedgerFile, Upload
from crm.services import request_verify
from segmentation.models import Snapshot
from tests.factories import CSV, do_run, imported, make_snapshot, make_upload, make_upload_with_rejected, make_user
from tests.s3 import S3Server

pytestmark = pytest.mark.django_db
OVERLAP = CSV + "A2,2025-01-03,bob,cup,1,4.50\nA9,2025-01-05,bob,mug,1,2\n"


@pytest.fixture(autouse=True, params=["folder", "bucket"])
def place(request: pytest.FixtureRequest) -> str:
    if request.param == "bucket":
        request.getfixturevalue("s3_bucket")
    return str(request.param)


@pytest.fixture
def overwrite(place: str, s3_server: S3Server, settings: Any) -> Callable[[str, bytes | None], None]:
    """Do to a stored file what a disk or a clumsy hand may do; None takes it away."""

    def put(name: str, content: bytes | None) -> None:
        if place == "folder":
            path = storage.storage_path(name)
            path.unlink() if content is None else path.write_bytes(content)
            return
        away = settings.STORAGE_BUCKET.url.removeprefix("s3://").split("/")[0]
        where = {"Bucket": away, "Key": f"shop/{name}"}
        client = s3_server.client()
        client.delete_object(**where) if content is None else client.put_object(**where, Body=content)

    return put


def bytes_of(name: str) -> bytes:
    with storage.local_copy(name) as path:
        return path.read_bytes()


def flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def everything() -> dict[str, str]:
    """A stored file of each sort, by sort."""
    with_rejected = make_upload_with_rejected()
    imported(make_upload(OVERLAP))
    make_snapshot(12)
    return {
        "ledger": LedgerFile.objects.filter(upload=with_rejected).get().path,
        "shadow": CatalogueEntry.objects.exclude(shadow_path="").values_list("shadow_path", flat=True)[0],
        "upload": with_rejected.storage_name,
        "rejected": with_rejected.rejected_path,
        "snapshot": Snapshot.objects.get().path,
    }


def test_whole_files_are_all_read_and_none_is_accused() -> None:
    names = everything()
    result = verify()
    assert result["state"] == "ok"
    assert result["damaged"] == []
    assert set(names.values()) <= {claim.path for claim in claims()}
    # A digest stands for each of them, so that nothing is merely looked at.
    assert [claim.path for claim in claims() if not claim.sha256] == []
    assert result["bytes"] == sum(len(bytes_of(claim.path)) for claim in claims())


def test_each_sort_of_damage_to_each_sort_of_file_is_named(overwrite: Callable[[str, bytes | None], None]) -> None:
    for sort, name in everything().items():
        whole = bytes_of(name)
        for content, state in ((flipped(whole), "damaged"), (whole[:-9], "damaged"), (None, "missing")):
            overwrite(name, content)
            (damage,) = verify()["damaged"]
            assert (damage["path"], damage["state"]) == (name, state), sort
            assert damage["sentence"].count(name) == 1
        overwrite(name, whole)
    assert verify()["damaged"] == []


def test_damage_names_the_upload_and_what_to_do(overwrite: Callable[[str, bytes | None], None]) -> None:
    upload = imported(make_upload())
    overwrite(LedgerFile.objects.get().path, b"PAR1")
    (damage,) = verify()["damaged"]
    assert (damage["upload"], damage["file_name"]) == (upload.pk, upload.file_name)
    assert f"upload {upload.pk} ({upload.file_name})" in damage["sentence"]
    assert "has 4 instead of" in damage["sentence"]
    assert "Restore the file from a backup. Or: Open the upload, take it back and import it again" in damage["sentence"]


def test_a_file_without_a_noted_digest_has_to_be_readable(overwrite: Callable[[str, bytes | None], None]) -> None:
    upload = make_upload_with_rejected()
    whole = bytes_of(upload.rejected_path)
    Upload.objects.filter(pk=upload.pk).update(rejected_path="rejected/old.parquet")
    storage.write_atomically("rejected/old.parquet", lambda target: target.write_bytes(whole))
    assert verify()["damaged"] == []
    overwrite("rejected/old.parquet", whole[: len(whole) // 2])
    storage.drop_damaged_copy("rejected/old.parquet", "")
    assert [damage["path"] for damage in verify()["damaged"]] == ["rejected/old.parquet"]


def test_what_is_deleted_while_the_check_reads_is_not_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    imported(make_upload())
    stray = make_upload(CSV + "Z1,2025-02-01,eve,cup,1,1\n")

    def delete_meanwhile(done: int, total: int) -> None:
        if done == 0:
            storage.delete(stray.storage_name)
            Upload.objects.filter(pk=stray.pk).delete()

    assert verify(delete_meanwhile)["damaged"] == []


def test_a_damaged_local_copy_of_a_whole_file_is_removed(place: str) -> None:
    imported(make_upload())
    name = LedgerFile.objects.get().path
    if place == "folder":
        assert not storage.drop_damaged_copy(name, "not its digest")
        return
    copy = storage.storage_path(f"cache/{name}")
    copy.write_bytes(flipped(copy.read_bytes()))
    result = verify()
    assert (result["state"], result["copies_repaired"]) == ("ok", [name])
    assert not copy.exists()


def run_command(*words: str) -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command("verify_ledger", *words, stdout=out)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_the_command_ends_with_1_when_a_file_is_damaged(overwrite: Callable[[str, bytes | None], None]) -> None:
    upload = imported(make_upload())
    code, text = run_command()
    assert code == 0
    assert text.startswith("2 files,")
    assert "All as they were written." in text
    overwrite(upload.storage_name, None)
    code, text = run_command("--json")
    assert code == 1
    assert [damage["path"] for damage in json.loads(text)["damaged"]] == [upload.storage_name]
    assert f"{upload.storage_name} is missing. Restore the file from a backup." in run_command()[1]


def test_today_shows_what_the_weekly_check_found_until_it_is_mended(
    client: Client, overwrite: Callable[[str, bytes | None], None]
) -> None:
    upload = imported(make_upload())
    whole = bytes_of(upload.storage_name)
    client.force_login(make_user("marketer"))
    overwrite(upload.storage_name, flipped(whole))
    assert do_run(request_verify()).state == Run.State.SUCCEEDED
    page = client.get(reverse("core:today")).content.decode()
    assert "One stored file is damaged or missing" in page
    assert f"upload {upload.pk} ({upload.file_name})" in page
    overwrite(upload.storage_name, whole)
    do_run(request_verify())
    assert "is damaged" not in client.get(reverse("core:today")).content.decode()
