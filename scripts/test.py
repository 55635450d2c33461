"""`make test`: style, imports, types, every test on SQLite with the embedded broker and on PostgreSQL with Redis.

Two lanes run side by side, each in a world of its own (home, database, broker, ports): the tests on SQLite are shown
as they run; the checks and the tests on PostgreSQL are kept and shown after them.
What the machine does not have is skipped and listed at the end; INSIDERS_REQUIRE_ALL=1 makes that a failure.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
REDIS = ("redis-server", "valkey-server")
# A product's environment must not reach its tests: they would run on that database.
OURS = (
    *("DATABASE_URL", "REDIS_URL", "INSIDERS_HOME", "SECRET_KEY", "PORT", "INSIDERS_PRODUCTION"),
    *("ANALYTICS_ENGINE", "SPARK_MASTER"),
    *("STORAGE_ROOT", "STORAGE_URL", "STORAGE_S3_ENDPOINT", "STORAGE_S3_REGION", "STORAGE_S3_KEY", "STORAGE_S3_SECRET"),
)

CHECKS = {
    "lint": [["ruff", "check", "."], ["ruff", "format", "--check", "."]],
    "imports": [["lint-imports"]],
    "types": [["mypy", "."]],
}
# Two worlds share the cores. Threads of numerical libraries that wait for one another while spinning took five times
# the processor time of one thread.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
COVERAGE = ["--cov", "--cov-branch", "--cov-report=term:skip-covered"]


@dataclass
class Outcome:
    """What has been done so far."""

    failed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    def run(self, name: str, command: list[str], environment: dict[str, str], output: IO[str] | None = None) -> None:
        """Run a command and note how it went; its words go to `output`, or are shown as they come."""
        say(f"== {name}: {' '.join(Path(part).name if part.startswith('/') else part for part in command)}", output)
        started = time.monotonic()
        code = subprocess.run(
            command, cwd=ROOT, env=environment, check=False, stdout=output, stderr=output and subprocess.STDOUT
        ).returncode
        self.seconds[name] = self.seconds.get(name, 0.0) + time.monotonic() - started
        if code != 0:
            self.failed.append(name)


def say(sentence: str, output: IO[str] | None = None) -> None:
    stream = output or sys.stdout
    stream.write(sentence + "\n")
    stream.flush()


def missing() -> list[str]:
    """Sentences about what the system lacks, each with what goes untested for it."""
    from core.java import is_java_usable
    from scripts.servers import find

    lacks = []
    if not find("initdb"):
        lacks.append("PostgreSQL: the whole suite was not run on it (apt-get install postgresql)")
    if not any(shutil.which(name) for name in REDIS):
        lacks.append("Redis: the whole suite was not run with it (apt-get install redis-server)")
    if not any(shutil.which(name) for name in CHROMIUM):
        lacks.append("Chromium: the browser tests were not run (apt-get install chromium)")
    if not is_java_usable():
        lacks.append("Java 17 or newer: the Spark tests were not run (apt-get install default-jre-headless)")
    if not find_spec("pyspark"):
        lacks.append("pyspark: the tests on a Spark cluster were not run (make install-spark)")
    return lacks


def clean_environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in OURS}
    return kept | ONE_THREAD | {"INSIDERS_HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}


@contextmanager
def sqlite_world() -> Iterator[dict[str, str]]:
    from scripts.servers import embedded_broker

    with tempfile.TemporaryDirectory(prefix="insiders-test-", dir="/tmp") as name:
        home = Path(name)
        with embedded_broker(home):
            yield clean_environment(home)


@contextmanager
def postgres_world() -> Iterator[dict[str, str]]:
    from scripts.servers import find, postgres, redis

    program = next(path for name in REDIS if (path := shutil.which(name)))
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="insiders-test-", dir="/tmp")))
        database = stack.enter_context(postgres(find("initdb") or ""))
        broker = stack.enter_context(redis(program))
        yield clean_environment(home) | {"DATABASE_URL": database, "REDIS_URL": broker}


def pytest_command(marks: str, extra: list[str]) -> list[str]:
    return [str(BIN / "pytest"), "-m", marks, *extra]


def run_checks(outcome: Outcome, names: list[str], output: IO[str] | None = None) -> None:
    for name in names:
        for command in CHECKS[name]:
            outcome.run(name, [str(BIN / command[0]), *command[1:]], dict(os.environ), output)
        if name in outcome.failed and output is not None:
            say(f"{name} FAILED; what it found stands below, after the tests.")


def run_on_sqlite(outcome: Outcome, marks: str, extra: list[str]) -> None:
    with sqlite_world() as environment:
        outcome.run("tests on SQLite with the embedded broker", pytest_command(marks, extra), environment)


def run_on_postgres(outcome: Outcome, marks: str, extra: list[str], output: IO[str]) -> None:
    """Leaves out what no database can change (`any_world`): that has run on SQLite."""
    with postgres_world() as environment:
        command = pytest_command(f"({marks}) and not any_world", extra)
        outcome.run("tests on PostgreSQL with Redis", command, environment, output)


def run_lanes(shown: Callable[[], None], kept: Callable[[IO[str]], None]) -> None:
    """Do both at once; what the second one says is shown when the first has ended, whatever became of that."""
    with ThreadPoolExecutor(1) as pool, tempfile.TemporaryFile("w+", prefix="insiders-test-") as output:
        beside: Future[None] = pool.submit(kept, output)
        try:
            shown()
        finally:
            beside.exception()
            output.seek(0)
            shutil.copyfileobj(output, sys.stdout)
            sys.stdout.flush()
        beside.result()


def run_all(outcome: Outcome, checks: list[str], *, is_long: bool, extra: list[str]) -> None:
    marks = "long" if is_long else "not long"
    lacks = missing()
    outcome.skipped += lacks
    is_alone = any(lack.startswith(("PostgreSQL", "Redis")) for lack in lacks)

    def beside(output: IO[str]) -> None:
        run_checks(outcome, checks, output)
        if not is_alone:
            run_on_postgres(outcome, marks, extra, output)

    run_lanes(lambda: run_on_sqlite(outcome, marks, extra), beside)


def report(outcome: Outcome) -> int:
    for name, seconds in outcome.seconds.items():
        say(f"{seconds:7.1f} s  {name}{'  FAILED' if name in outcome.failed else ''}")
    for sentence in outcome.skipped:
        say(f"skipped, because the system has no {sentence}")
    if outcome.skipped and os.environ.get("INSIDERS_REQUIRE_ALL") == "1":
        say("INSIDERS_REQUIRE_ALL=1 asks for all of it, so this run has failed.")
        return 1
    return 1 if outcome.failed else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=[*CHECKS, "suites"])
    parser.add_argument("--long", action="store_true", help="the tests marked long, and nothing else")
    parser.add_argument("--coverage", action="store_true", help="on SQLite alone, a third slower, with what was run")
    parser.add_argument("extra", nargs="*", help="further words for pytest, after --")
    arguments = parser.parse_args()
    outcome = Outcome()
    checks = [] if arguments.long or arguments.only == "suites" else list(CHECKS)
    if arguments.coverage:
        run_on_sqlite(outcome, "not long", [*COVERAGE, *arguments.extra])
    elif arguments.only in CHECKS:
        run_checks(outcome, [arguments.only])
    else:
        run_all(outcome, checks, is_long=arguments.long, extra=arguments.extra)
    return report(outcome)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
