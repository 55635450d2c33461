"""The main job on Online Retail, command by command: seconds, and the memory of the largest process.

    python -m benchmarks.chain

Targets on 2 cores: stored to published 10 s, refresh 20 s, the whole chain 60 s, no process over 1.5 GB.
Seconds are those of whole commands, the start of their interpreters included.
"""

import sys
import tempfile

from benchmarks.measuring import ONLINE_RETAIL, Measured, fresh_home, machine, measure, test_data


def main() -> None:
    path = test_data(ONLINE_RETAIL)
    print(machine())
    steps = {"ingest": [str(path)], "refresh": [], "scan": [], "review": [], "report": []}
    found: dict[str, Measured] = {}
    with tempfile.TemporaryDirectory() as folder:
        environment = fresh_home(folder)
        for name, arguments in steps.items():
            found[name] = measure([sys.executable, "manage.py", name, *arguments, "--json"], environment)
            print(f"{name}: {found[name].seconds:.1f} s, {found[name].peak_mb:.0f} MB")
    imported = found["ingest"].result
    print(f"{imported['lines']} lines, {imported['customers']} customers, revenue {imported['revenue']}")
    seconds = sum(step.seconds for step in found.values())
    print(f"whole chain: {seconds:.1f} s, largest process {max(step.peak_mb for step in found.values()):.0f} MB")


if __name__ == "__main__":
    main()
