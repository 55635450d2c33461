"""A private PostgreSQL, Redis or Valkey for one test run, gone with it.

Everything lives in one temporary folder; nothing that the machine runs already is touched.
"""

import glob
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

START_SECONDS = 30.0


def find(name: str) -> str | None:
    """A program on the PATH, or where Debian keeps PostgreSQL's, newest version first."""
    if found := shutil.which(name):
        return str(Path(found).resolve())  # its sisters stand beside the real file, not beside a link
    versions = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), key=lambda path: int(path.split("/")[4]))
    return versions[-1] if versions else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def unprivileged() -> tuple[int, int] | None:
    """Whom to be for PostgreSQL, which refuses to run as root; None when we are somebody harmless."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    return 65534, 65534


def wait_until(
    ready: Callable[[], bool], process: "subprocess.Popen[bytes]", what: str, log: Path, seconds: float = START_SECONDS
) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            sys.stderr.write(log.read_text(errors="replace"))
            raise RuntimeError(f"{what} did not start; its log stands above.")
        time.sleep(0.05)


@contextmanager
def server(
    what: str,
    command: list[str],
    ready: Callable[[], bool],
    log: Path,
    seconds: float = START_SECONDS,
    **popen: Any,
) -> Iterator[None]:
    """Run one until the block ends; it has so many seconds to begin."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, **popen)
    try:
        wait_until(ready, process, what, log, seconds)
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def postgres(initdb: str) -> Iterator[str]:
    """DATABASE_URL of a fresh cluster whose writes are not synced: it need not survive a power cut."""
    account = unprivileged()
    identity: dict[str, Any] = {} if account is None else {"user": account[0], "group": account[1], "extra_groups": []}
    with tempfile.TemporaryDirectory(prefix="insiders-pg-", dir="/tmp") as name:
        folder, port = Path(name), free_port()
        if account is not None:
            os.chown(folder, *account)
        data = folder / "data"
        subprocess.run(
            [initdb, "-D", str(data), "-U", "insiders", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
            **identity,
        )
        options = {
            "port": port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(folder),
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "max_connections": 100,
        }
        command = [str(Path(initdb).with_name("postgres")), "-D", str(data)]
        command += [part for key, value in options.items() for part in ("-c", f"{key}={value}")]
        url = f"postgresql://insiders@127.0.0.1:{port}/postgres"
        with server("PostgreSQL", command, lambda: accepts(url), folder / "log", cwd=folder, **identity):
            yield url


def accepts(url: str) -> bool:
    import psycopg

    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


@contextmanager
def redis(program: str) -> Iterator[str]:
    """REDIS_URL of a fresh server on a port of its own."""
    with tempfile.TemporaryDirectory(prefix="insiders-redis-", dir="/tmp") as name:
        folder, port = Path(name), free_port()
        command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        url = f"redis://127.0.0.1:{port}/0"
        with server("Redis", command, lambda: pongs(url), folder / "log"):
            yield url


@contextmanager
def embedded_broker(home: Path) -> Iterator[None]:
    """The broker that `make run` would start on this home, on the socket where the settings look for it."""
    from config.runtime import SOCKET_NAME, make_runtime_directory
    from config.supervise.broker import embedded_program, find_server

    program = embedded_program(find_server(), make_runtime_directory(home) / SOCKET_NAME, home / "broker")
    program.prepare()
    with server("The embedded broker", program.command, program.is_ready, home / "broker-start.log"):
        yield


def pongs(url: str) -> bool:
    from redis import Redis, RedisError

    try:
        with Redis.from_url(url, socket_timeout=2) as client:
            return bool(client.ping())
    except RedisError:
        return False
