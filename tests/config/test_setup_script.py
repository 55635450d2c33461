"""`make setup` on machines that lack something: a sentence with the way out, never a traceback."""

import builtins
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts import setup

pytestmark = pytest.mark.any_world


def test_an_old_python_is_named_with_the_way_out() -> None:
    with pytest.raises(setup.SetupError, match=r"needs Python 3\.11 or newer, but /usr/bin/python3 is 3\.9\."):
        setup.check_python((3, 9), "/usr/bin/python3")


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 14), (4, 0)])
def test_a_new_enough_python_passes(version: tuple[int, int]) -> None:
    setup.check_python(version)


def test_a_missing_ensurepip_names_debians_package(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without_ensurepip(name: str, *args: Any, **words: Any) -> Any:
        if name == "ensurepip":
            raise ImportError(name)
        return real(name, *args, **words)

    monkeypatch.setattr(builtins, "__import__", without_ensurepip)
    with pytest.raises(setup.SetupError, match=r"apt-get install python3\.11-venv"):
        setup.check_ensurepip((3, 11))


def test_the_stamp_follows_every_byte_of_the_lock_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "ROOT", str(tmp_path))
    (tmp_path / "requirements.txt").write_text("a==1\n")
    before = setup.fingerprint(["requirements.txt"])
    assert setup.fingerprint(["requirements.txt"]) == before
    (tmp_path / "requirements.txt").write_text("a==2\n")
    assert setup.fingerprint(["requirements.txt"]) != before


def test_a_failing_step_is_a_sentence() -> None:
    with pytest.raises(setup.SetupError, match=r"This step failed: .*run the same command again"):
        setup.run([sys.executable, "-c", "raise SystemExit(1)"])


def test_an_environment_whose_interpreter_is_gone_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "VENV", str(tmp_path / ".venv"))
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to("/nowhere/python3")
    assert not setup.is_venv_alive()


def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The lock files that get installed, into an environment that only seems to be there."""
    monkeypatch.setattr(setup, "ROOT", str(tmp_path))
    monkeypatch.setattr(setup, "STAMP", str(tmp_path / "stamp"))
    monkeypatch.setattr(setup, "venv_python", lambda: sys.executable)
    for name in ("requirements.txt", "requirements-dev.txt", "requirements-spark.txt"):
        (tmp_path / name).write_text(f"{name}==1\n")
    done: list[list[str]] = []
    monkeypatch.setattr(setup, "install", done.append)
    return done


def test_spark_is_installed_once_and_only_where_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = made(tmp_path, monkeypatch)
    setup.setup(is_dev=True)
    setup.setup(is_dev=True, is_spark=True)
    setup.setup(is_dev=True, is_spark=True)
    setup.setup(is_dev=False)
    assert done == [["requirements.txt", "requirements-dev.txt"], ["requirements-spark.txt"]]
    (tmp_path / "requirements-spark.txt").write_text("pyspark==2\n")
    setup.setup(is_dev=True, is_spark=True)
    assert done[2:] == [["requirements-spark.txt"]]


def test_no_lock_file_names_a_registry() -> None:
    root = Path(setup.ROOT)
    for name in ("requirements.txt", "requirements-dev.txt", "requirements-spark.txt"):
        text = (root / name).read_text()
        assert "://" not in text
        assert "--hash=sha256:" in text


def test_make_lists_its_own_commands() -> None:
    words = subprocess.run(["make", "help"], cwd=setup.ROOT, capture_output=True, text=True, check=True).stdout
    assert {line.split(":")[0] for line in words.splitlines()} >= {
        "setup",
        "install-spark",
        "run",
        "test",
        "test-long",
        "lint",
        "lock",
    }
