"""`make test`: style, imports, types, every test on SQLite with the embedded broker, then on PostgreSQL with Redis.

What the machine does not have is skipped and listed at the end; INSIDERS_REQUIRE_ALL=1 makes that a failure.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / ".venv" / "bin"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
REDIS = ("redis-server", "valkey-server")
# A product's environment must not reach its tests: they would run on that database.
OURS = ("DATABASE_URL", "REDIS_URL", "INSIDERS_HOME", "STORAGE_ROOT", "SECRET_KEY", "PORT", "INSIDERS_PRODUCTION")

CHECKS = {
    "lint": [["ruff", "check", "."], ["ruff", "format", "--check", "."]],
    "imports": [["lint-imports"]],
    "types": [["mypy", "."]],
}


@dataclass
class Outcome:
    """What has been done so far."""

    failed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    def run(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        say(f"== {name}: {' '.join(Path(part).name if part.startswith('/') else part for part in command)}")
        started = time.monotonic()
        code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
        self.seconds[name] = self.seconds.get(name, 0.0) + time.monotonic() - started
        if code != 0:
            self.failed.append(name)


def say(sentence: str) -> None:
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()


def missing() -> list[str]:
    """Sentences about what the system lacks, each with what goes untested for it."""
    from scripts.servers import find

    lacks = []
    if not find("initdb"):
        lacks.append("PostgreSQL: the whole suite was not run on it (apt-get install postgresql)")
    if not any(shutil.which(name) for name in REDIS):
        lacks.append("Redis: the whole suite was not run with it (apt-get install redis-server)")
    if not any(shutil.which(name) for name in CHROMIUM):
        lacks.append("Chromium: the browser tests were not run (apt-get install chromium)")
    if not shutil.which("java"):
        lacks.append("Java: nothing needs it yet (apt-get install default-jre-headless)")
    return lacks


def clean_environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in OURS}
    return kept | {"INSIDERS_HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}


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


def pytest_command(marks: str, *, coverage: bool, extra: list[str]) -> list[str]:
    command = [str(BIN / "pytest"), "-m", marks]
    if coverage:
        command += ["--cov", "--cov-branch", "--cov-report=term:skip-covered"]
    return command + extra


def run_checks(outcome: Outcome, names: list[str]) -> None:
    for name in names:
        for command in CHECKS[name]:
            outcome.run(name, [str(BIN / command[0]), *command[1:]], dict(os.environ))


def run_suites(outcome: Outcome, *, is_long: bool, extra: list[str]) -> None:
    """The second run leaves out only what no database can change (`any_world`)."""
    marks = "long" if is_long else "not long"
    lacks = missing()
    outcome.skipped += lacks
    with sqlite_world() as environment:
        command = pytest_command(marks, coverage=not is_long, extra=extra)
        outcome.run("tests on SQLite with the embedded broker", command, environment)
    if any(lack.startswith(("PostgreSQL", "Redis")) for lack in lacks):
        return
    with postgres_world() as environment:
        command = pytest_command(f"{marks} and not any_world", coverage=False, extra=extra)
        outcome.run("tests on PostgreSQL with Redis", command, environment)


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
    parser.add_argument("extra", nargs="*", help="further words for pytest, after --")
    arguments = parser.parse_args()
    outcome = Outcome()
    if not arguments.long:
        run_checks(outcome, [name for name in CHECKS if arguments.only in (None, name)])
    if arguments.only in (None, "suites"):
        run_suites(outcome, is_long=arguments.long, extra=arguments.extra)
    return report(outcome)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
