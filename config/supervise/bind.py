"""Bind a program to the life of the supervisor, where the kernel can, then become that program.

`python bind.py PARENT_PID COMMAND...`. Being a program of its own (and not a function between fork and exec)
it is safe beside the supervisor's threads. Linux sends SIGTERM when the parent dies; elsewhere, and for what
SIGTERM does not end, there is the guard.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def bind_to_parent(parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        raise SystemExit(1)  # it died before we asked


def main() -> None:
    parent, command = int(sys.argv[1]), sys.argv[2:]
    bind_to_parent(parent)
    os.execvp(command[0], command)  # noqa: S606 - the supervisor's own command lines


if __name__ == "__main__":
    main()
