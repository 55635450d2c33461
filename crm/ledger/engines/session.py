"""A session of Spark on the cluster that SPARK_MASTER names, or a sentence that says what is missing."""

import re
import socket
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from django.conf import settings

from core.java import OLDEST, is_java_usable
from core.trouble import Unavailable

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

CONNECT_SECONDS = 5.0
# So long a cluster may take to give us a first executor before we say that it is full.
FIRST_EXECUTOR_SECONDS = 90.0
CODE = "engine_unavailable"
INSTEAD = "choose duckdb (--engine duckdb, or ANALYTICS_ENGINE)"


@contextmanager
def spark_session() -> Iterator["SparkSession"]:
    """A session that lasts as long as the block. Raises Unavailable where there is no Spark to work with."""
    if trouble := why_no_spark():
        raise Unavailable(CODE, trouble)
    session = _opened(settings.SPARK_MASTER)
    try:
        _wait_for_an_executor(session)
        with explained():
            yield session
    finally:
        session.stop()


def why_no_spark() -> str:
    """A sentence when no session could be opened from here now; "" when nothing is known to stand in the way."""
    return what_is_missing() or _no_master(settings.SPARK_MASTER)


def what_is_missing() -> str:
    """A sentence when this machine lacks what a driver needs; "" when it has it."""
    if find_spec("pyspark") is None:
        return f"The engine is to be spark, but pyspark is not installed: make install-spark, or {INSTEAD}."
    if not is_java_usable():
        return f"The engine is to be spark, but there is no Java ({OLDEST} or newer) here: install it, or {INSTEAD}."
    return ""


def _no_master(master: str) -> str:
    """A sentence when no master is named, or none of a standalone cluster answers; other kinds speak for themselves."""
    if not master:
        return f"The engine is to be spark, but SPARK_MASTER is not set: set it to spark://host:7077, or {INSTEAD}."
    if not master.startswith("spark://"):
        return ""
    places = [place.rpartition(":") for place in master.removeprefix("spark://").split(",")]
    if any(_answers(host, int(port)) for host, _, port in places):
        return ""
    return f"The Spark master {master} does not answer: start it, or correct SPARK_MASTER. Nothing was changed."


def _answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host.strip("[]"), port), timeout=CONNECT_SECONDS).close()
    except OSError:
        return False
    return True


def _opened(master: str) -> "SparkSession":
    with warnings.catch_warnings():
        # It warns of the newest pandas, of which we pass it nothing.
        warnings.simplefilter("ignore")
        from pyspark.sql import SparkSession
        from pyspark.sql import functions as functions

    builder = SparkSession.builder.master(master).appName("Insiders")
    for name, value in _configuration().items():
        builder = builder.config(name, value)
    try:
        return builder.getOrCreate()
    except Exception as error:
        raise Unavailable(CODE, f"Spark did not start with the master {master}: {_first_line(error)}") from error


def _configuration() -> dict[str, str]:
    """What results depend on, and how to reach the storage; memory and cores are spark-defaults.conf's matter."""
    fixed = {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.decimalOperations.allowPrecisionLoss": "true",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
    }
    return fixed | _bucket_configuration(settings.STORAGE_BUCKET)


def _bucket_configuration(chosen: Any) -> dict[str, str]:
    if chosen is None:
        return {}
    found = {
        "endpoint": chosen.endpoint,
        "endpoint.region": chosen.region,
        "access.key": chosen.key,
        "secret.key": chosen.secret,
        "path.style.access": "true" if chosen.endpoint else "false",
    }
    return {f"spark.hadoop.fs.s3a.{name}": value for name, value in found.items() if value}


def _wait_for_an_executor(session: "SparkSession") -> None:
    """A cluster without a free worker accepts work and lets it wait for ever; so the first, tiny work has a limit."""
    context, is_late = session.sparkContext, threading.Event()

    def give_up() -> None:
        is_late.set()
        context.cancelAllJobs()

    timer = threading.Timer(FIRST_EXECUTOR_SECONDS, give_up)
    timer.start()
    try:
        with explained():
            session.range(1).count()
    except Unavailable as trouble:
        if is_late.is_set():
            master = settings.SPARK_MASTER
            sentence = f"The Spark cluster {master} has no worker with free cores and memory: add one, or wait."
            raise Unavailable(CODE, sentence) from trouble
        raise
    finally:
        timer.cancel()


@contextmanager
def explained() -> Iterator[None]:
    """Turn what Spark reports of the cluster or the storage into one sentence; mistakes in SQL stay what they are."""
    from py4j.protocol import Py4JError
    from pyspark.errors import AnalysisException, ParseException, PySparkException

    try:
        yield
    except (AnalysisException, ParseException):
        raise
    except (PySparkException, Py4JError, ConnectionError) as error:
        raise Unavailable(CODE, f"Spark broke off: {_first_line(error)} Nothing was changed.") from error


def _first_line(error: Exception) -> str:
    """The cause in Spark's own words, without the trace and the names of its classes."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip() and not line.strip().startswith("at ")]
    causes = [line.removeprefix("Caused by: ") for line in lines if line.startswith("Caused by: ")]
    words = re.sub(r"^([a-z]+\.)+[A-Za-z$]+: ", "", (causes or lines or ["no reason was given"])[-1 if causes else 0])
    return f"{words[:300].rstrip('.')}."
