"""The order of a start, and the two ways out: a sentence and exit code 1, or a stop that was asked for."""

import argparse
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from django.conf import settings

from config.runtime import UnsafeDirectoryError
from config.supervise import programs
from config.supervise.broker import start_broker
from config.supervise.console import say
from config.supervise.crew import Crew, StopRequestedError
from config.supervise.errors import SuperviseError
from config.supervise.lock import home_lock
from config.supervise.options import Options, options

ROOT = Path(__file__).resolve().parents[2]


def run(chosen: Options) -> None:
    """Everything between the two locks: the home and the port."""
    chosen.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with home_lock(chosen.home, programs.address(chosen.port)) as lock_fd:
        programs.require_free_port(chosen.port)
        with Crew(lock_fd, environment(chosen)) as crew:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, stopper(crew))
            try:
                start(crew, chosen)
                crew.watch()
            except StopRequestedError:
                say("Stopping. What was running goes on at the next start.")
    say("Stopped.")


def environment(chosen: Options) -> dict[str, str]:
    """Absolute paths for the children, and lines that arrive when they are written."""
    return os.environ | {"INSIDERS_HOME": str(chosen.home), "PYTHONUNBUFFERED": "1"}


def start(crew: Crew, chosen: Options) -> None:
    """Each step needs the ones before it."""
    say(f"Starting Insiders on {chosen.home}")
    broker_url = start_broker(crew, chosen.home, settings.REDIS_URL)
    crew.run_step("database", [sys.executable, "manage.py", "migrate", "--noinput", "--verbosity", "0"])
    crew.run_step("accounts", [sys.executable, "-m", "config.first_start", "accounts"])
    crew.launch(programs.worker(broker_url))
    crew.launch(programs.scheduler(chosen.home))
    crew.launch(programs.web(chosen.port, settings.STATIC_ROOT))
    say(f"Insiders is ready: {programs.address(chosen.port)}  (Ctrl-C stops it)")
    if not chosen.is_empty:
        crew.begin_errand("data", [sys.executable, "-m", "config.first_start", "data", *file_argument(chosen)])


def file_argument(chosen: Options) -> list[str]:
    return ["--file", str(chosen.file)] if chosen.file else []


def stopper(crew: Crew) -> "signal._HANDLER":
    def handle(_number: int, _frame: FrameType | None) -> None:
        crew.stop_requested.set()

    return handle


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m config.supervise", description=__doc__)
    parser.add_argument("--file", default="", help="a file of transactions to load instead of the demo shop")
    parser.add_argument("--empty", action="store_true", help="load nothing, not even the demo shop")
    words = parser.parse_args()
    try:
        os.chdir(ROOT)
        run(options(settings.INSIDERS_HOME, words.file, is_empty=words.empty))
    except (SuperviseError, UnsafeDirectoryError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
