"""`python -m config.supervise` with its real broker, worker, scheduler and web server."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.settings import BASE_DIR

READY_SECONDS = 90.0
GONE_SECONDS = 10.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Supervisor:
    """One start, with all that it printed."""

    def __init__(self, environment: dict[str, str], port: int) -> None:
        self.environment = environment | {"PORT": str(port)}
        self.port = port
        self.output = ""
        self.popen = subprocess.Popen(
            [sys.executable, "-m", "config.supervise", "--empty"],
            cwd=BASE_DIR,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.popen.stdout is not None
        with self.popen.stdout as lines:
            for line in lines:
                self.output += line

    def wait_until_ready(self) -> None:
        assert eventually(lambda: "Insiders is ready" in self.output, READY_SECONDS), self.output
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/ready", timeout=5) as answer:
            assert answer.status == 200

    def wait(self) -> int:
        code = self.popen.wait(timeout=30)
        self._reader.join(timeout=10)
        return code

    def family(self) -> set[int]:
        """Every living descendant: the guard, the broker, worker, scheduler, web server and their children."""
        return descendants(self.popen.pid)


def eventually(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return condition()


def parents() -> dict[int, int]:
    """Parent by process, zombies left out: they only wait to be noticed."""
    listing = subprocess.run(["ps", "-eo", "pid=,ppid=,stat="], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in listing.splitlines()]
    return {int(pid): int(parent) for pid, parent, state in rows if not state.startswith("Z")}


def descendants(pid: int) -> set[int]:
    table = parents()
    found: set[int] = set()
    fresh = {pid}
    while fresh:
        fresh = {child for child, parent in table.items() if parent in fresh} - found
        found |= fresh
    return found


def workers(supervisor: Supervisor) -> set[int]:
    listing = subprocess.run(["ps", "-eo", "pid=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 1) for line in listing.splitlines()]
    return {int(pid) for pid, words in rows if "--quiet worker" in words} & supervisor.family()


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def alive(pids: set[int]) -> set[int]:
    return pids & set(parents())


@pytest.fixture
def start(own_environment: dict[str, str]) -> Iterator[Callable[..., Supervisor]]:
    """Start supervisors on one home; whatever a test leaves is taken down."""
    started: list[Supervisor] = []

    def begin(port: int | None = None, **variables: str) -> Supervisor:
        started.append(Supervisor(own_environment | variables, port or free_port()))
        return started[-1]

    yield begin
    for supervisor in started:
        if supervisor.popen.poll() is None:
            supervisor.popen.terminate()
            supervisor.wait()


def accounts(output: str) -> list[tuple[str, str]]:
    """Names and passwords that a start printed."""
    return re.findall(r"^accounts +\| (marketer|analyst|manager|admin) +(\S+)", output, re.MULTILINE)


def test_one_life_of_an_installation(start: Callable[..., Supervisor], own_environment: dict[str, str]) -> None:
    """First start, a refused second one, a kill, a start that finds everything, and Ctrl-C."""
    first = start()
    first.wait_until_ready()
    assert [name for name, _ in accounts(first.output)] == ["marketer", "analyst", "manager", "admin"]
    embedded = "REDIS_URL" not in own_environment
    assert len(first.family()) >= (7 if embedded else 6)  # guard, (broker,) worker, scheduler, web and its two

    refused = start()
    assert refused.wait() == 1
    assert f"Insiders is already running on {own_environment['INSIDERS_HOME']}" in refused.output

    family = first.family()
    os.kill(first.popen.pid, signal.SIGKILL)
    assert eventually(lambda: not alive(family), GONE_SECONDS), alive(family)
    assert not is_open(first.port)

    second = start(first.port)
    second.wait_until_ready()
    assert accounts(second.output) == []  # the accounts are there, and their passwords are not shown again
    family = second.family()
    second.popen.send_signal(signal.SIGINT)
    assert second.wait() == 0
    assert not alive(family)
    assert "Stopped." in second.output


def test_a_killed_worker_comes_back(start: Callable[..., Supervisor]) -> None:
    supervisor = start()
    supervisor.wait_until_ready()
    [worker] = workers(supervisor)
    os.kill(worker, signal.SIGKILL)
    assert eventually(lambda: "The worker was killed by SIGKILL. It starts again in 1 s." in supervisor.output, 10)
    assert eventually(lambda: bool(workers(supervisor) - {worker}), 20)


def test_a_home_with_a_very_long_path_works(
    start: Callable[..., Supervisor], own_environment: dict[str, str], tmp_path: Path
) -> None:
    """A socket's path may have some 100 characters; a home's may have more."""
    home = tmp_path / ("deep" * 20) / ("deeper" * 20)
    supervisor = start(INSIDERS_HOME=str(home))
    supervisor.wait_until_ready()
    assert (home / "supervisor.lock").exists()


def test_a_taken_port_is_a_sentence(start: Callable[..., Supervisor]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        supervisor = start(port)
        assert supervisor.wait() == 1
    assert f"Port {port} is taken by another program." in supervisor.output
    assert f"make run PORT={port + 1}" in supervisor.output
    assert "Traceback" not in supervisor.output


def test_a_broker_that_does_not_answer_is_a_sentence(start: Callable[..., Supervisor]) -> None:
    supervisor = start(REDIS_URL=f"redis://:a-secret-word@127.0.0.1:{free_port()}/0")
    assert supervisor.wait() == 1
    assert "The broker that REDIS_URL names does not answer." in supervisor.output
    assert "a-secret-word" not in supervisor.output


def test_a_missing_file_is_a_sentence(own_environment: dict[str, str], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "config.supervise", "--file", str(tmp_path / "orders.csv")]
    done = subprocess.run(
        command, cwd=BASE_DIR, env=own_environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 1
    assert (
        done.stderr == f"There is no file at {tmp_path}/orders.csv. Give the path of a file: make run FILE=orders.csv\n"
    )
