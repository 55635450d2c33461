"""What comparisons and maps leave in the store: one Parquet file each, a row a customer of the sample."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from core.models import Run
from core.runs import Lease
from crm.ledger import storage, write_atomically
from crm.ledger.verifying import Claim
from segmentation.models import Comparison, Embedding

COMPARISONS, MAPS = "comparisons", "maps"
KEPT_COMPARISONS = 100
KEPT_MAPS = 3


def write_columns(folder: str, fingerprint: str, token: int, columns: dict[str, Any]) -> tuple[str, str]:
    """Store arrays of one length by name; returns the file's name and SHA-256. One name for each attempt."""
    name = f"{folder}/{fingerprint}-{token}.parquet"

    def write(path: Path) -> None:
        with duckdb.connect(config={"threads": 1}) as connection:
            connection.register("held", columns)
            connection.execute(f"COPY (FROM held ORDER BY customer_key) TO '{path}' (FORMAT parquet)")

    _, sha256 = write_atomically(name, write)
    return name, sha256


def read_columns(name: str, columns: list[str]) -> dict[str, list[Any]]:
    """The named columns of a stored file as lists, by customer_key; {} when the file is gone."""
    location, mark = storage.located(name) if name else ("", "")
    if not mark:
        return {}
    chosen = ", ".join(f'"{column}"' for column in columns)
    with storage.explained(), duckdb.connect(config={"threads": 1}) as opened:
        storage.attach(opened)
        found = opened.execute(f"SELECT {chosen} FROM read_parquet('{location}') ORDER BY customer_key").fetchall()
    return {column: [row[place] for row in found] for place, column in enumerate(columns)}


def remove_leftovers(lease: Lease) -> None:
    """Forget the oldest entries, and drop files of attempts that nobody finishes."""
    # Files first: one that is published while we look has its row when rows are read.
    found = [file.name for folder in (COMPARISONS, MAPS) for file in storage.listing(folder)]
    working = Run.objects.filter(kind__in=("segmentation.compare", "segmentation.embed"), state__in=Run.ACTIVE)
    arriving = [f"{run.params.get('fingerprint', '-')}-{run.fencing_token}.parquet" for run in working]
    lease.guard()
    _forget_oldest()
    kept = {*Comparison.objects.values_list("path", flat=True), *Embedding.objects.values_list("path", flat=True)}
    for name in found:
        if name not in kept and not name.endswith(tuple(arriving)):
            storage.delete(name)


def _forget_oldest() -> None:
    """What a choice rests on is kept, and what somebody waits for."""
    free = Comparison.objects.filter(choices__isnull=True).exclude(run__state__in=Run.ACTIVE).order_by("-pk")
    Comparison.objects.filter(pk__in=list(free.values_list("pk", flat=True)[KEPT_COMPARISONS:])).delete()
    Embedding.objects.filter(pk__in=list(Embedding.objects.values_list("pk", flat=True)[KEPT_MAPS:])).delete()


def claims() -> Iterator[Claim]:
    """The files of comparisons and maps, for the check of all stored files."""
    for number, path, sha256 in Comparison.objects.exclude(path="").values_list("pk", "path", "sha256"):
        yield Claim(path, f"customers of comparison {number}", "Compare again, or restore it from a backup.", sha256)
    for number, path, sha256 in Embedding.objects.values_list("pk", "path", "sha256"):
        yield Claim(path, f"map of customers {number}", "Compute the results again, which draws it anew.", sha256)
