"""What means harm is refused within the memory and the time that a job has, not only in the end."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings

from tests.crm.intake_corpus import columnar, packed, workbooks
from tests.crm.intake_corpus.json_files import lines

MEMORY_MB = 1024
PROCESSOR_SECONDS = 60
OPEN = """
import json, resource, sys, tempfile
from pathlib import Path
import django
django.setup()
from core.runs import JobRefused
from crm.intake.opening import open_table
resource.setrlimit(resource.RLIMIT_DATA, (int(sys.argv[2]) * 1024 * 1024,) * 2)
code = ""
with tempfile.TemporaryDirectory() as folder:
    try:
        open_table(Path(sys.argv[1]), Path(folder), options={})
    except JobRefused as refusal:
        code = refusal.code
used = resource.getrusage(resource.RUSAGE_SELF)
status = Path("/proc/self/status").read_text()
peak_kb = int(status.partition("VmHWM:")[2].split()[0])  # ru_maxrss would be that of the process that started this one
print(json.dumps([code, peak_kb / 1024, used.ru_utime + used.ru_stime]))
"""


def long_texts() -> bytes:
    """120 MB of shared texts, none like another."""
    texts = "".join(f"<si><t>{n:0>100}</t></si>" for n in range(1_000_000))
    return workbooks.by_hand(shared=f'<sst xmlns="{workbooks.MAIN}" count="1000000">{texts}</sst>')


CASES: dict[str, tuple[Callable[[], bytes], str]] = {
    "gzip bomb": (packed.zero_bomb, "bomb"),
    "ZIP bomb": (packed.flat_bomb, "bomb"),
    "100,000 entries": (packed.many_entries, "too_many_entries"),
    "many cells": (workbooks.many_cells, "bomb"),
    "far cell": (lambda: workbooks.with_cell("XFD1048576", "1048576"), "far_cell"),
    "styles to the last row": (workbooks.styled_to_the_last_row, ""),
    "a million long texts": (long_texts, ""),
    "dictionary bomb": (columnar.bomb, "bomb"),
    "nested JSON": (lambda: lines("[" * 1_900_000).encode(), ""),
    "a line of 200 MB": (lambda: b'{"a": "' + b"x" * 200_000_000, "line_too_long"),
}


@pytest.mark.any_world
@pytest.mark.parametrize("name", CASES)
def test_harm_stays_within_a_jobs_limits(name: str, tmp_path: Path) -> None:
    make, code = CASES[name]
    (tmp_path / "stored").write_bytes(make())
    answer = subprocess.run(
        [sys.executable, "-c", OPEN, str(tmp_path / "stored"), str(MEMORY_MB)],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    found, peak_mb, seconds = json.loads(answer.stdout)
    assert found == code
    assert peak_mb < MEMORY_MB
    assert seconds < PROCESSOR_SECONDS


def test_the_limit_of_these_tests_is_one_that_bites() -> None:
    script = "import resource; resource.setrlimit(resource.RLIMIT_DATA, (64 << 20,) * 2); bytearray(128 << 20)"
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "MemoryError" in answer.stderr
