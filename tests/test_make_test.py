"""What `make test` says at its end, and what it keeps away from the tests."""

import glob
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import servers
from scripts import test as runner

pytestmark = pytest.mark.any_world


@pytest.fixture
def outcome(monkeypatch: pytest.MonkeyPatch) -> runner.Outcome:
    monkeypatch.delenv("INSIDERS_REQUIRE_ALL", raising=False)
    return runner.Outcome()


def test_a_run_without_failures_and_skips_is_a_success(outcome: runner.Outcome) -> None:
    outcome.run("step", [sys.executable, "-c", ""], {})
    assert runner.report(outcome) == 0


def test_one_failed_step_fails_the_run_and_is_named(
    outcome: runner.Outcome, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome.run("good", [sys.executable, "-c", ""], {})
    outcome.run("bad", [sys.executable, "-c", "raise SystemExit(3)"], {})
    assert runner.report(outcome) == 1
    assert "s  bad  FAILED" in capsys.readouterr().out


def test_what_was_skipped_is_listed_and_fails_only_when_all_is_asked_for(
    outcome: runner.Outcome, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome.skipped.append("Chromium: the browser tests were not run")
    assert runner.report(outcome) == 0
    assert "skipped, because the system has no Chromium" in capsys.readouterr().out
    monkeypatch.setenv("INSIDERS_REQUIRE_ALL", "1")
    assert runner.report(outcome) == 1


def test_an_empty_machine_lacks_four_things(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(glob, "glob", lambda pattern: [])
    assert [sentence.split(":")[0] for sentence in runner.missing()] == ["PostgreSQL", "Redis", "Chromium", "Java"]


def test_the_newest_postgresql_is_found_off_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = [f"/usr/lib/postgresql/{version}/bin/initdb" for version in (9, 16, 15)]
    monkeypatch.setattr(glob, "glob", lambda pattern: found)
    assert servers.find("initdb") == "/usr/lib/postgresql/16/bin/initdb"


def test_the_products_own_variables_do_not_reach_its_tests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY_FILE", "INSIDERS_TEST_DATA"):
        monkeypatch.setenv(name, "from the shell")
    environment = runner.clean_environment(tmp_path)
    assert environment["INSIDERS_HOME"] == str(tmp_path)
    assert environment["INSIDERS_TEST_DATA"] == "from the shell"
    assert not {"DATABASE_URL", "REDIS_URL", "SECRET_KEY_FILE"} & set(environment)


def test_a_server_that_does_not_start_shows_its_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = [sys.executable, "-c", "print('no room'); raise SystemExit(1)"]
    with (
        pytest.raises(RuntimeError, match="Redis did not start"),
        servers.server("Redis", command, lambda: False, tmp_path / "log"),
    ):
        pytest.fail("it never ran")
    assert "no room" in capsys.readouterr().err


def test_the_ci_script_is_sound_bash_and_asks_for_everything() -> None:
    script = runner.ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0
    assert "INSIDERS_REQUIRE_ALL=1" in script.read_text()
