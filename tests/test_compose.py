"""Dockerfile and docker-compose.yml without an engine: their text, and the image's steps in a clean directory."""

import fnmatch
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.environment import VARIABLES

pytestmark = pytest.mark.any_world

ROOT = Path(__file__).resolve().parent.parent
COMPOSE = (ROOT / "docker-compose.yml").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()
OF_IMAGES = {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"}
OF_PYTHON = {"PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}
SECRET = re.compile(r"SECRET|PASSWORD|TOKEN|KEY")
OURS = {"migrate", "web", "worker", "scheduler"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(COMPOSE)
    return loaded


def known_variables() -> set[str]:
    return set(VARIABLES) | {f"{name}_FILE" for name in VARIABLES}


def test_every_part_of_the_product_is_a_service(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == OURS | {"postgres", "redis"}


def test_every_service_comes_from_our_image_or_a_pinned_one(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert service["image"] == "insiders:latest" if name in OURS else re.search(r":\d+$", service["image"])


@pytest.mark.parametrize("name", ["web", "worker", "scheduler", "postgres", "redis"])
def test_every_lasting_service_is_checked_and_comes_back(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    check = service.get("healthcheck")
    assert service["restart"] == "unless-stopped"
    assert (check and check["test"][0] == "CMD") or (name == "web" and "HEALTHCHECK" in DOCKERFILE)


@pytest.mark.parametrize("name", ["web", "worker", "scheduler"])
def test_the_product_starts_after_database_broker_and_migrations(compose: dict[str, Any], name: str) -> None:
    conditions = {other: each["condition"] for other, each in compose["services"][name]["depends_on"].items()}
    assert conditions == {
        "migrate": "service_completed_successfully",
        "postgres": "service_healthy",
        "redis": "service_healthy",
    }


def test_what_has_to_last_stands_on_named_volumes(compose: dict[str, Any]) -> None:
    used = {volume for service in compose["services"].values() for volume in service.get("volumes", [])}
    assert used == {"data:/data", "postgres:/var/lib/postgresql/data", "redis:/data"}
    assert {volume.split(":")[0] for volume in used} == set(compose["volumes"])


def test_only_the_web_server_is_reachable_and_only_from_this_machine(compose: dict[str, Any]) -> None:
    ports = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert ports == {"web": ["127.0.0.1:${PORT:-8000}:8000"]}


def test_every_variable_is_one_that_somebody_reads(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert set(service.get("environment", {})) <= (known_variables() if name in OURS else OF_IMAGES)


def test_every_variable_of_the_image_is_one_that_somebody_reads() -> None:
    block = re.search(r"^ENV (.*?[^\\])$", DOCKERFILE, re.MULTILINE | re.DOTALL)
    assert block
    assert set(re.findall(r"([A-Z_]+)=", block.group(1))) <= known_variables() | OF_PYTHON


def test_no_secret_has_a_default() -> None:
    wanted = dict(re.findall(r"\$\{([A-Z][A-Z0-9_]*)(.*?)\}", COMPOSE))
    assert {"SECRET_KEY", "POSTGRES_PASSWORD"} <= set(wanted)
    for name, rest in wanted.items():
        if SECRET.search(name):
            assert rest == ":-" or rest.startswith(":?"), name


def test_the_example_names_every_asked_variable_and_fills_in_no_secret() -> None:
    lines = [line for line in (ROOT / "deploy" / "env.example").read_text().splitlines() if line and line[0] != "#"]
    given = dict(line.split("=", 1) for line in lines)
    asked = set(re.findall(r"\$\{([A-Z][A-Z0-9_]*)", COMPOSE)) - {"PORT"}
    assert set(given) == asked
    assert not [name for name, value in given.items() if SECRET.search(name) and value]


def test_the_image_runs_as_somebody_without_rights() -> None:
    users = re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE)
    assert users == ["insiders"]
    assert DOCKERFILE.index("USER insiders") < DOCKERFILE.index("\nCMD ")


def test_the_image_installs_the_locked_wheels() -> None:
    assert "--require-hashes --only-binary :all: -r requirements.txt" in DOCKERFILE


def patterns() -> tuple[list[str], list[str]]:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    kept = [line[1:] for line in lines if line.startswith("!")]
    return kept, [line for line in lines if line.startswith("**/")]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `COPY . .` would bring: the kept entries, less what is left out inside them."""
    folder = tmp_path_factory.mktemp("image") / "srv"
    folder.mkdir()
    (folder.parent / "data").mkdir()
    kept, dropped = patterns()
    ignore = shutil.ignore_patterns(*(pattern.removeprefix("**/") for pattern in dropped))
    for name in kept:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=ignore)
        elif source.exists():
            shutil.copy(source, folder / name)
    return folder


def in_image(image: Path, *words: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """One step with the image's own environment and nothing of ours."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONDONTWRITEBYTECODE": "1",
        "INSIDERS_PRODUCTION": "1",
        "INSIDERS_HOME": str(image.parent / "data"),
        "STATIC_ROOT": str(image.parent / "static"),
        "ALLOWED_HOSTS": "insiders.example.com",
        "SECRET_KEY": "Vq3-only-for-this-test-" + "0123456789abcdefghij" * 2,
    }
    command = [sys.executable, "manage.py", *words]
    return subprocess.run(
        command, cwd=image, env=environment | variables, capture_output=True, text=True, check=False, timeout=120
    )


def test_the_image_holds_the_product_and_no_tests(image: Path) -> None:
    names = {path.name for path in image.iterdir()}
    assert {"manage.py", "config", "templates", "static", "crm"} <= names
    assert not names & {"tests", "var", ".git", ".venv", ".env"}
    assert not [path for path in image.rglob("*") if fnmatch.fnmatch(path.name, "*.pyc")]


def test_the_images_steps_work_in_a_clean_directory(image: Path) -> None:
    """Assets, migrations and Django's own list of what a server needs, in the order of a first deployment."""
    collected = in_image(image, "collectstatic", "--noinput", "--ignore", "redoc", "--verbosity", "0")
    assert (collected.returncode, collected.stderr) == (0, "")
    assert (image.parent / "static" / "staticfiles.json").exists()
    migrated = in_image(image, "migrate", "--noinput", "--verbosity", "0")
    assert (migrated.returncode, migrated.stderr) == (0, "")
    checked = in_image(image, "check", "--deploy", "--tag", "security", "--fail-level", "WARNING")
    assert checked.returncode == 0, checked.stderr


def test_the_image_refuses_to_start_without_a_key(image: Path) -> None:
    done = in_image(image, "check", SECRET_KEY="")
    assert done.returncode != 0
    assert "SECRET_KEY is not set" in done.stderr
