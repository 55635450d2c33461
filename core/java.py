"""Which Java a driver of Spark would start here. Plain Python, so that a machine without our packages can ask too.

`python3 -m core.java` ends with 0 where it is new enough.
"""

import os
import re
import shutil
import subprocess
import sys

OLDEST = 17
SECONDS = 20.0


def java_version() -> int | None:
    """The first number of the version of Java, 8 for what calls itself 1.8; None where there is none that starts."""
    home = os.environ.get("JAVA_HOME")
    program = os.path.join(home, "bin", "java") if home else shutil.which("java")
    if program is None:
        return None
    try:
        told = subprocess.run(  # noqa: S603 - the operator's own Java
            [program, "-version"], capture_output=True, text=True, timeout=SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r'version "(?:1\.)?(\d+)', told.stderr + told.stdout)
    return int(found[1]) if found else None


def is_java_usable() -> bool:
    """Whether Spark can run on it."""
    return (java_version() or 0) >= OLDEST


if __name__ == "__main__":
    sys.exit(0 if is_java_usable() else 1)
