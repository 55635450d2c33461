"""The crew with small programs of our own: order, restarts, and nobody left behind."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.supervise.crew import Crew, StopRequestedError
from config.supervise.errors import SuperviseError
from config.supervise.lock import home_lock
from config.supervise.process import FAILURES_TO_REPORT, Backoff, Program

pytestmark = pytest.mark.any_world

ROOT = Path(__file__).resolve().parents[2]
SLEEP = [sys.executable, "-S", "-c", "import time; time.sleep(300)"]


def sleeper(file: Path) -> list[str]:
    """A program that notes its process id, and a child of its own that would survive alone."""
    code = f"""
        import os, subprocess, sys, time
        child = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(300)"])
        open({str(file)!r}, "a").write(f"{{os.getpid()}} {{child.pid}}\\n")
        time.sleep(300)
    """
    return [sys.executable, "-S", "-c", textwrap.dedent(code)]


def pids(file: Path) -> list[int]:
    return [int(word) for word in file.read_text().split()] if file.exists() else []


def is_running(pid: int) -> bool:
    """A zombie whose new parent has not looked yet is dead for our purpose."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def eventually(condition: Callable[[], bool], seconds: float = 15.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


@pytest.fixture
def crew(tmp_path: Path) -> Iterator[Crew]:
    with home_lock(tmp_path, "http://127.0.0.1:1") as lock_fd, Crew(lock_fd, os.environ) as crew:
        yield crew


def test_launch_waits_until_the_program_answers(crew: Crew, tmp_path: Path) -> None:
    file = tmp_path / "pids"
    crew.launch(Program("sleeper", sleeper(file), is_ready=lambda: len(pids(file)) == 2))
    assert len(pids(file)) == 2


def test_launch_says_so_when_the_program_dies_first(crew: Crew) -> None:
    with pytest.raises(SuperviseError, match="The sleeper stopped with exit code 3 while starting"):
        crew.launch(Program("sleeper", [sys.executable, "-c", "raise SystemExit(3)"], is_ready=lambda: False))


def test_launch_gives_up_on_a_program_that_never_answers(crew: Crew) -> None:
    with pytest.raises(SuperviseError, match="did not answer within 0 seconds"):
        crew.launch(Program("sleeper", SLEEP, is_ready=lambda: False, ready_seconds=0.3))


def test_leaving_ends_programs_and_their_children(tmp_path: Path) -> None:
    file = tmp_path / "pids"
    with home_lock(tmp_path, "x") as lock_fd, Crew(lock_fd, os.environ) as crew:
        crew.launch(Program("sleeper", sleeper(file), is_ready=lambda: len(pids(file)) == 2))
        assert all(is_running(pid) for pid in pids(file))
    assert eventually(lambda: not any(is_running(pid) for pid in pids(file)))


def test_a_killed_program_is_started_again(crew: Crew, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "pids"
    crew.launch(Program("sleeper", sleeper(file), is_ready=lambda: len(pids(file)) == 2))
    first = pids(file)
    os.kill(first[0], signal.SIGKILL)

    def came_back() -> bool:
        crew.look()
        return len(pids(file)) == 4

    assert eventually(came_back)
    assert not any(is_running(pid) for pid in first)
    assert "The sleeper was killed by SIGKILL. It starts again in 1 s." in capsys.readouterr().out


def test_the_guard_is_renewed(crew: Crew) -> None:
    first = crew._guard.pid
    os.kill(first, signal.SIGKILL)

    def is_renewed() -> bool:
        crew.look()
        return crew._guard.pid != first and is_running(crew._guard.pid)

    assert eventually(is_renewed)


def test_a_failed_step_is_a_sentence(crew: Crew) -> None:
    with pytest.raises(SuperviseError, match="The step 'database' stopped with exit code 1"):
        crew.run_step("database", [sys.executable, "-c", "raise SystemExit(1)"])


def test_a_stop_request_ends_every_wait(crew: Crew) -> None:
    crew.stop_requested.set()
    with pytest.raises(StopRequestedError):
        crew.watch()


def test_backoff_doubles_up_to_half_a_minute_and_forgets_after_a_steady_minute() -> None:
    backoff = Backoff()
    assert [backoff.failed(lived_seconds=2) for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    assert backoff.failed(lived_seconds=61) == 1


@pytest.mark.parametrize(("failures", "is_hopeless"), [(FAILURES_TO_REPORT - 1, False), (FAILURES_TO_REPORT, True)])
def test_a_program_that_keeps_dying_is_called_hopeless(failures: int, is_hopeless: bool) -> None:
    assert Backoff(failures).is_hopeless is is_hopeless


OWNER = """
import os, sys, time
from pathlib import Path
from config.supervise.crew import Crew
from config.supervise.lock import home_lock
from config.supervise.process import Program
file = Path(sys.argv[1]) / "pids"
with home_lock(Path(sys.argv[1]), "x") as fd, Crew(fd, os.environ) as crew:
    crew.launch(Program("sleeper", {command!r}, is_ready=lambda: file.exists() and len(file.read_text().split()) == 2))
    print("up", flush=True)
    crew.watch()
"""


def start_owner(home: Path) -> "subprocess.Popen[str]":
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER.format(command=sleeper(home / "pids")), str(home)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert owner.stdout is not None
    assert owner.stdout.readline() == "up\n"
    return owner


def test_kill_of_the_owner_takes_everything_down_and_then_frees_the_home(tmp_path: Path) -> None:
    owner = start_owner(tmp_path)
    left = pids(tmp_path / "pids")
    owner.kill()
    os.waitid(os.P_PID, owner.pid, os.WEXITED | os.WNOWAIT)  # a zombie: it has its process id still, but no lock
    with home_lock(tmp_path, "x"):  # waits for the guard, which holds the lock until everybody is gone
        assert not any(is_running(pid) for pid in left)
    owner.communicate()


def test_a_second_start_on_the_same_home_is_refused(tmp_path: Path) -> None:
    owner = start_owner(tmp_path)
    try:
        sentence = f"Insiders is already running on {tmp_path}: process {owner.pid}, x\\."
        with pytest.raises(SuperviseError, match=sentence), home_lock(tmp_path, "y"):
            pass
    finally:
        owner.kill()
        owner.communicate()
