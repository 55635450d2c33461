"""Starting the whole installation for a test, with all that it printed, and taking it down again."""

import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator

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
