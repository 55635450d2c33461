"""The command lines of worker, scheduler and web server, and how each shows that it works."""

import socket
import sys
from pathlib import Path

from celery import Celery

from config.probe import is_web_ready
from config.supervise.errors import SuperviseError
from config.supervise.process import Program

HOST = "127.0.0.1"


def worker(broker_url: str) -> Program:
    """Threads suffice: a task only starts a child process and keeps its lease."""
    command = [*celery("worker"), "--pool", "threads", "--concurrency", "2", "--loglevel", "WARNING"]
    command += ["--without-gossip", "--without-mingle"]
    probe = Celery("supervisor-probe", broker=broker_url, set_as_current=False)
    return Program("worker", command, lambda: bool(probe.control.ping(timeout=0.5)), grace_seconds=10.0)


def scheduler(home: Path) -> Program:
    """Its own file only remembers when it last fired, and a kill can tear it: due slots are rows, so it goes."""
    folder = home / "scheduler"

    def prepare() -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for file in folder.iterdir():
            file.unlink()

    command = [*celery("beat"), "--schedule", str(folder / "schedule"), "--pidfile=", "--loglevel", "WARNING"]
    return Program("scheduler", command, lambda: any(folder.iterdir()), prepare=prepare)


def web(port: int, static_root: Path) -> Program:
    """gunicorn, whose threads share what a process has imported; the folder is empty on a laptop."""

    def prepare() -> None:
        static_root.mkdir(parents=True, exist_ok=True)

    command = [sys.executable, "-m", "gunicorn", "config.wsgi:application", "--bind", f"{HOST}:{port}"]
    command += ["--worker-class", "gthread", "--workers", "2", "--threads", "4", "--timeout", "60"]
    command += ["--graceful-timeout", "5", "--log-level", "warning", "--no-control-socket"]
    return Program("web", command, lambda: is_web_ready(HOST, port), grace_seconds=8.0, prepare=prepare)


def celery(role: str) -> list[str]:
    return [sys.executable, "-m", "celery", "--app", "config", "--quiet", role]


def address(port: int) -> str:
    return f"http://{HOST}:{port}"


def require_free_port(port: int) -> None:
    """Asked before anything starts; SO_REUSEADDR as the server itself, so a port just left is no obstacle."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            raise SuperviseError(
                f"Port {port} needs the rights of an administrator. Choose one above 1023: make run PORT=8000"
            ) from None
        except OSError:
            raise SuperviseError(
                f"Port {port} is taken by another program. Stop that one, or choose another port: "
                f"make run PORT={port + 1}"
            ) from None
