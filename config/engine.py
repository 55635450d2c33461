"""Which cluster adds the ledger up, where DuckDB in the job's own process does not."""

import re

from config.environment import SettingError

MASTER = re.compile(r"spark://[^\s,/:]+:\d+(,[^\s,/:]+:\d+)*|local(\[(\d+|\*)\])?|yarn|k8s://\S+")


def spark_master(engine: str, master: str) -> str:
    """The master's address; refused at the start where Spark is asked for without one, or it can't be one."""
    if master and not MASTER.fullmatch(master):
        raise SettingError(f"SPARK_MASTER is {master!r}; it has to look like spark://host:7077.")
    if engine == "spark" and not master:
        raise SettingError("ANALYTICS_ENGINE is spark, but SPARK_MASTER is not set: set it to spark://host:7077.")
    return master
