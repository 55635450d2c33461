"""`python -m config.probe web|worker|scheduler`: exit 0 when that part of the product works; for health checks."""

import http.client
import socket
import sys
import time
from pathlib import Path

from django.conf import settings

SCHEDULE = Path("/tmp/schedule")  # noqa: S108 - inside a container that nobody else uses
# The scheduler writes its file every three minutes.
SCHEDULE_SECONDS = 600.0


def is_web_ready(host: str, port: int) -> bool:
    """Ask as a visitor would: with a host name that the site answers to."""
    name = settings.ALLOWED_HOSTS[0].lstrip(".")
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/health/ready", headers={"Host": host if name == "*" else name})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def is_worker_ready() -> bool:
    """The worker of this container answers a message: it is not only alive, it listens."""
    from config.celery import app

    try:
        return bool(app.control.ping(destination=[f"celery@{socket.gethostname()}"], timeout=5))
    except OSError:
        return False


def is_scheduler_ready(schedule: Path = SCHEDULE) -> bool:
    written = [file.stat().st_mtime for file in schedule.parent.glob(f"{schedule.name}*")]
    return bool(written) and time.time() - max(written) < SCHEDULE_SECONDS


def main(role: str) -> int:
    checks = {
        "web": lambda: is_web_ready("127.0.0.1", 8000),
        "worker": is_worker_ready,
        "scheduler": is_scheduler_ready,
    }
    return 0 if checks[role]() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
