"""The process that outlives a killed supervisor by a few seconds, to take everything down.

It reads "+PGID" and "-PGID" lines from a pipe of which only the supervisor holds the writing end. When the
supervisor dies, however it dies, the kernel closes that end: the guard then ends every process group that it
was told of, first politely. It holds the home's lock until then, so a second start waits for a clean table.
This works on Linux and macOS alike; on Linux each child is also bound to its parent (see `bind.py`).
"""

import os
import signal
import sys
import time
from collections.abc import Callable

GRACE_SECONDS = 3.0
POLL_SECONDS = 0.05


def follow(lines: Callable[[], str]) -> list[int]:
    """The process groups alive when the pipe ends, oldest first."""
    groups: list[int] = []
    while line := lines():
        group = int(line[1:])
        if line.startswith("+"):
            groups.append(group)
        elif group in groups:
            groups.remove(group)
    return groups


def end_groups(groups: list[int], grace: float = GRACE_SECONDS) -> None:
    """Ask each group to stop, newest first, and kill what is left after the grace."""
    deadline = time.monotonic() + grace
    for group in reversed(groups):
        signal_group(group, signal.SIGTERM)
    while any(is_group_alive(group) for group in groups) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    for group in reversed(groups):
        signal_group(group, signal.SIGKILL)
    while any(is_group_alive(group) for group in groups) and time.monotonic() < deadline + grace:
        time.sleep(POLL_SECONDS)


def signal_group(group: int, number: int) -> bool:
    """Whether there was anybody to signal; macOS answers EPERM for a group of zombies."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def is_group_alive(group: int) -> bool:
    return signal_group(group, 0)


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    end_groups(follow(sys.stdin.readline))


if __name__ == "__main__":
    main()
