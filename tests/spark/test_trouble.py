"""What a person reads when the cluster is not there: a sentence that says what to do."""

import importlib.util
import shutil
from pathlib import Path
from typing import Any

import pytest

from core import java
from core.trouble import Unavailable
from crm.ledger.engines import session
from scripts.servers import free_port


def opened() -> None:
    with session.spark_session():
        pytest.fail("there is no such cluster")


def test_a_master_that_does_not_answer_is_named(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "what_is_missing", lambda: "")
    settings.SPARK_MASTER = f"spark://127.0.0.1:{free_port()}"
    with pytest.raises(Unavailable, match=r"The Spark master spark://127\.0\.0\.1:\d+ does not answer: start it"):
        opened()


def test_without_pyspark_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "find_spec", lambda name: None)
    with pytest.raises(Unavailable, match="pyspark is not installed: make install-spark"):
        opened()


def test_without_java_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "find_spec", lambda name: importlib.util.find_spec("json"))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(Unavailable, match="there is no Java"):
        opened()


@pytest.mark.parametrize(
    ("told", "version"),
    [('openjdk version "17.0.15" 2025-04-15', 17), ('java version "1.8.0_402"', 8), ('openjdk version "21" x', 21)],
)
def test_a_java_that_is_too_old_is_none(
    told: str, version: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "java"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho '{told}' >&2\n")
    program.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setattr(session, "find_spec", lambda name: importlib.util.find_spec("json"))
    assert java.java_version() == version
    assert ("there is no Java (17 or newer)" in session.what_is_missing()) is (version < 17)


def test_without_an_address_of_a_cluster_the_setting_is_named(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "what_is_missing", lambda: "")
    settings.SPARK_MASTER = ""
    with pytest.raises(Unavailable, match="SPARK_MASTER is not set"):
        opened()


def test_a_cluster_without_free_workers_is_not_waited_for(
    master: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each worker has a gigabyte, so an executor of two finds no place."""
    settings.SPARK_MASTER = master
    monkeypatch.setattr(session, "FIRST_EXECUTOR_SECONDS", 2.0)
    monkeypatch.setattr(session, "_configuration", lambda: {"spark.executor.memory": "2g"})
    with pytest.raises(Unavailable, match="has no worker with free cores and memory"):
        opened()


def test_a_mistake_in_sql_is_no_trouble_of_the_cluster(master: str, settings: Any) -> None:
    from pyspark.errors import AnalysisException

    settings.SPARK_MASTER = master
    with pytest.raises(AnalysisException), session.spark_session() as opened_session:
        opened_session.sql("SELECT nothing FROM nowhere")


def test_the_storages_key_reaches_the_cluster(settings: Any) -> None:
    from config.storage import bucket_settings

    assert session._bucket_configuration(None) == {}
    there = bucket_settings("s3://bucket/part", endpoint="http://minio:9000", region="eu", key="k", secret="s")
    assert session._bucket_configuration(there) == {
        "spark.hadoop.fs.s3a.endpoint": "http://minio:9000",
        "spark.hadoop.fs.s3a.endpoint.region": "eu",
        "spark.hadoop.fs.s3a.access.key": "k",
        "spark.hadoop.fs.s3a.secret.key": "s",
        "spark.hadoop.fs.s3a.path.style.access": "true",
    }
