"""Where the running product keeps what only lives as long as it runs: sockets, locks, the broker's address."""

import hashlib
import os
from pathlib import Path

# sockaddr_un holds 108 bytes on Linux and 104 on macOS, the closing zero included.
SOCKET_PATH_LIMIT = 100
SOCKET_NAME = "broker.sock"


class UnsafeDirectoryError(Exception):
    """The short runtime directory exists and belongs to somebody else."""


def runtime_directory(home: Path) -> Path:
    """The folder of the broker's socket: inside `home`, or a short one of this user's when that is too deep."""
    inside = home.absolute() / "run"
    if len(os.fsencode(inside / SOCKET_NAME)) < SOCKET_PATH_LIMIT:
        return inside
    digest = hashlib.sha256(os.fsencode(home.absolute())).hexdigest()[:12]
    return Path("/tmp") / f"insiders-{os.getuid()}-{digest}"  # noqa: S108 - ownership is checked on use


def make_runtime_directory(home: Path) -> Path:
    """Create that folder for this user alone; anyone may write to /tmp, so an existing one is looked at."""
    path = runtime_directory(home)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = path.lstat()
    if status.st_uid != os.getuid() or path.is_symlink():
        raise UnsafeDirectoryError(
            f"{path} belongs to another user, so the broker's socket cannot be kept there. Remove it, or set "
            f"INSIDERS_HOME to a folder with a path shorter than {SOCKET_PATH_LIMIT - 20} characters."
        )
    path.chmod(0o700)
    return path


def broker_url(home: Path) -> str:
    """The address of the embedded broker that `make run` starts for this home, whether it runs or not."""
    return f"redis+socket://{runtime_directory(home) / SOCKET_NAME}"
