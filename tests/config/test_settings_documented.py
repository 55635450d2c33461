"""docs/settings.md names every variable that the code reads, with its default, and no other."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import config.settings
import config.supervise.options
from config.environment import VARIABLES

pytestmark = pytest.mark.any_world

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| `([A-Z][A-Z0-9_]*)` \| (.*?) \| (.*?) \|$", re.MULTILINE)
# Read by what starts the product or tests it, before or outside the settings.
OUTSIDE = {
    "DJANGO_SETTINGS_MODULE",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "OMP_WAIT_POLICY",
    "JAVA_HOME",
    "INSIDERS_TEST_DATA",
    "INSIDERS_REQUIRE_ALL",
}


def documented() -> dict[str, tuple[str, str]]:
    page = (ROOT / "docs" / "settings.md").read_text()
    return {name: (default, meaning) for name, default, meaning in ROW.findall(page)}


def test_every_variable_has_a_row_and_every_row_a_variable() -> None:
    assert set(documented()) - OUTSIDE == set(VARIABLES)


def test_the_page_says_what_the_code_says() -> None:
    rows = documented()
    assert {name: rows[name][1] for name in VARIABLES} == {name: each.help for name, each in VARIABLES.items()}


def test_the_page_gives_the_defaults() -> None:
    """Paths depend on where the project stands; the page writes them relative to it."""
    home = str(config.settings.INSIDERS_HOME)
    relative = {
        name: each.default.replace(f"{home}/", "INSIDERS_HOME/").replace(f"{ROOT}/", "")
        for name, each in VARIABLES.items()
    }
    rows = documented()
    assert {name: rows[name][0].strip("`") for name in VARIABLES} == {
        name: default or "none" for name, default in relative.items()
    }


def environment_names(path: Path) -> set[str]:
    """Names that a file takes from os.environ or os.getenv itself, past the readers."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        source = ast.unparse(node) if isinstance(node, ast.Call | ast.Subscript) else ""
        names |= set(re.findall(r"^os\.(?:environ(?:\.get|\.setdefault)?|getenv)[\[(]'([A-Z_0-9]+)'", source))
    return names


@pytest.mark.parametrize("folder", ["analytics", "config", "core", "crm", "segmentation", "anomalies", "loyalty"])
def test_nothing_reads_the_environment_past_the_settings(folder: str) -> None:
    read = {name for path in (ROOT / folder).rglob("*.py") for name in environment_names(path)}
    assert read <= OUTSIDE


def test_the_reader_of_environment_reads_finds_one(tmp_path: Path) -> None:
    file = tmp_path / "sample.py"
    file.write_text("import os\na = os.environ['ONE']\nb = os.environ.get('TWO', '')\nc = os.getenv('THREE')\n")
    assert environment_names(file) == {"ONE", "TWO", "THREE"}


def start_with(tmp_path: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Load the settings in a process of their own, in an environment that holds only these."""
    environment = {"PATH": os.environ["PATH"], "INSIDERS_HOME": str(tmp_path)} | variables
    command = [sys.executable, "-c", "import config.settings, config.supervise.options"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_the_defaults_start(tmp_path: Path) -> None:
    assert start_with(tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"PORT": "eighty"}, "PORT is 'eighty'; it has to be a whole number of at least 1."),
        ({"PORT": "-1"}, "PORT is '-1'; it has to be a whole number of at least 1."),
        ({"SESSION_HOURS": "0"}, "SESSION_HOURS is '0'; it has to be a whole number of at least 1."),
        ({"INSIDERS_PRODUCTION": "perhaps"}, "INSIDERS_PRODUCTION is 'perhaps'; write 1 or 0."),
        ({"INSIDERS_PRODUCTION": "1"}, "SECRET_KEY is not set"),
        ({"INSIDERS_PRODUCTION": "1", "INSIDERS_DEBUG": "1"}, "can't both be 1"),
        ({"ANALYTICS_ENGINE": "abacus"}, "ANALYTICS_ENGINE is 'abacus'; it has to be one of duckdb, spark."),
        ({"ANALYTICS_ENGINE": "spark"}, "ANALYTICS_ENGINE is spark, but SPARK_MASTER is not set"),
        ({"SPARK_MASTER": "http://x"}, "SPARK_MASTER is 'http://x'; it has to look like spark://host:7077."),
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL has to start with postgresql://"),
        ({"SECRET_KEY": "x", "SECRET_KEY_FILE": "y"}, "Both SECRET_KEY and SECRET_KEY_FILE are set; keep one."),
        ({"SECRET_KEY_FILE": "/nowhere/key"}, "SECRET_KEY_FILE names /nowhere/key, which can't be read"),
    ],
)
def test_a_bad_value_stops_the_start_with_a_sentence(tmp_path: Path, variables: dict[str, str], sentence: str) -> None:
    done = start_with(tmp_path, **variables)
    assert done.returncode != 0
    assert sentence in done.stderr.strip().splitlines()[-1]


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from a file\n")
    command = [sys.executable, "-c", "import config.settings as s; print(s.SECRET_KEY)"]
    environment = {"PATH": os.environ["PATH"], "INSIDERS_HOME": str(tmp_path), "SECRET_KEY_FILE": str(tmp_path / "key")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "from a file\n"


def test_the_generated_key_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    start_with(tmp_path)
    key = tmp_path / "secret_key"
    assert key.stat().st_mode & 0o777 == 0o600
    before = key.read_text()
    start_with(tmp_path)
    assert key.read_text() == before
    assert len(before) >= 50


@pytest.mark.parametrize(
    ("variables", "header"),
    [
        ({}, "None"),
        ({"INSIDERS_PRODUCTION": "1"}, "('HTTP_X_FORWARDED_PROTO', 'https')"),
        ({"INSIDERS_PRODUCTION": "1", "SECURE_PROXY_SSL_HEADER": "0"}, "None"),
        ({"SECURE_PROXY_SSL_HEADER": "1"}, "('HTTP_X_FORWARDED_PROTO', 'https')"),
    ],
)
def test_a_server_without_a_proxy_need_not_believe_its_header(
    tmp_path: Path, variables: dict[str, str], header: str
) -> None:
    command = [sys.executable, "-c", "import config.settings as s; print(s.SECURE_PROXY_SSL_HEADER)"]
    environment = {"PATH": os.environ["PATH"], "INSIDERS_HOME": str(tmp_path), "SECRET_KEY": "k" * 50} | variables
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == header
