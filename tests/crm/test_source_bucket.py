"""Files below a prefix of a real S3 server as a source."""

from typing import Any

import pytest

from crm.models import InboxFile, Upload
from crm.sources import SourceProblem, check_location
from tests.crm.sources import look, make_inbox, work_off
from tests.factories import CSV
from tests.s3 import KEY, SECRET, S3Server

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(s3_server: S3Server, settings: Any) -> Any:
    """A client that writes exports into a bucket of its own; sources may read below exports/."""
    client = s3_server.client()
    client.create_bucket(Bucket="shop-exports")
    settings.SOURCE_BUCKETS = "s3://shop-exports/exports"
    settings.SOURCE_S3_ENDPOINT, settings.SOURCE_S3_KEY, settings.SOURCE_S3_SECRET = s3_server.endpoint, KEY, SECRET
    yield client
    for entry in client.list_objects_v2(Bucket="shop-exports").get("Contents", []):
        client.delete_object(Bucket="shop-exports", Key=entry["Key"])
    client.delete_bucket(Bucket="shop-exports")


def put(shop: Any, name: str, text: str = CSV) -> None:
    shop.put_object(Bucket="shop-exports", Key=name, Body=text.encode())


def test_each_object_below_the_prefix_is_taken_once_and_imported(shop: Any) -> None:
    put(shop, "exports/2025/a.csv")
    put(shop, "exports/b.csv", CSV.replace("A1", "B1"))
    put(shop, "exports/c.csv.tmp")
    put(shop, "elsewhere/d.csv", CSV.replace("A1", "D1"))
    inbox = make_inbox("s3://shop-exports/exports/", kind="s3")
    assert look(inbox) == {"taken": 2, "known": 0, "waiting": 0, "problem": ""}
    assert look(inbox) == {"taken": 0, "known": 0, "waiting": 0, "problem": ""}
    work_off()
    assert set(Upload.objects.values_list("file_name", "state")) == {("a.csv", "published"), ("b.csv", "published")}


def test_a_replaced_object_is_a_new_version(shop: Any) -> None:
    put(shop, "exports/a.csv")
    inbox = make_inbox("s3://shop-exports/exports", kind="s3")
    look(inbox)
    put(shop, "exports/a.csv", CSV.replace("A1", "B1"))
    assert look(inbox)["taken"] == 1
    assert InboxFile.objects.count() == Upload.objects.count() == 2


def test_a_large_object_comes_in_pieces_and_whole(shop: Any) -> None:
    text = "order,date,customer,item,quantity,price\n" + "".join(
        f"N{n},2025-01-02,c{n % 99},cup,1,4.50\n" for n in range(600_000)
    )
    put(shop, "exports/large.csv", text)
    assert look(make_inbox("s3://shop-exports/exports", kind="s3"))["taken"] == 1
    assert Upload.objects.get().size == len(text)


@pytest.mark.parametrize(
    "location",
    [
        "s3://shop-exports",
        "s3://shop-exports/exports-of-others",
        "s3://other/exports",
        "s3://shop-exports/exports/../x",
    ],
)
def test_only_what_was_opened_is_read(shop: Any, location: str) -> None:
    with pytest.raises(SourceProblem):
        check_location("s3", location)
    assert look(make_inbox(location, kind="s3"))["problem"]


def test_a_bucket_that_is_not_there_is_a_sentence(shop: Any, settings: Any) -> None:
    settings.SOURCE_BUCKETS = "s3://no-such-bucket"
    assert "no-such-bucket" in look(make_inbox("s3://no-such-bucket/a", kind="s3"))["problem"]


def test_a_service_that_is_away_is_a_sentence(shop: Any, settings: Any) -> None:
    settings.SOURCE_S3_ENDPOINT = "http://127.0.0.1:9"
    assert "can't be read" in look(make_inbox("s3://shop-exports/exports", kind="s3"))["problem"]
