"""One program of the crew: started in a group of its own, relayed to the terminal, ended with its group."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from config.supervise.console import relay
from config.supervise.guard import is_group_alive, signal_group

BIND = Path(__file__).with_name("bind.py")
FIRST_DELAY, LONGEST_DELAY = 1.0, 30.0
STEADY_SECONDS = 60.0
FAILURES_TO_REPORT = 5


@dataclass(frozen=True)
class Program:
    """What to start, and how to see that it works."""

    name: str
    command: list[str]
    is_ready: Callable[[], bool]
    ready_seconds: float = 60.0
    grace_seconds: float = 5.0
    told_in: str = "its last lines stand above"
    prepare: Callable[[], None] = lambda: None


@dataclass
class Backoff:
    """How long to wait before the next start: doubling, forgotten after a steady minute."""

    failures: int = 0

    def failed(self, lived_seconds: float) -> float:
        self.failures = 1 if lived_seconds >= STEADY_SECONDS else self.failures + 1
        return min(FIRST_DELAY * 2.0 ** (self.failures - 1), LONGEST_DELAY)

    @property
    def is_hopeless(self) -> bool:
        return self.failures >= FAILURES_TO_REPORT


@dataclass
class Process:
    """A started program; `started_at` and `restart_at` are readings of the monotonic clock."""

    program: Program
    popen: "subprocess.Popen[str]"
    started_at: float
    backoff: Backoff = field(default_factory=Backoff)
    restart_at: float | None = None

    @property
    def pid(self) -> int:
        return self.popen.pid

    def exit_words(self) -> str:
        """How it ended, for a sentence; it has ended when this is asked."""
        code = self.popen.wait()
        return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"stopped with exit code {code}"


def start(program: Program, environment: Mapping[str, str]) -> "subprocess.Popen[str]":
    """Start it as leader of its own session, so that Ctrl-C in the terminal reaches the supervisor alone."""
    program.prepare()
    popen = subprocess.Popen(  # noqa: S603 - our own command lines
        [sys.executable, "-I", "-S", str(BIND), str(os.getpid()), *program.command],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    assert popen.stdout is not None  # noqa: S101 - asked for above
    relay(program.name, popen.stdout)
    return popen


def stop(popen: "subprocess.Popen[str]", grace_seconds: float) -> None:
    """End the whole group: politely, then for good. What a dead leader left behind is ended as well."""
    signal_group(popen.pid, signal.SIGTERM)
    deadline = time.monotonic() + grace_seconds
    while time.monotonic() < deadline and (popen.poll() is None or is_group_alive(popen.pid)):
        time.sleep(0.05)
    signal_group(popen.pid, signal.SIGKILL)
    popen.wait()
