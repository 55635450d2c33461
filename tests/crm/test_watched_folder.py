"""A watched folder: each whole file once, never through a link, never half-written."""

import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from core.models import Run, ScheduleEntry
from core.services.schedule import start_due_slots
from crm.jobs import fetch
from crm.models import Inbox, InboxFile, Upload
from crm.services.inboxes import DEFAULT_NAME, request_fetch
from crm.sources import SourceProblem, check_location
from crm.sources.folder import look as look_into
from tests.crm.sources import look, make_inbox, work_off
from tests.crm.test_upload_list import ASKED
from tests.factories import CSV

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An allowed folder, outside our own; files rest as soon as they were seen."""
    folder = tmp_path / "exports"
    folder.mkdir()
    settings.WATCH_ROOTS = str(folder)
    monkeypatch.setattr(fetch, "REST", timedelta(0))
    return folder


def put(folder: Path, name: str = "orders.csv", text: str = CSV) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_a_new_file_is_imported_without_anybody_at_the_second_look(folder: Path) -> None:
    inbox = make_inbox(folder)
    path = put(folder)
    assert look(inbox) == {"taken": 0, "known": 0, "waiting": 1, "problem": ""}
    assert look(inbox)["taken"] == 1
    work_off()
    upload = Upload.objects.get()
    assert (upload.state, upload.accepted, upload.file_name) == ("published", 2, "orders.csv")
    assert (upload.source, upload.inbox, upload.uploaded_by) == ("inbox", inbox, None)
    assert path.exists()


def test_a_file_is_taken_once(folder: Path) -> None:
    inbox = make_inbox(folder)
    put(folder)
    for _ in range(4):
        look(inbox)
    assert Upload.objects.count() == InboxFile.objects.count() == 1


def test_a_file_that_grows_waits_until_it_rests(folder: Path) -> None:
    inbox = make_inbox(folder)
    path = put(folder)
    look(inbox)
    with path.open("a") as stream:
        stream.write("A3,2025-01-04,cid,cup,1,4.50\n")
    assert look(inbox)["waiting"] == 1
    assert not Upload.objects.exists()
    assert look(inbox)["taken"] == 1
    assert Upload.objects.get().size == path.stat().st_size
    assert InboxFile.objects.count() == 1


def test_two_looks_right_after_one_another_are_not_two_looks(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "REST", timedelta(seconds=5))
    inbox = make_inbox(folder)
    put(folder)
    assert [look(inbox)["waiting"], look(inbox)["waiting"]] == [1, 1]


def test_a_mark_says_that_a_file_is_whole(folder: Path) -> None:
    put(folder)
    put(folder, "orders.csv.done", "")
    assert look(make_inbox(folder))["taken"] == 1


@pytest.mark.parametrize("name", [".orders.csv", "orders.csv.tmp", "orders.csv.part", "orders.crdownload", "~x.csv"])
def test_what_programs_call_unfinished_is_left_alone(folder: Path, name: str) -> None:
    put(folder, name)
    assert look(make_inbox(folder)) == {"taken": 0, "known": 0, "waiting": 0, "problem": ""}


def test_a_file_that_is_written_to_while_it_is_read_is_not_taken(folder: Path) -> None:
    path = put(folder, text=CSV * 100)
    found = next(look_into(make_inbox(folder), timezone.now()))

    def read() -> None:
        with found.open() as pieces:
            next(pieces)
            with path.open("a") as stream:
                stream.write("more\n")
            list(pieces)

    with pytest.raises(SourceProblem, match="was written to while it was read"):
        read()


def test_the_same_bytes_under_another_name_add_nothing(folder: Path) -> None:
    inbox = make_inbox(folder)
    put(folder), put(folder, "copy.csv")
    look(inbox)
    assert look(inbox) == {"taken": 1, "known": 1, "waiting": 0, "problem": ""}
    assert Upload.objects.count() == 1


def test_what_has_to_be_asked_waits_and_today_says_so(folder: Path, client: Any) -> None:
    from tests.factories import make_user

    inbox = make_inbox(folder)
    put(folder, "asked.csv", ASKED)
    look(inbox), look(inbox)
    work_off()
    assert Upload.objects.get().state == "mapping"
    client.force_login(make_user())
    assert "1 file waits for your decision" in client.get("/").content.decode()


def test_a_source_that_asks_imports_nothing_by_itself(folder: Path) -> None:
    inbox = make_inbox(folder, policy="ask")
    put(folder)
    look(inbox), look(inbox)
    work_off()
    assert Upload.objects.get().state == "sniffed"


def test_taken_files_are_moved_where_that_is_wanted(folder: Path) -> None:
    inbox = make_inbox(folder, is_moved=True)
    for text in (CSV, CSV.replace("A1", "B1")):
        put(folder, text=text)
        look(inbox), look(inbox)
    assert sorted(path.name for path in (folder / "done").iterdir()) == ["orders-2.csv", "orders.csv"]
    assert not (folder / "orders.csv").exists()
    assert Upload.objects.count() == 2


def test_links_lead_nowhere(folder: Path, tmp_path: Path) -> None:
    secret = put(tmp_path, "secret.csv")
    (folder / "link.csv").symlink_to(secret)
    os.mkfifo(folder / "pipe.csv")
    (folder / "sub").mkdir()
    assert look(make_inbox(folder)) == {"taken": 0, "known": 0, "waiting": 0, "problem": ""}


def test_a_link_that_takes_the_files_place_is_not_followed(folder: Path, tmp_path: Path) -> None:
    path = put(folder)
    found = next(look_into(make_inbox(folder), timezone.now()))
    path.unlink()
    path.symlink_to(put(tmp_path, "secret.csv"))
    with pytest.raises(SourceProblem), found.open() as pieces:
        list(pieces)


@pytest.mark.parametrize("place", ["/etc", "relative", "{root}/..", "{root}/out", "{root}/missing", "{storage}"])
def test_only_allowed_folders_are_watched(folder: Path, tmp_path: Path, settings: Any, place: str) -> None:
    (folder / "out").symlink_to("/etc")
    storage = tmp_path / "storage"
    storage.mkdir(exist_ok=True)
    settings.WATCH_ROOTS = f"{folder},{storage}"
    location = place.format(root=folder, storage=storage)
    with pytest.raises(SourceProblem):
        check_location("folder", location)
    inbox = make_inbox(location)
    assert look(inbox)["problem"]
    assert inbox.problem
    assert not Upload.objects.exists()


def test_without_an_allowed_folder_there_is_none(settings: Any) -> None:
    settings.WATCH_ROOTS = settings.WATCH_FOLDER = ""
    with pytest.raises(SourceProblem, match="INSIDERS_WATCH_ROOTS"):
        check_location("folder", "/srv")


def test_a_full_disk_is_a_sentence_and_the_file_waits(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox = make_inbox(folder)
    put(folder)
    look(inbox)
    with monkeypatch.context() as patch:
        patch.setattr("crm.services.partial_uploads.RESERVE_BYTES", 10**18)
        assert "orders.csv waits: The server's disk has room for 0 MB more" in look(inbox)["problem"]
    assert InboxFile.objects.get().problem
    assert look(inbox) == {"taken": 1, "known": 0, "waiting": 0, "problem": ""}
    assert (inbox.problem, InboxFile.objects.get().problem) == ("", "")


def test_the_settings_folder_is_a_source_by_itself(folder: Path, settings: Any) -> None:
    settings.WATCH_FOLDER, settings.WATCH_ROOTS = str(folder), ""
    run = request_fetch()
    assert run is not None
    inbox = Inbox.objects.get()
    assert (inbox.name, inbox.location, inbox.every_minutes) == (DEFAULT_NAME, str(folder), 1)
    assert run.params == {"inbox": inbox.pk}


def test_the_schedule_looks_at_what_is_due_and_only_that(folder: Path) -> None:
    ScheduleEntry.objects.exclude(kind="crm.fetch").delete()
    due = make_inbox(folder, checked_at=timezone.now() - timedelta(minutes=20))
    make_inbox(folder, checked_at=timezone.now() - timedelta(minutes=2))
    make_inbox(folder, is_enabled=False)
    assert ScheduleEntry.objects.get().every_minutes == 1
    start_due_slots(now=timezone.now())
    assert [run.params["inbox"] for run in Run.objects.filter(kind="crm.fetch")] == [due.pk]


def test_a_large_file_is_never_held_in_memory(folder: Path) -> None:
    path = folder / "large.csv"
    with path.open("wb") as stream:
        stream.truncate(300_000_000)
    found = next(look_into(make_inbox(folder), timezone.now()))
    with found.open() as pieces:
        assert max(len(piece) for piece in pieces) <= 1024 * 1024


def test_a_look_at_a_thousand_known_files_is_quick(folder: Path) -> None:
    inbox, now = make_inbox(folder), timezone.now()
    paths = [put(folder, f"day-{number}.csv") for number in range(1000)]
    InboxFile.objects.bulk_create(
        InboxFile(
            inbox=inbox,
            name=path.name,
            version=f"{path.stat().st_size}:{path.stat().st_mtime_ns}",
            seen_at=now,
            taken_at=now,
        )
        for path in paths
    )
    begun = time.monotonic()
    assert look(inbox)["taken"] == 0
    assert time.monotonic() - begun < 10


def test_the_deployment_check_knows_the_new_schedule() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
