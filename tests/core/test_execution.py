"""Doing a run in a child process: what is left when the process beside it has to stop."""

import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings

from core import execution
from core.kinds import KINDS
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


BUSY = "import resource; resource.setrlimit(resource.RLIMIT_CPU, (1, 3))\nwhile True: pass"


def test_a_child_that_uses_up_its_processor_time_is_refused_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    class BusyChild(subprocess.Popen[bytes]):
        def __init__(self, command: list[str], **options: Any) -> None:
            super().__init__([sys.executable, "-c", BUSY], stdin=subprocess.PIPE)

    monkeypatch.setattr("core.execution.subprocess.Popen", BusyChild)
    run = execution.execute(make_run("crm.sniff").pk)
    assert (run.state, run.error_code) == (Run.State.FAILED, "too_long")
    assert "Split the file" in run.error


def test_a_child_that_uses_up_its_time_by_the_clock_is_ended_and_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    children: list[SleepyChild] = []

    def start(command: list[str], **options: Any) -> SleepyChild:
        children.append(SleepyChild(command))
        return children[-1]

    monkeypatch.setattr("core.execution.subprocess.Popen", start)
    monkeypatch.setattr(KINDS["crm.sniff"], "wall_seconds", 0.5)
    run = execution.execute(make_run("crm.sniff").pk)
    assert (run.state, run.error_code) == (Run.State.FAILED, "too_long")
    assert children[0].returncode is not None


def test_kinds_that_open_outside_files_have_limits() -> None:
    for name in ("crm.sniff", "crm.ingest"):
        kind = KINDS[name]
        assert min(kind.memory_mb, kind.cpu_seconds, kind.wall_seconds) > 0


def test_the_limits_of_a_kind_reach_the_child() -> None:
    """In a process of its own: a limit cannot be taken back."""
    code = (
        "import resource; from core.child import _limit; from core.kinds import Kind\n"
        "_limit(Kind('k', job='', label='', capability='view', memory_mb=4096, cpu_seconds=77))\n"
        "print(resource.getrlimit(resource.RLIMIT_CPU)[0], resource.getrlimit(resource.RLIMIT_DATA)[0])"
    )
    answer = subprocess.run([sys.executable, "-c", code], cwd=settings.BASE_DIR, capture_output=True, check=True)
    assert answer.stdout.split() == [b"77", b"4294967296"]
