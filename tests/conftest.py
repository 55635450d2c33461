"""Fixtures that every test may use."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from core.models import AuditHead
from crm.models import CataloguePointer
from loyalty.models import Programme
from segmentation.models import SnapshotPointer
from tests.remembering import PURE, remembering
from tests.s3 import S3Server

REAL_WORLDS = {"e2e", "faults"}
DATABASE_FIXTURES = {"db", "transactional_db", "live_server"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that may not touch the database (pytest-django sees to that) runs once, on SQLite.

    Those with real processes bring a database of their own, of the kind that this run uses.
    """
    for item in items:
        uses_database = item.get_closest_marker("django_db") or DATABASE_FIXTURES & set(item.fixturenames)  # type: ignore[attr-defined]
        if not uses_database and not REAL_WORLDS & set(item.path.parts):
            item.add_marker(pytest.mark.any_world)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: pytest.FixtureRequest) -> Path:
    """Every test has a storage of its own."""
    settings.STORAGE_ROOT = tmp_path / "storage"  # type: ignore[attr-defined]
    settings.WATCH_ROOTS = str(tmp_path / "watched")  # type: ignore[attr-defined]
    settings.STORAGE_BUCKET = None  # type: ignore[attr-defined]
    # The real hashers are slow on purpose; no test is about their strength.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # type: ignore[attr-defined]
    return tmp_path


@pytest.fixture(autouse=True)
def remembered_fits(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside the tests of `analytics` itself, the same fit of the same input is not worked out again."""
    if "analytics" in request.path.parts or request.node.get_closest_marker("fresh_fits"):
        return
    for module, name in PURE:
        home = sys.modules.get(module)  # loaded by the jobs that use it; most tests never do
        if home is not None:
            monkeypatch.setattr(home, name, remembering(getattr(home, name)))


@pytest.fixture(autouse=True)
def first_rows(request: pytest.FixtureRequest) -> None:
    """Tests that commit are cleaned up by emptying tables; the rows that migrations made come back here."""
    names = set(request.fixturenames)
    mark = request.node.get_closest_marker("django_db")
    if mark is None and not names & {"db", "transactional_db", "live_server"}:
        return
    is_committing = bool(mark and mark.kwargs.get("transaction")) or bool(names & {"transactional_db", "live_server"})
    request.getfixturevalue("transactional_db" if is_committing else "db")
    make_first_rows()


def make_first_rows() -> None:
    """What migrations put into the database, and emptying the tables takes away."""
    AuditHead.objects.get_or_create(pk=1)
    CataloguePointer.objects.get_or_create(pk=1)
    SnapshotPointer.objects.get_or_create(pk=1)
    Programme.objects.get_or_create(name="Insiders", defaults={"created_at": timezone.now()})


@pytest.fixture
def real_children(transactional_db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs run in real child processes that see this test's database and storage."""
    name = str(connection.settings_dict["NAME"])
    url = os.environ.get("DATABASE_URL", "")
    is_server = connection.vendor == "postgresql"
    monkeypatch.setenv(
        "DATABASE_URL", urlsplit(url)._replace(path=f"/{name}").geturl() if is_server else f"sqlite://{name}"
    )
    monkeypatch.setenv("STORAGE_ROOT", str(settings.STORAGE_ROOT))
    monkeypatch.setenv("INSIDERS_WATCH_ROOTS", settings.WATCH_ROOTS)
    if bucket := settings.STORAGE_BUCKET:
        monkeypatch.setenv("STORAGE_URL", bucket.url)
        for name in ("endpoint", "region", "key", "secret"):
            monkeypatch.setenv(f"STORAGE_S3_{name.upper()}", getattr(bucket, name))
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings")


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The public data sets beside the project; tests that need them say so when they are absent."""
    folder = Path(os.environ.get("INSIDERS_TEST_DATA") or settings.BASE_DIR.parent / "shared" / "data")
    if not folder.is_dir():
        if os.environ.get("INSIDERS_REQUIRE_ALL") == "1":
            pytest.fail(f"no test data at {folder}")
        pytest.skip(f"no test data at {folder}; set INSIDERS_TEST_DATA")
    return folder


@pytest.fixture(autouse=True, scope="session")
def static_root() -> None:
    """Whitenoise warns of a folder that is not there, and no test collects static files."""
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with S3Server(tmp_path_factory.mktemp("s3")).running() as server:
        yield server


@pytest.fixture
def s3_bucket(s3_server: S3Server, settings: Any) -> str:
    """Stored files of this test are in a bucket of their own."""
    name = f"test-{uuid4().hex[:12]}"
    s3_server.client().create_bucket(Bucket=name)
    settings.STORAGE_BUCKET = s3_server.settings(name)
    return name
