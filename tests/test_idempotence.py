"""Every task may run twice, at once with itself, or after it was killed, and the world is the same as after one run.

The tasks and their worlds stand in `tests/idempotence_table.py`. A task that is registered with Celery and missing
there fails. Jobs run in real child processes on this test's database; kills are real.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.utils import timezone

from config.celery import app
from core.kinds import KINDS
from core.models import AuditEvent, Run
from core.services.audit import record_event, verify_chain
from tests.conftest import make_first_rows
from tests.idempotence_table import SCENARIOS, Scenario

app.loader.import_default_modules()
TASKS = sorted(name for name in app.tasks if not name.startswith("celery."))
RANDOM = random.Random()  # of kills: whichever the moments are, the outcome has to be the same

WORKER = """
import sys, django
django.setup()
from config.celery import app
app.loader.import_default_modules()
app.tasks[sys.argv[1]].run(*sys.argv[2:])
"""

Work = Callable[[list[str]], Any]


def has_job(task: str) -> bool:
    """Whether the task's job is written; the kinds are registered before."""
    if task not in KINDS:
        return True
    module = KINDS[task].job.rpartition(".")[0].replace(".", "/")
    return (settings.BASE_DIR / f"{module}.py").exists() or (settings.BASE_DIR / module).is_dir()


def test_every_task_is_in_the_table() -> None:
    missing = [task for task in TASKS if task not in SCENARIOS and has_job(task)]
    assert not missing, f"{', '.join(missing)}: add a Scenario to tests/idempotence_table.py"
    assert not set(SCENARIOS) - set(TASKS), "a scenario of a task that is not registered"


class Worlds:
    """Makes the same world again and again, and keeps what one undisturbed run of a task makes of it."""

    def __init__(self) -> None:
        self.references: dict[str, tuple[Any, float]] = {}

    def fresh(self, scenario: Scenario) -> list[str]:
        call_command("flush", verbosity=0, interactive=False, inhibit_post_migrate=True)
        make_first_rows()
        shutil.rmtree(settings.STORAGE_ROOT, ignore_errors=True)
        return scenario.prepare()

    def reference(self, task: str) -> tuple[Any, float]:
        """The outcome of running it once, and how long that took."""
        if task not in self.references:
            args, begun = self.fresh(SCENARIOS[task]), time.monotonic()
            app.tasks[task].run(*args)
            # A job that always fails ends the same however it is disturbed.
            ended = dict(Run.objects.filter(pk__in=args).values_list("kind", "state")) if task in KINDS else {}
            assert set(ended.values()) <= {Run.State.SUCCEEDED}, ended
            self.references[task] = (SCENARIOS[task].outcome(), time.monotonic() - begun)
        return self.references[task]


@pytest.fixture(scope="module")
def worlds() -> Worlds:
    return Worlds()


@pytest.fixture(autouse=True)
def children(real_children: None) -> None:
    """All of these tests start real children."""


def twice(work: Work, args: list[str]) -> None:
    work(args)
    work(args)


def at_once(work: Work, args: list[str]) -> None:
    """Two threads that begin together; the first error of either is raised here."""
    barrier, errors = threading.Barrier(2), []

    def body() -> None:
        barrier.wait()
        try:
            work(args)
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=body) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    if errors:
        raise errors[0]


def kill_at_random(task: str, args: list[str], seconds: float) -> float:
    """Start a worker of its own for the task and kill it, or only its child, some time later; returns when."""
    command = [sys.executable, "-c", WORKER, task, *args]
    worker = subprocess.Popen(command, cwd=settings.BASE_DIR, start_new_session=True, stderr=subprocess.DEVNULL)
    delay = RANDOM.uniform(0.5, 2.5 + seconds)
    time.sleep(delay)
    children = _children_of(worker.pid)
    if children and RANDOM.random() < 0.5:
        os.kill(children[0], signal.SIGKILL)
        worker.wait(timeout=60)
    elif worker.poll() is None:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
    return delay


def _children_of(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def let_time_pass() -> None:
    """As if the lease had lapsed and the pause before the next attempt were over."""
    now = timezone.now()
    Run.objects.filter(state=Run.State.RUNNING).update(lease_expires_at=now - timedelta(seconds=1))
    Run.objects.filter(state=Run.State.PENDING).update(not_before=now)


@pytest.mark.parametrize("task", SCENARIOS)
@pytest.mark.parametrize("mode", [twice, at_once], ids=["twice", "at once"])
def test_again_changes_nothing(task: str, mode: Callable[[Work, list[str]], None], worlds: Worlds) -> None:
    expected, _ = worlds.reference(task)
    args = worlds.fresh(SCENARIOS[task])
    mode(lambda a: app.tasks[task].run(*a), args)
    assert SCENARIOS[task].outcome() == expected
    assert verify_chain()[0]


@pytest.mark.parametrize("task", SCENARIOS)
def test_killed_twice_at_random_it_still_ends_the_same(task: str, worlds: Worlds) -> None:
    expected, seconds = worlds.reference(task)
    args = worlds.fresh(SCENARIOS[task])
    moments = []
    for _ in range(2):
        moments.append(kill_at_random(task, args, seconds))
        let_time_pass()
    app.tasks[task].run(*args)
    assert SCENARIOS[task].outcome() == expected, f"killed after {moments} seconds"
    assert verify_chain()[0]


@pytest.mark.parametrize("mode", [twice, at_once], ids=["twice", "at once"])
def test_positive_control_work_that_counts_up_is_noticed(mode: Callable[[Work, list[str]], None]) -> None:
    def count_up(_: list[str]) -> None:
        record_event(by=None, action="counted", obj="thing", key=1)

    count_up([])
    once = AuditEvent.objects.count()
    mode(count_up, [])
    assert AuditEvent.objects.count() - once != once
