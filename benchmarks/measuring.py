"""What every benchmark here shares: a fresh home, a command with its time and its largest process, the machine."""

import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ONLINE_RETAIL = "online-retail/data.csv.gz"
SHOWN = ("Django", "duckdb", "pandas", "numpy", "scikit-learn")


@dataclass(frozen=True)
class Measured:
    seconds: float
    peak_mb: float  # resident memory of the largest process, the command's children included
    result: dict[str, Any]
    processor_seconds: float = 0.0  # of the command and its children: what a busy machine does not change


def test_data(name: str) -> Path:
    """A public file beside the project, as the tests find it."""
    folder = Path(os.environ.get("INSIDERS_TEST_DATA") or ROOT.parent / "shared" / "data")
    if not (folder / name).exists():
        sys.exit(f"{folder / name} is not there; set INSIDERS_TEST_DATA")
    return folder / name


def fresh_home(folder: str) -> dict[str, str]:
    """The environment of an installation with an empty database."""
    environment = dict(os.environ) | {"INSIDERS_HOME": folder, "PYTHONPATH": str(ROOT)}
    for name in ("DATABASE_URL", "STORAGE_ROOT"):
        environment.pop(name, None)
    environment["DJANGO_SETTINGS_MODULE"] = "config.settings"
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, env=environment, check=True)
    return environment


def measure(command: list[str], environment: dict[str, str]) -> Measured:
    """Run a command that prints one JSON object last."""
    started = time.monotonic()
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} failed: {printed}")
    return Measured(
        seconds, usage.ru_maxrss / 1024, json.loads(printed.strip().splitlines()[-1]), usage.ru_utime + usage.ru_stime
    )


def machine() -> str:
    """Cores, memory, load and versions: without them a number says little."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = ", ".join(f"{name} {version(name)}" for name in SHOWN)
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.machine()}, load average {load} "
        f"when begun\nPython {platform.python_version()}, {versions}"
    )
