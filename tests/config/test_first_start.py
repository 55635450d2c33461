"""Accounts are printed once; the demo shop comes only to an installation that never had data."""

import re
from pathlib import Path

import pytest
from django.utils import timezone

from config import first_start
from core.models import User
from crm.models import Upload

pytestmark = pytest.mark.django_db


def upload(source: str, *, was_published: bool) -> Upload:
    return Upload.objects.create(
        file_name="orders.csv",
        size=1,
        sha256=f"{source}-{was_published}".ljust(64, "0"),
        storage_name="uploads/x",
        source=source,
        received_at=timezone.now(),
        published_at=timezone.now() if was_published else None,
    )


def test_one_account_a_role_is_printed_with_a_password_that_works(capsys: pytest.CaptureFixture[str]) -> None:
    first_start.create_accounts()
    printed = dict(re.findall(r"^(marketer|analyst|manager|admin) +(\S+)", capsys.readouterr().out, re.MULTILINE))
    assert set(printed) == set(User.Role.values)
    for name, password in printed.items():
        user = User.objects.get(username=name)
        assert user.role == name
        assert user.check_password(password)
        assert password not in user.password


def test_a_second_start_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    first_start.create_accounts()
    capsys.readouterr()
    first_start.create_accounts()
    assert capsys.readouterr().out == ""


def test_an_empty_installation_wants_the_demo() -> None:
    assert first_start.is_demo_wanted()


def test_a_demo_that_was_interrupted_is_wanted_again() -> None:
    upload(Upload.Source.DEMO, was_published=False)
    assert first_start.is_demo_wanted()


@pytest.mark.parametrize("source", [Upload.Source.DEMO, Upload.Source.COMMAND])
def test_data_that_was_ever_published_needs_no_demo(source: str) -> None:
    upload(source, was_published=True)
    assert not first_start.is_demo_wanted()


def test_a_real_file_that_waits_for_its_mapping_needs_no_demo() -> None:
    upload(Upload.Source.COMMAND, was_published=False)
    assert not first_start.is_demo_wanted()


def test_a_named_file_goes_through_the_commands_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[tuple[str, ...]] = []
    monkeypatch.setattr(first_start, "call_command", lambda *words: called.append(words))
    first_start.load_data(tmp_path / "orders.csv", tmp_path)
    assert called == [("ingest", str(tmp_path / "orders.csv")), ("refresh",), ("scan",), ("review",)]
