"""Buckets that are missing, refuse our key or stop answering: told with a sentence, and nothing is lost."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from config.environment import SettingError
from config.storage import bucket_settings
from core.execution import execute
from core.models import Run
from core.trouble import Unavailable
from crm.checks import storage_answers
from crm.ledger import storage
from crm.ledger.storage import s3
from crm.models import Upload
from crm.selectors import current_version
from crm.services import confirm_mapping
from crm.services.mappings import complete_mapping
from tests.crm.buckets import NAME, away, keys, write_lines
from tests.factories import (
    do_run,
    imported,
    make_token,
    make_upload,
    make_user,
    sniffed,
)
from tests.s3 import Gate, S3Server


@pytest.fixture
def own_server(tmp_path: Path) -> S3Server:
    """Not started yet, and nobody else's: it may be taken down."""
    return S3Server(tmp_path)


@pytest.fixture
def gate(s3_server: S3Server, s3_bucket: str, settings: Any) -> Iterator[Gate]:
    """The only way to the bucket of this test; nothing is kept on this side of it."""
    gate = Gate(s3_server.port)
    gate.open()
    settings.STORAGE_BUCKET = s3_server.settings(s3_bucket, endpoint=gate.endpoint)
    settings.STORAGE_CACHE_MB = 0
    yield gate
    gate.shut()


def test_a_missing_bucket_is_told_at_the_start(s3_server: S3Server, settings: Any) -> None:
    settings.STORAGE_BUCKET = s3_server.settings("no-such-bucket")
    (fault,) = storage_answers(None, databases=["default"])
    assert fault.id == "insiders.E001"
    assert "s3://no-such-bucket/shop" in fault.msg
    assert "has no such bucket: create it, or correct STORAGE_URL." in fault.msg
    assert storage_answers(None, databases=None) == []


@pytest.mark.django_db
def test_a_server_that_does_not_answer_stops_the_start(own_server: S3Server, settings: Any) -> None:
    settings.STORAGE_BUCKET = own_server.settings("gone")
    with pytest.raises(CommandError, match=r"The storage s3://gone/shop at http://127.0.0.1:\d+ does not answer"):
        call_command("check", databases=["default"])


def test_a_bucket_that_answers_lets_the_start_go_on(s3_server: S3Server, s3_bucket: str) -> None:
    assert storage_answers(None, databases=["default"]) == []
    assert keys(s3_server, s3_bucket) == []


def test_a_wrong_key_and_one_that_may_only_read_are_refused_with_a_sentence(
    own_server: S3Server, settings: Any
) -> None:
    with own_server.running() as server:
        server.client().create_bucket(Bucket="shop")
        key, secret = server.ask_for_keys()
        for wrong in (("nobody", "nothing"), (key, "not its secret"), (key, secret)):
            settings.STORAGE_BUCKET = server.settings("shop", key=wrong[0], secret=wrong[1])
            (fault,) = storage_answers(None, databases=["default"])
            assert "refused our key: check STORAGE_S3_KEY and STORAGE_S3_SECRET" in fault.msg, wrong
            assert wrong[1] not in fault.msg


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"url": "https://shop"}, "STORAGE_URL is 'https://shop'; it has to look like s3://bucket"),
        ({"url": "s3://shop/../else"}, "it has to look like s3://bucket"),
        ({"endpoint": "minio:9000"}, "STORAGE_S3_ENDPOINT is 'minio:9000'; it has to look like https://host:port."),
        ({"secret": ""}, "Set both STORAGE_S3_KEY and STORAGE_S3_SECRET, or neither."),
        ({"url": ""}, "STORAGE_S3_… is set but STORAGE_URL is not"),
    ],
)
def test_settings_that_can_not_work_are_refused(wrong: dict[str, str], sentence: str) -> None:
    right = {"url": "s3://shop/insiders", "endpoint": "https://minio:9000", "region": "r", "key": "k", "secret": "s"}
    assert bucket_settings(**right) is not None
    with pytest.raises(SettingError) as error:
        bucket_settings(**(right | wrong))
    assert sentence in str(error.value)


