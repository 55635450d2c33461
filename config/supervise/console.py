"""One terminal for many processes: each line says whose it is."""

import sys
import threading
from typing import IO

WIDTH = 9
_lock = threading.Lock()


def say(sentence: str, name: str = "insiders") -> None:
    """Print whole lines only, so that two processes never share one."""
    with _lock:
        for line in sentence.splitlines() or [""]:
            sys.stdout.write(f"{name:<{WIDTH}} | {line}\n")
        sys.stdout.flush()


def relay(name: str, stream: IO[str]) -> threading.Thread:
    """Copy a process's output to the terminal until it closes it."""

    def copy() -> None:
        with stream:
            for line in stream:
                say(line.rstrip("\n"), name)

    thread = threading.Thread(target=copy, name=f"relay-{name}", daemon=True)
    thread.start()
    return thread
