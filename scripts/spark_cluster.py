"""A standalone Spark cluster on this machine for one test run: a master and workers from the pyspark package."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path

from scripts.servers import free_port, server

START_SECONDS = 120.0
HERE = "127.0.0.1"
# Small, because the cluster shares the machine with everything else; everything stays on the loopback.
DEFAULTS = {
    "spark.driver.host": HERE,
    "spark.driver.bindAddress": HERE,
    "spark.driver.memory": "1g",
    "spark.executor.memory": "1g",
    "spark.sql.shuffle.partitions": "4",
}


def spark_home() -> Path:
    """Where the pyspark package keeps Spark itself."""
    found = find_spec("pyspark")
    if found is None or found.origin is None:
        raise RuntimeError("pyspark is not installed: make install-spark")
    return Path(found.origin).parent


def environment(folder: Path) -> dict[str, str]:
    """What a driver on this machine needs, and the cluster's own processes as well."""
    (folder / "conf").mkdir(exist_ok=True)
    lines = (f"{name} {value}\n" for name, value in DEFAULTS.items())
    (folder / "conf" / "spark-defaults.conf").write_text("".join(lines))
    return {
        "SPARK_CONF_DIR": str(folder / "conf"),
        "SPARK_LOCAL_IP": HERE,
        "SPARK_PUBLIC_DNS": HERE,
        "SPARK_LOCAL_DIRS": str(folder),
        "SPARK_DAEMON_MEMORY": "256m",
    }


@contextmanager
def spark_cluster(workers: int = 2) -> Iterator[tuple[str, dict[str, str]]]:
    """The master's address and the environment for drivers; master and workers end with the block."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="insiders-spark-", dir="/tmp")))
        ours = environment(folder)
        own = {**os.environ, **ours, "SPARK_HOME": str(spark_home())}
        port = free_port()
        start = [str(spark_home() / "bin" / "spark-class")]
        place = ["--host", HERE, "--webui-port", "0"]
        log = folder / "master.log"

        def registered(count: int) -> bool:
            text = log.read_text(errors="replace")
            return "I have been elected leader" in text and text.count("Registering worker") >= count

        command = [*start, "org.apache.spark.deploy.master.Master", *place, "--port", str(port)]
        stack.enter_context(server("Spark master", command, lambda: registered(0), log, START_SECONDS, env=own))
        master = f"spark://{HERE}:{port}"
        for number in range(1, workers + 1):
            command = [*start, "org.apache.spark.deploy.worker.Worker", *place, "--cores", "1", "--memory", "1g"]
            command += ["--work-dir", str(folder / f"worker-{number}"), master]
            here = folder / f"worker-{number}.log"

            def ready(count: int = number) -> bool:
                return registered(count)

            stack.enter_context(server("Spark worker", command, ready, here, START_SECONDS, env=own))
        yield master, ours
