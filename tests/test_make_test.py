"""What `make test` says at its end, and what it keeps away from the tests."""

import glob
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO

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


def test_both_lanes_run_at_once_and_the_second_ones_words_come_last(capfd: pytest.CaptureFixture[str]) -> None:
    met = threading.Barrier(2, timeout=20)

    def shown() -> None:
        met.wait()
        runner.say("shown 1")
        met.wait()
        runner.say("shown 2")

    def kept(output: IO[str]) -> None:
        met.wait()
        subprocess.run([sys.executable, "-c", "print('kept 1')"], stdout=output, check=True)
        runner.say("kept 2", output)
        met.wait()

    runner.run_lanes(shown, kept)
    assert capfd.readouterr().out.split("\n")[:4] == ["shown 1", "shown 2", "kept 1", "kept 2"]


@pytest.mark.parametrize("broken", ["shown", "kept"])
def test_a_lane_that_breaks_hides_nothing_of_the_other(broken: str, capfd: pytest.CaptureFixture[str]) -> None:
    def break_or_say(lane: str, output: IO[str] | None = None) -> None:
        if lane == broken:
            raise RuntimeError("no server")
        runner.say(f"{lane} ran", output)

    with pytest.raises(RuntimeError, match="no server"):
        runner.run_lanes(lambda: break_or_say("shown"), lambda output: break_or_say("kept", output))
    assert capfd.readouterr().out == ("kept ran\n" if broken == "shown" else "shown ran\n")


def test_a_command_beside_keeps_its_words_and_errors_in_order(outcome: runner.Outcome, tmp_path: Path) -> None:
    code = "import sys; print('out', flush=True); sys.exit('err')"
    with (tmp_path / "kept").open("w+") as output:
        outcome.run("bad", [sys.executable, "-c", code], {}, output)
        output.seek(0)
        assert output.read().splitlines()[1:] == ["out", "err"]
    assert outcome.failed == ["bad"]


def test_what_was_skipped_is_listed_and_fails_only_when_all_is_asked_for(
    outcome: runner.Outcome, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome.skipped.append("Chromium: the browser tests were not run")
    assert runner.report(outcome) == 0
    assert "skipped, because the system has no Chromium" in capsys.readouterr().out
    monkeypatch.setenv("INSIDERS_REQUIRE_ALL", "1")
    assert runner.report(outcome) == 1


def test_an_empty_machine_lacks_five_things(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(glob, "glob", lambda pattern: [])
    monkeypatch.setattr(runner, "find_spec", lambda name: None)
    expected = ["PostgreSQL", "Redis", "Chromium", "Java 17 or newer", "pyspark"]
    assert [sentence.split(":")[0] for sentence in runner.missing()] == expected


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
