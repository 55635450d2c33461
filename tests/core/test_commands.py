"""Every command prints one JSON object, or a failure that a script can read."""

import json
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client

from core.commands import CommandFailure, JsonCommand
from core.models import ApiToken, Run, User
from core.runs import JobRefused
from tests.factories import make_run, make_user

pytestmark = pytest.mark.django_db


def printed(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_create_user_prints_a_password_that_signs_in(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("create_user", "ann", role="analyst", as_json=True)
    result = printed(capsys)
    assert result["user"] == "ann"
    assert result["role"] == "analyst"
    assert client.login(username="ann", password=result["password"])


def test_create_user_refuses_a_name_that_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    make_user(username="Ann")
    with pytest.raises(CommandError) as error:
        call_command("create_user", "ann", role="analyst", as_json=True)
    assert error.value.returncode == 1
    failure = printed(capsys)
    assert failure["state"] == "failed"
    assert failure["error"]["code"] == "account"
    assert failure["error"]["uncertain"] is None
    assert User.objects.count() == 1


def test_create_user_refuses_a_name_that_django_does(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CommandError):
        call_command("create_user", "no spaces", role="analyst", as_json=True)
    assert printed(capsys)["error"]["code"] == "invalid"


def test_create_token_prints_a_key_that_only_reads(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    make_user(username="ann")
    run = make_run()
    call_command("create_token", "ann", as_json=True)
    key = printed(capsys)["token"]
    assert client.get(f"/api/v1/runs/{run.pk}/", headers={"Authorization": f"Token {key}"}).status_code == 200
    assert not ApiToken.objects.filter(digest__contains=key).exists()


def test_create_token_for_nobody_fails(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CommandError):
        call_command("create_token", "nobody", as_json=True)
    assert printed(capsys)["error"]["code"] == "unknown_user"


class Broken(JsonCommand):
    error: Exception

    def perform(self, **options: Any) -> dict[str, Any]:
        raise self.error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CommandFailure("odd", "It is odd."), "odd"),
        (JobRefused("mapping", "Columns are missing.", uncertain=["ordered_at"]), "mapping"),
        (FileNotFoundError(2, "No such file or directory", "a.csv"), "file"),
        (RuntimeError("boom"), "unexpected"),
    ],
)
def test_every_failure_is_one_object(error: Exception, code: str, capsys: pytest.CaptureFixture[str]) -> None:
    command = Broken()
    command.error = error
    with pytest.raises(CommandError):
        call_command(command, as_json=True)
    failure = printed(capsys)
    assert failure["state"] == "failed"
    assert failure["error"]["code"] == code
    assert failure["error"]["message"].endswith(".")


def test_finish_turns_a_run_that_gave_up_into_a_failure() -> None:
    run = make_run(state=Run.State.DEAD, error_code="child_lost", error="The work broke off.")
    with pytest.raises(CommandFailure, match="broke off") as failure:
        JsonCommand().finish(run)
    assert failure.value.code == "child_lost"


def test_finish_hands_on_what_a_refusal_was_uncertain_about() -> None:
    run = make_run(state=Run.State.FAILED, error_code="mapping", error="No.", result={"uncertain": ["amount"]})
    with pytest.raises(CommandFailure) as failure:
        JsonCommand().finish(run)
    assert failure.value.uncertain == ["amount"]


def test_words_that_a_command_does_not_know_end_in_one_object_too() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "refresh", "--as-of", "yesterday", "--json"],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["code"] == "arguments"


@pytest.mark.parametrize(
    ("stage", "done", "total", "expected"),
    [
        ("Reading the text", 4_194_304, 45_580_670, "Reading the text 9 %"),
        ("Reading and checking the lines", 80_000, 100_000, "Reading and checking the lines 80,000 / 100,000 lines"),
        ("Publishing", 0, 0, "Publishing"),
    ],
)
def test_progress_says_what_it_counts(
    capsys: pytest.CaptureFixture[str], stage: str, done: int, total: int, expected: str
) -> None:
    JsonCommand()._show_progress(Run(kind="crm.ingest", stage=stage, progress_done=done, progress_total=total))
    assert capsys.readouterr().err.strip().endswith(f": {expected}")
