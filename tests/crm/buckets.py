"""What tests of stored files in a bucket share."""

import duckdb

from crm.ledger import storage
from crm.ledger.storage import s3
from tests.s3 import S3Server

NAME = "ledger/one.parquet"


def away() -> s3.Bucket:
    found = storage.bucket()
    assert found is not None
    return found


def keys(s3_server: S3Server, name: str) -> list[str]:
    answer = s3_server.client().list_objects_v2(Bucket=name)
    return [entry["Key"] for entry in answer.get("Contents", [])]


def write_lines(name: str) -> int:
    """A sorted file of ten row groups, as the ledger's are; returns its size."""
    query = "SELECT n // 20 AS customer_key, hash(n)::VARCHAR AS description, n % 100 AS amount FROM range(500000) t(n)"
    with duckdb.connect() as connection:
        copy = "COPY ({}) TO '{}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 50000)"
        return storage.write_atomically(name, lambda target: connection.execute(copy.format(query, target)))[0]
