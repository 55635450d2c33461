"""Only what was asked of an upload last counts; stopped work leaves no dead end; deleted files stay deleted."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.models import Run
from core.runs import acquire, cancel_run, retry_run
from crm import ledger
from crm.jobs import ingest as ingest_job
from crm.jobs import sniff as sniff_job
from crm.models import Upload
from crm.selectors import current_version
from crm.services import UploadError, confirm_mapping, discard_upload, reread_upload, undo_upload
from tests.factories import CSV, do_run, imported, make_upload, make_user, sniffed, undone

pytestmark = pytest.mark.django_db
SPREAD = {"delimiter": ";", "encoding": "utf-8", "header": True}


def again(upload: Upload) -> Upload:
    return Upload.objects.get(pk=upload.pk)


def latest(upload: Upload) -> Run:
    run = again(upload).latest_run
    assert run is not None
    return run


def stopped(run: Run) -> Run:
    """The run as somebody who cancels it leaves it."""
    cancel_run(run, by=make_user())
    run.refresh_from_db()
    assert run.state == Run.State.CANCELLED
    return run


def confirmed(upload: Upload) -> Run:
    found = sniffed(upload)
    assert found.sniff is not None
    return confirm_mapping(upload=found, mapping=found.sniff["proposal"], by=None)


def refused(run: Run) -> None:
    newer = do_run(retry_run(run, by=make_user()))
    assert (newer.state, newer.error_code) == (Run.State.FAILED, "superseded")
    assert newer.error.endswith(".")


def test_an_old_reading_that_is_tried_again_leaves_a_published_upload_alone() -> None:
    upload = make_upload()
    old = stopped(latest(upload))
    do_run(reread_upload(upload=upload, options={"encoding": "utf-8"}, by=None))
    imported(again(upload))
    refused(old)
    assert again(upload).state == Upload.State.PUBLISHED


def test_an_old_import_that_is_tried_again_does_not_publish_what_was_taken_back() -> None:
    upload = make_upload()
    old = stopped(confirmed(upload))
    undone(imported(upload))
    refused(old)
    assert again(upload).state == Upload.State.UNDONE
    assert current_version() is not None
    with ledger.reading(current_version()) as connection:
        assert connection.execute("SELECT count(*) FROM lines").fetchone() == (0,)


def test_an_old_undo_that_is_tried_again_does_not_take_the_new_publication_back() -> None:
    upload = imported(make_upload())
    old = stopped(undo_upload(upload=upload, by=None))
    undone(upload)
    imported(upload)
    refused(old)
    assert again(upload).state == Upload.State.PUBLISHED


@pytest.mark.parametrize("kind", ["crm.sniff", "crm.ingest", "crm.undo"])
def test_the_latest_run_that_is_tried_again_does_its_work_and_is_the_latest(kind: str) -> None:
    upload = make_upload()
    if kind == "crm.undo":
        undo_upload(upload=imported(upload), by=None)
    elif kind == "crm.ingest":
        confirmed(upload)
    newer = do_run(retry_run(stopped(latest(upload)), by=make_user()))
    assert (newer.kind, newer.state) == (kind, Run.State.SUCCEEDED)
    assert latest(upload) == newer
    ends = {"crm.sniff": "sniffed", "crm.ingest": "published", "crm.undo": "undone"}
    assert again(upload).state == ends[kind]


def test_what_is_asked_while_an_import_works_is_not_overwritten_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    upload = make_upload()
    run = confirmed(upload)
    import_file = ingest_job._import

    def interrupted(*args: Any) -> Any:
        file = import_file(*args)
        Run.objects.filter(pk=run.pk).update(state=Run.State.CANCELLED, finished_at=run.created_at)
        reread_upload(upload=upload, options={}, by=None)
        Run.objects.filter(pk=run.pk).update(state=Run.State.RUNNING, finished_at=None)
        return file

    monkeypatch.setattr(ingest_job, "_import", interrupted)
    assert do_run(run).error_code == "superseded"
    assert (again(upload).state, again(upload).accepted) == (Upload.State.STORED, 0)
    assert current_version() is None


def test_a_file_that_is_deleted_while_it_is_read_does_not_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    upload = make_upload()
    look = sniff_job._look

    def interrupted(*args: Any) -> Any:
        found = look(*args)
        Upload.objects.filter(pk=upload.pk).delete()
        return found

    monkeypatch.setattr(sniff_job, "_look", interrupted)
    assert do_run(latest(upload)).error_code == "superseded"
    assert not Upload.objects.exists()


def test_a_file_is_not_deleted_nor_read_anew_while_work_on_it_runs() -> None:
    upload = make_upload()
    assert acquire(latest(upload).pk, owner="test")
    with pytest.raises(UploadError, match="under way"):
        discard_upload(upload=upload, by=make_user())
    with pytest.raises(UploadError, match="under way"):
        reread_upload(upload=upload, options={}, by=None)
    assert Upload.objects.exists()


def test_deleting_drops_the_work_that_waits() -> None:
    upload = make_upload()
    run = latest(upload)
    discard_upload(upload=upload, by=make_user())
    run.refresh_from_db()
    assert (run.state, run.error_code) == (Run.State.CANCELLED, "superseded")


def test_a_published_file_is_not_read_anew() -> None:
    with pytest.raises(UploadError, match="take it back"):
        reread_upload(upload=imported(make_upload()), options={}, by=None)


@pytest.mark.django_db(transaction=True)
def test_deleting_a_file_leaves_the_bytes_of_the_same_file_brought_again() -> None:
    first = make_upload()
    path = ledger.storage_path(first.storage_name)
    Upload.objects.filter(pk=first.pk).update(sha256="another")
    second = make_upload()
    discard_upload(upload=again(first), by=make_user())
    assert not path.exists()
    assert ledger.storage_path(second.storage_name).read_text() == CSV


def test_the_same_bytes_again_are_kept_once() -> None:
    upload = make_upload()
    make_upload()
    assert list(ledger.storage_path("uploads").iterdir()) == [ledger.storage_path(upload.storage_name)]


def page_of(client: Client, upload: Upload) -> str:
    client.force_login(make_user("admin"))
    return client.get(reverse("crm:upload-detail", args=[upload.pk])).content.decode()


def test_a_reading_that_was_stopped_can_be_asked_for_again_or_the_file_deleted(client: Client) -> None:
    upload = make_upload()
    stopped(latest(upload))
    page = page_of(client, upload)
    assert "Read the file again" in page
    assert "stopped before it ended" in page
    assert "Delete this file" in page
    client.post(reverse("crm:upload-reread", args=[upload.pk]), {**SPREAD, "delimiter": ","})
    assert sniffed(again(upload)).state == Upload.State.SNIFFED


def test_an_import_that_was_stopped_can_be_confirmed_again_or_deleted(client: Client) -> None:
    upload = make_upload()
    stopped(confirmed(upload))
    page = page_of(client, upload)
    assert "Import and publish" in page
    assert "Delete this file" in page
    assert imported(again(upload)).state == Upload.State.PUBLISHED
    other = make_upload(CSV + "A3,2025-01-04,cid,cup,1,1\n")
    stopped(confirmed(other))
    discard_upload(upload=other, by=make_user())
    assert list(Upload.objects.all()) == [again(upload)]


def test_a_file_that_could_not_be_read_offers_another_reading(client: Client) -> None:
    upload = sniffed(make_upload("a,a\n1,2\n"))
    assert upload.state == Upload.State.FAILED
    page = page_of(client, upload)
    assert "Read the file again" in page
    assert "Import and publish" not in page
