"""The `demo` command: four files, the same bytes each time, and a clear sentence when it cannot."""

import hashlib
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from crm.management.commands.demo import HashedFile

NAMES = ["transactions.csv", "customers.csv", "events.csv", "truth.json"]


def run(out: Path, *arguments: str) -> dict[str, Any]:
    printed = StringIO()
    call_command("demo", "--out", str(out), "--json", *arguments, stdout=printed, stderr=StringIO())
    result: dict[str, Any] = json.loads(printed.getvalue())
    return result


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    out = tmp_path_factory.mktemp("demo") / "new" / "folder"
    return out, run(out)


def test_demo_writes_four_files_and_describes_them(made: tuple[Path, dict[str, Any]]) -> None:
    out, result = made
    assert sorted(path.name for path in out.iterdir()) == sorted(NAMES)
    assert (result["out"], result["size"], result["seed"]) == (str(out), "small", 1)
    for name in NAMES:
        data = (out / name).read_bytes()
        described = {"lines": data.count(b"\n"), "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        assert result["files"][name] == described
        assert b"\r" not in data
        assert data.endswith(b"\n")


def test_demo_truth_counts_the_files_lines(made: tuple[Path, dict[str, Any]]) -> None:
    out, result = made
    truth = json.loads((out / "truth.json").read_text())
    lines = {name: file["lines"] - 1 for name, file in result["files"].items()}
    assert truth["counts"]["lines"] == lines["transactions.csv"]
    assert truth["counts"]["customers"] == lines["customers.csv"]
    assert truth["events"]["lines"] == lines["events.csv"]


def test_demo_again_writes_the_same_bytes(made: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    assert run(tmp_path)["files"] == made[1]["files"]


def test_demo_of_another_seed_differs_in_every_file(made: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    other = run(tmp_path, "--seed", "2")["files"]
    assert all(other[name]["sha256"] != made[1]["files"][name]["sha256"] for name in NAMES)


def test_demo_speaks_in_words_without_json(tmp_path: Path) -> None:
    printed = StringIO()
    call_command("demo", "--out", str(tmp_path), stdout=printed, stderr=StringIO())
    assert printed.getvalue().startswith("Demo shop (small, seed 1)")
    assert "customers.csv: 2501 lines" in printed.getvalue()


def test_demo_into_a_file_says_what_to_do(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine")
    with pytest.raises(CommandError, match="name a folder that you may write to"):
        call_command("demo", "--out", str(taken), stderr=StringIO())
    assert taken.read_text() == "mine"


def test_demo_failure_as_json_exits_with_1(tmp_path: Path) -> None:
    printed = StringIO()
    with pytest.raises(CommandError) as ended:
        call_command("demo", "--out", str(tmp_path), "--seed", "-1", "--json", stdout=printed, stderr=StringIO())
    assert ended.value.returncode == 1
    failure = json.loads(printed.getvalue())
    assert failure["state"] == "failed"
    assert failure["error"]["code"] == "seed"
    assert list(tmp_path.iterdir()) == []


def test_a_broken_write_leaves_the_older_file(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("older\n")
    file = HashedFile(path)
    with pytest.raises(UnicodeEncodeError):
        write_half(file)
    assert path.read_text() == "older\n"
    assert list(tmp_path.iterdir()) == [path]


def write_half(file: HashedFile) -> None:
    with file:
        file.write(["half"])
        file.write(["\ud800"])
