"""Sources as managers set them up and look after them."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from core.models import AuditEvent, Run
from crm.models import Inbox, Upload
from crm.services import reread_upload
from crm.services.inboxes import DEFAULT_NAME, InboxError, delete_inbox, ensure_default, is_default
from tests.crm.sources import look, make_inbox, work_off
from tests.factories import CSV, do_run, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    folder = tmp_path / "exports"
    folder.mkdir()
    settings.WATCH_ROOTS = str(folder)
    return folder


@pytest.fixture
def manager(client: Client) -> Client:
    client.force_login(make_user("manager"))
    return client


def answers(folder: object, **changed: Any) -> dict[str, Any]:
    given = {"name": "Till", "kind": "folder", "location": str(folder), "policy": "import", "every_minutes": 15}
    return {**given, "is_enabled": "on", **changed}


def test_a_source_is_set_up(manager: Client, folder: Path) -> None:
    answer = manager.post("/uploads/sources/", answers(folder, is_moved="on"))
    inbox = Inbox.objects.get()
    assert answer["Location"] == f"/uploads/sources/{inbox.pk}/"
    assert (inbox.location, inbox.is_moved, inbox.is_enabled, inbox.every_minutes) == (str(folder), True, True, 15)
    event = AuditEvent.objects.latest("sequence")
    assert (event.action, event.facts["kind"]) == ("source.saved", "folder")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"location": "/etc"}, "This folder is not open to sources."),
        ({"kind": "pull", "location": "http://shop.example/a"}, "begins with https://"),
        ({"kind": "pull", "location": "https://me:secret@shop.example/a"}, "Leave name and password out"),
        ({"kind": "s3", "location": "s3://shop/exports"}, "INSIDERS_SOURCE_BUCKETS"),
        ({"name": "Taken"}, "There is already a source of this name."),
        ({"every_minutes": 0}, "greater than or equal to 1"),
    ],
)
def test_what_can_not_be_is_said(manager: Client, folder: Path, changed: dict[str, Any], sentence: str) -> None:
    make_inbox(folder, name="Taken")
    answer = manager.post("/uploads/sources/", answers(folder, **changed))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert Inbox.objects.count() == 1


def test_a_token_is_known_by_name_and_never_shown(manager: Client, settings: Any) -> None:
    settings.PULL_TOKENS = {"shop": "very-secret"}
    place = {"kind": "pull", "location": "https://shop.example/a.csv", "token_name": "shop"}
    manager.post("/uploads/sources/", answers("", **place))
    inbox = Inbox.objects.get()
    assert inbox.token_name == "shop"
    pages = [
        manager.get(address).content.decode() for address in ("/uploads/sources/", f"/uploads/sources/{inbox.pk}/")
    ]
    assert not [page for page in pages if "very-secret" in page]
    assert manager.post("/uploads/sources/", answers("", **place, name="b")).status_code == 302
    assert manager.post("/uploads/sources/", answers("", **{**place, "token_name": "SECRET_KEY"})).status_code == 422


def test_a_source_is_changed_and_removed_and_its_files_stay(manager: Client, folder: Path) -> None:
    inbox = make_inbox(folder)
    (folder / "orders.csv").write_text(CSV)
    (folder / "orders.csv.done").touch()
    look(inbox)
    manager.post(f"/uploads/sources/{inbox.pk}/", answers(folder, name="Renamed", is_enabled=""))
    inbox.refresh_from_db()
    assert (inbox.name, inbox.is_enabled) == ("Renamed", False)
    manager.post(f"/uploads/sources/{inbox.pk}/delete/")
    assert not Inbox.objects.exists()
    assert Upload.objects.get().inbox is None


def test_the_page_shows_what_came_and_what_is_wrong(manager: Client, folder: Path) -> None:
    inbox = make_inbox(folder)
    (folder / "orders.csv").write_text(CSV)
    look(inbox)
    assert "Waits until it rests" in manager.get(f"/uploads/sources/{inbox.pk}/").content.decode()
    (folder / "orders.csv.done").touch()
    look(inbox)
    assert "Received" in manager.get(f"/uploads/sources/{inbox.pk}/").content.decode()
    folder.rename(folder.with_name("gone"))
    look(inbox)
    assert "There is no such folder on the server." in manager.get(f"/uploads/sources/{inbox.pk}/").content.decode()
    assert "could not be read in full" in manager.get("/").content.decode()


def test_look_now_asks_once(manager: Client, folder: Path) -> None:
    inbox = make_inbox(folder)
    for _ in range(2):
        manager.post(f"/uploads/sources/{inbox.pk}/check/")
    run = Run.objects.get(kind="crm.fetch")
    do_run(run)
    assert run.state == Run.State.SUCCEEDED


def test_the_settings_source_can_be_renamed_and_not_removed(folder: Path, settings: Any) -> None:
    settings.WATCH_FOLDER = str(folder)
    ensure_default()
    inbox = Inbox.objects.get(name=DEFAULT_NAME)
    Inbox.objects.update(name="Our till")
    ensure_default()
    assert Inbox.objects.count() == 1
    assert is_default(inbox)
    with pytest.raises(InboxError, match="switch it off"):
        delete_inbox(inbox=inbox, by=make_user("manager"))
    settings.WATCH_FOLDER = str(folder.parent)
    ensure_default()
    assert Inbox.objects.count() == 2


def test_a_marketer_manages_no_sources(client: Client) -> None:
    client.force_login(make_user("marketer"))
    assert client.get("/uploads/sources/").status_code == 403
    assert "/uploads/sources/" not in client.get("/uploads/").content.decode()


def test_a_file_that_somebody_reads_anew_is_theirs(folder: Path) -> None:
    """From then on a person goes on with it; nothing is imported over their head."""
    inbox = make_inbox(folder)
    (folder / "orders.csv").write_text(CSV)
    (folder / "orders.csv.done").touch()
    look(inbox)
    reread_upload(upload=Upload.objects.get(), options={"delimiter": ","}, by=make_user())
    work_off()
    assert Upload.objects.get().state == "sniffed"
