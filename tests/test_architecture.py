"""The picture in docs/architecture.md, held against the code."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from core.kinds import KINDS

HEAVY = {"pandas", "scipy", "sklearn", "statsmodels", "lifetimes", "umap"}

# Everything that a web process or a worker ever imports, then what that brought along.
IMPORT_ALL = """
import json, sys
import config.wsgi
from config.celery import app
from django.core.management import get_commands, load_command_class
from django.urls import get_resolver

def walk(resolver):
    for entry in resolver.url_patterns:
        walk(entry) if hasattr(entry, "url_patterns") else entry.callback

walk(get_resolver())
app.loader.import_default_modules()
{more}
print(json.dumps(sorted(sys.modules)))
"""


def loaded_modules(more: str = "") -> set[str]:
    """The modules of a fresh interpreter that has imported the whole web process and the worker's tasks."""
    code = IMPORT_ALL.replace("{more}", more)
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=settings.BASE_DIR, capture_output=True, text=True, check=True, timeout=120
    )
    return set(json.loads(answer.stdout.splitlines()[-1]))


def test_import_contracts_hold() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    answer = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=120)
    assert answer.returncode == 0, answer.stdout[-4000:] + answer.stderr[-2000:]


def test_web_process_and_worker_load_nothing_heavy_and_no_job() -> None:
    modules = loaded_modules()
    assert "core.tasks" in modules
    assert "core.views.today" in modules
    assert {name.partition(".")[0] for name in modules} & HEAVY == set()
    assert {name for name in modules if ".jobs" in name and name.partition(".")[0] in _our_packages()} == set()


def test_positive_control_a_heavy_import_is_seen() -> None:
    assert "scipy" in loaded_modules(more="import scipy")


def _our_packages() -> set[str]:
    return {path.parent.name for path in settings.BASE_DIR.glob("*/__init__.py")}


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{name.name}" for name in node.names}
    return found


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_jobs_never_import_each_other(kind: str) -> None:
    """Helpers may be shared; a module that holds the job of one kind is no helper of another."""
    job_modules = {other.job.rpartition(".")[0] for other in KINDS.values()}
    module = KINDS[kind].job.rpartition(".")[0]
    path = settings.BASE_DIR / f"{module.replace('.', '/')}.py"
    files = [path] if path.exists() else sorted(path.with_suffix("").rglob("*.py"))
    assert files, f"{kind} names the module {module}, which does not exist"
    imported = set().union(*(_imports(file) for file in files))
    assert imported & (job_modules - {module}) == set()


def test_every_kind_has_a_task_of_its_name() -> None:
    from config.celery import app

    app.loader.import_default_modules()
    assert set(KINDS) <= set(app.tasks)


def test_no_file_outgrows_three_hundred_lines() -> None:
    long = {
        str(path.relative_to(settings.BASE_DIR)): count
        for package in _our_packages()
        for path in (settings.BASE_DIR / package).rglob("*.py")
        if "migrations" not in path.parts and (count := len(path.read_text(encoding="utf-8").splitlines())) > 300
    }
    assert long == {}, "make a package of the same name"