@pytest.mark.django_db
def test_pages_and_the_api_say_that_the_storage_does_not_answer(
    gate: Gate, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = imported(make_upload())
    user = make_user("analyst")
    client.force_login(user)
    headers = {"Authorization": f"Token {make_token(user)}"}
    page, lines = reverse("crm:customer-detail", args=["ann"]), f"/api/v1/uploads/{upload.pk}/lines/"
    assert client.get("/health/ready").json()["checks"]["storage"] == "ok"
    gate.shut()
    monkeypatch.setattr(s3, "ASK_SECONDS", 0)
    ready = client.get("/health/ready")
    assert (ready.status_code, ready.json()["checks"]["storage"]) == (200, "unreachable")
    shown = client.get(page)
    assert shown.status_code == 503
    assert "does not answer" in shown.content.decode()
    assert "Content-Security-Policy" in shown
    answer = client.get(lines, headers=headers)
    assert answer.status_code == 503
    assert answer.json()["code"] == "storage_unavailable"
    gate.open()
    assert client.get(page).status_code == 200
    assert client.get(lines, headers=headers).json()["results"]


def test_a_storage_that_goes_away_while_duckdb_reads_is_told_in_its_own_words(gate: Gate) -> None:
    write_lines(NAME)
    with duckdb.connect() as connection:
        storage.attach(connection)
        connection.execute(f"CREATE VIEW lines AS FROM read_parquet('{storage.location(NAME)}')")
        gate.shut()
        with pytest.raises(Unavailable, match=r"The storage s3://.* does not answer"), storage.explained():
            connection.execute("SELECT sum(amount) FROM lines").fetchall()
        with pytest.raises(duckdb.Error, match="nowhere"), storage.explained():
            connection.execute("SELECT * FROM nowhere")


@pytest.mark.django_db
def test_a_file_that_can_not_be_stored_is_refused_whole(gate: Gate) -> None:
    gate.shut()
    with pytest.raises(Unavailable, match="Nothing is lost"):
        make_upload()
    assert not Upload.objects.exists()
    assert list(storage.scratch().iterdir()) == []


@pytest.mark.django_db
def test_an_import_that_loses_the_storage_half_way_is_tried_again_and_loses_nothing(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.child.UNAVAILABLE_SECONDS", 0)
    upload = sniffed(make_upload())
    assert upload.sniff is not None
    run = confirm_mapping(upload=upload, mapping=complete_mapping(upload.sniff["proposal"], upload.sniff), by=None)
    put = away().fs.put_file

    def lose_the_ledger_file(source: str, address: str) -> None:
        if "/ledger/" in address:
            gate.shut()
        put(source, address)

    monkeypatch.setattr(away().fs, "put_file", lose_the_ledger_file)
    do_run(run)
    assert (run.state, run.error_code, run.attempts) == (Run.State.PENDING, "storage_unavailable", 1)
    assert "does not answer" in run.error
    assert current_version() is None
    assert list(storage.scratch().iterdir()) == []
    gate.open()
    monkeypatch.setattr(away().fs, "put_file", put)
    assert list(storage.listing("ledger")) == []
    assert do_run(run).state == Run.State.SUCCEEDED
    upload.refresh_from_db()
    assert (upload.state, upload.accepted) == (Upload.State.PUBLISHED, 2)


@pytest.mark.django_db(transaction=True)
def test_a_job_in_its_own_process_finds_the_bucket_by_its_settings(
    s3_server: S3Server, s3_bucket: str, real_children: None
) -> None:
    upload = make_upload()
    assert upload.latest_run is not None
    assert execute(upload.latest_run.pk).state == Run.State.SUCCEEDED
    upload.refresh_from_db()
    assert upload.state == Upload.State.SNIFFED
