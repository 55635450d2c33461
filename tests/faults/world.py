"""A whole installation of its own, with real processes: broker, worker, scheduler; and what may befall them."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from config.runtime import SOCKET_NAME, broker_url, make_runtime_directory
from config.settings import BASE_DIR
from config.supervise.broker import answers, embedded_program, find_server
from config.supervise.programs import celery

LEASE_SECONDS, SWEEP_SECONDS = 4, 1
# Everything the sweep has to bring back is brought back within this, the lease's end included.
PATIENCE_SECONDS = 120.0


class NotBroughtToItsEnd(AssertionError):
    """Work was lost: runs are still waiting or held by nobody."""


class World:
    """Use as `with`. `hand` is the web process; worker and scheduler are started by `start`."""

    def __init__(self, environment: dict[str, str], home: Path) -> None:
        self.home = home
        self.environment = environment | {
            "RUN_LEASE_SECONDS": str(LEASE_SECONDS),
            "SWEEP_SECONDS": str(SWEEP_SECONDS),
            "LOG_LEVEL": "CRITICAL",
        }
        self.redis_command: list[str] = []
        if self.environment.get("REDIS_URL"):
            # A server of our own, because these tests stop and empty it.
            port = _free_port()
            program = shutil.which("redis-server") or shutil.which("valkey-server") or ""
            self.environment["REDIS_URL"] = f"redis://127.0.0.1:{port}/0"
            self.redis_command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(home)]
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def broker_url(self) -> str:
        return self.environment.get("REDIS_URL") or broker_url(self.home)

    def __enter__(self) -> "World":
        self.home.mkdir(parents=True, exist_ok=True)
        try:
            self.start_broker()
            migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
            subprocess.run(migrate, cwd=BASE_DIR, env=self.environment, check=True)
            self.hand = Hand(self.environment)
            self.hand("quiet")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for name in list(self.processes):
            self.kill(name)
        if hasattr(self, "hand"):
            self.hand.close()

    def start_broker(self) -> None:
        if self.redis_command:
            command = self.redis_command
        else:
            make_runtime_directory(self.home)
            socket_path = make_runtime_directory(self.home) / SOCKET_NAME
            program = embedded_program(find_server(), socket_path, self.home / "broker")
            program.prepare()
            command = program.command
        self._spawn("broker", command)
        wait_until(lambda: answers(self.broker_url), 30, "the broker did not answer")

    def start(self) -> None:
        self.start_worker()
        self.start_scheduler()

    def start_worker(self, name: str = "worker") -> None:
        """As the supervisor starts it, see config/supervise/programs.py."""
        pool = ["--pool", "threads", "--concurrency", "2", "--loglevel", "CRITICAL", "--hostname", name]
        self._spawn(name, [*celery("worker"), *pool, "--without-gossip", "--without-mingle"])

    def start_scheduler(self) -> None:
        schedule = self.home / "beat"
        shutil.rmtree(schedule, ignore_errors=True)
        schedule.mkdir()
        arguments = ["--schedule", str(schedule / "schedule"), "--pidfile=", "--loglevel", "CRITICAL"]
        self._spawn("scheduler", [*celery("beat"), *arguments])

    def _spawn(self, name: str, command: list[str]) -> None:
        self.processes[name] = subprocess.Popen(
            command,
            cwd=BASE_DIR,
            env=self.environment,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self, name: str) -> None:
        """SIGKILL for one process, not for its children: they have to notice by themselves."""
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def health(self) -> dict[str, int | None]:
        """How each process ended, None while it lives."""
        return {name: process.poll() for name, process in self.processes.items()}

    def tend(self) -> None:
        """Start again what ended by itself, as the supervisor and the compose file do."""
        starters = {"worker": self.start_worker, "scheduler": self.start_scheduler}
        for name, begin in starters.items():
            if name in self.processes and self.processes[name].poll() is not None:
                del self.processes[name]
                begin()

    def empty_broker(self) -> None:
        from redis import Redis

        with Redis.from_url(self.broker_url.replace("redis+socket://", "unix://", 1)) as client:
            client.flushall()

    def children(self, name: str = "worker") -> list[int]:
        """The processes of jobs that the worker accompanies now."""
        found = []
        for task in Path(f"/proc/{self.processes[name].pid}/task").iterdir():
            try:
                found += [int(child) for child in (task / "children").read_text().split()]
            except OSError:
                continue  # the thread ended meanwhile
        return found

    def active(self) -> list[dict[str, Any]]:
        return [run for run in self.hand("runs") if run["state"] in {"pending", "running"}]

    def settle(self, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until no run is left; the follow-ups' rows are made in the transaction that ends a run."""
        deadline = time.monotonic() + seconds
        while active := self.active():
            if time.monotonic() > deadline:
                raise NotBroughtToItsEnd(f"after {seconds:.0f} s still: {active}")
            self.tend()
            time.sleep(0.1)

    def run(self, key: str) -> dict[str, Any]:
        return next(row for row in self.hand("runs") if row["id"] == key)

    def await_end(self, run: str, state: str = "succeeded", seconds: float = PATIENCE_SECONDS) -> dict[str, Any]:
        """Wait for one run, not for what follows from it."""
        deadline = time.monotonic() + seconds
        while (row := self.run(run))["state"] in {"pending", "running"}:
            if time.monotonic() > deadline:
                raise NotBroughtToItsEnd(f"after {seconds:.0f} s still: {row} {self.health()}")
            self.tend()
            time.sleep(0.1)
        assert row["state"] == state, row
        return row

    def bring(self, file: Path) -> int:
        """One file all the way: read, confirmed, imported, and everything that follows from it."""
        upload, run = self.hand("store", str(file))
        self.await_end(run)
        self.hand("confirm", upload)
        self.settle()
        return int(upload)


class Hand:
    """Talks to `tests.faults.hand`."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.hand"],
            cwd=BASE_DIR,
            env=environment | {"DJANGO_SETTINGS_MODULE": environment.get("DJANGO_SETTINGS_MODULE", "config.settings")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, name: str, *args: Any) -> Any:
        self.send(name, *args)
        return self.receive()

    def send(self, name: str, *args: Any) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps([name, *args]) + "\n")
        self.process.stdin.flush()

    def receive(self) -> Any:
        assert self.process.stdout
        answer = json.loads(self.process.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer["answer"]

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


@contextmanager
def hands(world: World, count: int) -> Iterator[list[Hand]]:
    """Several web processes at once."""
    found = [Hand(world.environment) for _ in range(count)]
    try:
        yield found
    finally:
        for hand in found:
            hand.close()


def wait_until(condition: Callable[[], object], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def signal_process(pid: int, number: signal.Signals) -> None:
    """Ignores a process that has ended by itself meanwhile."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
