"""A real cluster for the whole run: a master and two workers. Without Java or pyspark the tests that need it say so."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from crm.ledger.engines.session import what_is_missing
from scripts.spark_cluster import spark_cluster


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The cluster neither knows nor changes the database's kind: one run, on SQLite."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.any_world)
            # A cluster that shares two busy cores starts in minutes rather than seconds.
            item.add_marker(pytest.mark.timeout(1200))


@pytest.fixture(scope="session")
def master() -> Iterator[str]:
    """SPARK_MASTER of the cluster; the driver's surroundings are in this process's environment meanwhile."""
    if missing := what_is_missing():
        if os.environ.get("INSIDERS_REQUIRE_ALL") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    with spark_cluster() as (address, environment), pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        try:
            yield address
        finally:
            _end_gateway()


def _end_gateway() -> None:
    """The driver's own Java process, which pyspark keeps until the interpreter ends."""
    from pyspark import SparkContext

    if gateway := SparkContext._gateway:
        gateway.shutdown()
        gateway.proc.stdin.close()
        gateway.proc.wait(timeout=30)
        SparkContext._gateway = SparkContext._jvm = None
