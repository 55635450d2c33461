"""Doing a run in a child process: what is left when the process beside it has to stop."""

import subprocess
from typing import Any

import pytest

from core import execution
from core.models import Run
from core.runs import acquire
from tests.factories import make_run

pytestmark = pytest.mark.django_db


class SleepyChild(subprocess.Popen[bytes]):
    """A child that would never end by itself."""

    def __init__(self, command: list[str], **options: Any) -> None:
        super().__init__(["sleep", "60"], stdin=subprocess.PIPE)


def test_a_shutdown_ends_the_child_and_hands_the_run_back_uncounted(monkeypatch: pytest.MonkeyPatch) -> None:
    children: list[SleepyChild] = []

    def start(command: list[str], **options: Any) -> SleepyChild:
        children.append(SleepyChild(command))
        return children[-1]

    def interrupt(_: Run) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("core.execution.subprocess.Popen", start)
    run = make_run()
    with pytest.raises(KeyboardInterrupt):
        execution.execute(run.pk, on_progress=interrupt)
    run.refresh_from_db()
    assert (run.state, run.attempts, run.lease_owner) == (Run.State.PENDING, 0, "")
    assert children[0].returncode is not None
    assert acquire(run.pk, owner="next") is not None


def test_a_child_that_is_killed_counts_as_an_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(command: list[str], **options: Any) -> "subprocess.Popen[bytes]":
        child = SleepyChild(command)
        child.kill()
        return child

    monkeypatch.setattr("core.execution.subprocess.Popen", start)
    run = execution.execute(make_run().pk)
    assert (run.state, run.attempts, run.error_code) == (Run.State.PENDING, 1, "child_lost")
