"""What tests with real processes share: a home, a database and a broker of their own."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from config.settings import BASE_DIR


@pytest.fixture
def own_environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """An installation apart from the test's own: of the same kind of database and broker."""
    environment = dict(os.environ) | {"INSIDERS_HOME": str(tmp_path / "home"), "PYTHONPATH": str(BASE_DIR)}
    environment.pop("STORAGE_ROOT", None)
    if redis_url := environment.get("REDIS_URL"):
        environment["REDIS_URL"] = empty_redis(redis_url)
    url = environment.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        environment.pop("DATABASE_URL", None)
        yield environment
        return
    name = f"e2e_{uuid.uuid4().hex[:12]}"
    execute(url, f'CREATE DATABASE "{name}"')
    yield environment | {"DATABASE_URL": urlsplit(url)._replace(path=f"/{name}").geturl()}
    execute(url, f'DROP DATABASE "{name}" WITH (FORCE)')


def execute(url: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def empty_redis(url: str) -> str:
    """Another database of the same private server, emptied."""
    from redis import Redis

    own = urlsplit(url)._replace(path="/7").geturl()
    with Redis.from_url(own) as client:
        client.flushdb()
    return own
