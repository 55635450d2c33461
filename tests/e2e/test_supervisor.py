"""`python -m config.supervise` with its real broker, worker, scheduler and web server."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from config.settings import BASE_DIR
from tests.e2e.supervised import GONE_SECONDS, Supervisor, accounts, alive, eventually, free_port, is_open, workers


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
