"""All processes together: started in order, watched, restarted, ended in the opposite order."""

import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from config.supervise import process
from config.supervise.console import say
from config.supervise.errors import SuperviseError
from config.supervise.process import Process, Program

GUARD = Path(__file__).with_name("guard.py")
POLL_SECONDS = 0.1
READY_POLL_SECONDS = 0.2


class StopRequestedError(Exception):
    """Ctrl-C or SIGTERM arrived; everything unwinds to the place that ends the crew."""


class Crew:
    """Owns every process of one home. Leaving the `with` block ends them all."""

    def __init__(self, lock_fd: int, environment: Mapping[str, str]) -> None:
        self.environment = dict(environment)
        self.stop_requested = threading.Event()
        self._lock_fd = lock_fd
        self._processes: list[Process] = []
        self._errands: list[Process] = []
        self._guard = self._start_guard()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for member in [*self._errands, *reversed(self._processes)]:
            process.stop(member.popen, member.program.grace_seconds)
        self._close_guard()

    def launch(self, program: Program) -> None:
        """Start a program that has to stay up, and wait until it answers."""
        member = Process(program, process.start(program, self.environment), time.monotonic())
        self._processes.append(member)
        self._tell_guard("+", member.pid)
        while not program.is_ready():
            if member.popen.poll() is not None:
                raise SuperviseError(f"The {program.name} {member.exit_words()} while starting; {program.told_in}.")
            if time.monotonic() - member.started_at > program.ready_seconds:
                raise SuperviseError(
                    f"The {program.name} did not answer within {program.ready_seconds:.0f} seconds; "
                    f"{program.told_in}. If the machine is busy, try again."
                )
            self.pause(READY_POLL_SECONDS)

    def dismiss(self, name: str) -> None:
        """Forget a program that failed to start, so that another attempt may follow."""
        for member in [each for each in self._processes if each.program.name == name]:
            process.stop(member.popen, member.program.grace_seconds)
            self._processes.remove(member)
            self._tell_guard("-", member.pid)

    def run_step(self, name: str, command: list[str]) -> None:
        """Run a command to its end; everything later depends on it."""
        errand = self.begin_errand(name, command)
        while errand.popen.poll() is None:
            self.pause()
        self._end_errand(errand)
        if errand.popen.returncode != 0:
            raise SuperviseError(f"The step '{name}' {errand.exit_words()}; its last lines stand above.")

    def begin_errand(self, name: str, command: list[str]) -> Process:
        """Start a command that ends by itself and is not started again."""
        program = Program(name, command, is_ready=lambda: True)
        errand = Process(program, process.start(program, self.environment), time.monotonic())
        self._errands.append(errand)
        self._tell_guard("+", errand.pid)
        return errand

    def watch(self) -> None:
        """Look after everybody until a stop is asked for."""
        while True:
            self.look()
            self.pause()

    def look(self) -> None:
        """One round: start again what died, report errands that ended, renew the guard."""
        for member in self._processes:
            self._look_after(member, time.monotonic())
        for errand in [each for each in self._errands if each.popen.poll() is not None]:
            self._end_errand(errand)
            if errand.popen.returncode != 0:
                say(f"The step '{errand.program.name}' {errand.exit_words()}; its last lines stand above.")
        if self._guard.poll() is not None:
            self._close_guard()
            self._guard = self._start_guard()
            for member in [*self._processes, *self._errands]:
                self._tell_guard("+", member.pid)

    def pause(self, seconds: float = POLL_SECONDS) -> None:
        if self.stop_requested.wait(seconds):
            raise StopRequestedError

    def _look_after(self, member: Process, now: float) -> None:
        if member.restart_at is not None:
            if now >= member.restart_at:
                self._restart(member, now)
        elif member.popen.poll() is not None:
            self._schedule_restart(member, now)

    def _schedule_restart(self, member: Process, now: float) -> None:
        process.stop(member.popen, 0)  # its group may have outlived it
        self._tell_guard("-", member.pid)
        delay = member.backoff.failed(now - member.started_at)
        member.restart_at = now + delay
        name = member.program.name
        say(f"The {name} {member.exit_words()}. It starts again in {delay:.0f} s.")
        if member.backoff.is_hopeless:
            say(
                f"The {name} keeps dying: {member.backoff.failures} times in a row; {member.program.told_in}. "
                "Mend that, or stop Insiders with Ctrl-C. Nothing that was stored is lost."
            )

    def _restart(self, member: Process, now: float) -> None:
        member.popen = process.start(member.program, self.environment)
        member.started_at, member.restart_at = now, None
        self._tell_guard("+", member.pid)

    def _end_errand(self, errand: Process) -> None:
        process.stop(errand.popen, 0)
        self._errands.remove(errand)
        self._tell_guard("-", errand.pid)

    def _start_guard(self) -> "subprocess.Popen[str]":
        """It shares our lock on the home: a next start waits until the guard has cleaned up as well."""
        return subprocess.Popen(  # noqa: S603 - our own file
            [sys.executable, "-I", "-S", str(GUARD)],
            stdin=subprocess.PIPE,
            text=True,
            pass_fds=[self._lock_fd],
            start_new_session=True,
        )

    def _tell_guard(self, sign: str, group: int) -> None:
        assert self._guard.stdin is not None  # noqa: S101 - asked for above
        try:
            self._guard.stdin.write(f"{sign}{group}\n")
            self._guard.stdin.flush()
        except BrokenPipeError:
            return  # it died; look() starts another and tells it everything

    def _close_guard(self) -> None:
        assert self._guard.stdin is not None  # noqa: S101 - asked for above
        with suppress(BrokenPipeError):
            self._guard.stdin.close()
        self._guard.wait()
