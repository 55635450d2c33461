"""What a person reads when the cluster is not there: a sentence that says what to do."""

import importlib.util
import shutil
from typing import Any

import pytest

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
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(Unavailable, match="there is no Java"):
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
