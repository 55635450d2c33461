"""What customers buy together and next, as Parquet files of a snapshot; single customers are read by pages."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from django.utils.translation import gettext as _

from core.formatting import money_text, number_text
from core.models import Run
from core.runs import Lease
from crm.ledger import storage, write_atomically
from crm.ledger.verifying import Claim
from loyalty.models import Affinity
from segmentation.models import Snapshot

FOLDER = "affinity"
ROW_GROUP_SIZE = 16_384
KINDS = ("loyalty.advise", "loyalty.report")
COLUMNS = "place, item_id, name, price, because_id, because, followed, at_risk, share, base"


@dataclass(frozen=True)
class Suggestion:
    """A next item for one customer. Of `at_risk` customers who bought `because`, `followed` bought it in time.

    `share` is their quotient, `base` the same share after any item; `price` is a line's mean money.
    """

    place: int
    item_id: str
    name: str
    price: float
    because_id: str
    because: str
    followed: int
    at_risk: int
    share: float
    base: float
    within: int

    @property
    def reason(self) -> str:
        """The evidence in one sentence."""
        return _(
            "%(followed)s of %(at_risk)s who bought %(because)s, and not this before, bought it within %(days)s days; "
            "after any item it is %(base)s in 100."
        ) % {
            "followed": number_text(self.followed),
            "at_risk": number_text(self.at_risk),
            "because": self.because,
            "days": self.within,
            "base": number_text(self.base * 100, 1),
        }

    def price_text(self, currency: str) -> str:
        return money_text(self.price, currency)


def suggestions_of(snapshot: Snapshot | None, customer_key: int) -> list[Suggestion]:
    """Next items of one customer, the surest first; the file is sorted by key, so that only a part of it is read."""
    row = Affinity.objects.filter(snapshot=snapshot).first() if snapshot else None
    location, mark = storage.located(row.next_path) if row else ("", "")
    if row is None or not mark:
        return []
    with storage.explained(), duckdb.connect(config={"threads": 1}) as opened:
        storage.attach(opened)
        found = opened.execute(
            f"SELECT {COLUMNS} FROM read_parquet('{location}') WHERE customer_key = {int(customer_key)} ORDER BY place"
        ).fetchall()
    within = int(row.content["within"])
    names = COLUMNS.split(", ")
    return [Suggestion(**dict(zip(names, values, strict=True)), within=within) for values in found]


def first_suggestions(row: Affinity) -> dict[str, Any]:
    """Of everybody who has any: `customer_key, price, item_id, name, because` of the first, by ascending key."""
    with storage.explained(), duckdb.connect(config={"threads": 2}) as opened:
        storage.attach(opened)
        return opened.execute(
            "SELECT customer_key, price, item_id, name, because "
            f"FROM read_parquet('{storage.location(row.next_path)}') WHERE place = 1 ORDER BY customer_key"
        ).fetchnumpy()


def write_rows(connection: duckdb.DuckDBPyConnection, sql: str, name: str) -> tuple[str, str]:
    """Store the rows of a query; returns the file's name and SHA-256."""

    def write(path: Path) -> None:
        connection.execute(f"COPY ({sql}) TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE {ROW_GROUP_SIZE})")

    _size, sha256 = write_atomically(name, write)
    return name, sha256


def remove_leftovers(lease: Lease) -> None:
    """Drop files of attempts that nobody finishes, and of results that are gone."""
    # Files first: one that is published while we look has its row when rows are read.
    found = [file.name for file in storage.listing(FOLDER)]
    working = Run.objects.filter(kind__in=KINDS, state__in=Run.ACTIVE)
    arriving = tuple(f"{FOLDER}/{run.params.get('snapshot')}-{run.fencing_token}-" for run in working)
    lease.guard()
    kept = {path for pair in Affinity.objects.values_list("pairs_path", "next_path") for path in pair}
    for name in found:
        if name not in kept and not name.startswith(arriving):
            storage.delete(name)


def claims() -> Iterator[Claim]:
    """The files of published affinities, for the check of all stored files."""
    remedy = "Compute the results again, which writes it anew, or restore it from a backup."
    for row in Affinity.objects.order_by("pk"):
        yield Claim(row.pairs_path, f"items bought together of results {row.snapshot_id}", remedy, row.pairs_sha256)
        yield Claim(row.next_path, f"next items of customers of results {row.snapshot_id}", remedy, row.next_sha256)
