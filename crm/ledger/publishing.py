"""Building the next catalogue version and swapping the pointer."""

from dataclasses import dataclass
from typing import Any

import duckdb
from django.db import transaction
from django.utils import timezone

from core.models import Run
from crm.ledger.reading import connect, entries_of, entry_sql, quoted
from crm.ledger.storage import explained, location, write_under_digest
from crm.models import CatalogueEntry, CataloguePointer, CatalogueVersion, LedgerFile, Upload

# What makes two lines the same line. The customer counts where no order number tells orders apart. Two equal lines
# of one file are two occurrences; the n-th occurrence equals the n-th occurrence elsewhere.
IDENTITY = """
    coalesce(order_id, chr(1) || coalesce(customer_key::VARCHAR, '')) AS i_order,
    coalesce(item_id, '') AS i_item, ordered_at AS i_time,
    coalesce(quantity, 0) AS i_quantity, coalesce(unit_price, 0) AS i_price, amount AS i_amount
"""
IDENTITY_NAMES = "i_order, i_item, i_time, i_quantity, i_price, i_amount"


@dataclass(frozen=True)
class PlannedEntry:
    file: LedgerFile
    shadow_path: str
    shadowed: int
    # What the lines that count come to; None where nothing changed for this file.
    figures: dict[str, Any] | None = None


@dataclass(frozen=True)
class Plan:
    """The entries of a version that does not exist yet, made against `parent`."""

    parent: CatalogueVersion | None
    entries: list[PlannedEntry]


def plan_publish(*, file: LedgerFile, without: set[int]) -> Plan:
    """The current files and `file` behind them; uploads in `without` go (a demo that makes room, an older self)."""
    parent = _current()
    kept = [entry for entry in entries_of(parent) if entry.file.upload_id not in without | {file.upload_id}]
    planned = _replanned(entries_of(parent), kept)
    return Plan(parent, [*planned, _compared(file, [entry.file for entry in planned])])


def plan_undo(*, upload: Upload) -> Plan:
    """The current files without this upload's; what only it shadowed comes back."""
    parent = _current()
    entries = entries_of(parent)
    kept = [entry for entry in entries if entry.file.upload_id != upload.pk]
    return Plan(parent, _replanned(entries, kept))


def publish(plan: Plan, *, reason: str, upload: Upload, run: Run) -> CatalogueVersion | None:
    """Swap the pointer to the planned version; None when the ledger has moved on and a new plan is needed.

    Call inside a transaction that guards the run's lease.
    """
    pointer = CataloguePointer.objects.select_for_update().get(pk=1)
    if pointer.version_id != (plan.parent.pk if plan.parent else None):
        return None
    version = CatalogueVersion.objects.create(
        parent=plan.parent, reason=reason, upload=upload, run=run, created_at=timezone.now()
    )
    CatalogueEntry.objects.bulk_create(
        CatalogueEntry(
            version=version, file=entry.file, position=position, shadow_path=entry.shadow_path, shadowed=entry.shadowed
        )
        for position, entry in enumerate(plan.entries)
    )
    pointer.version = version
    pointer.save()
    for entry in plan.entries:
        if entry.figures is not None and entry.file.upload_id != upload.pk:
            Upload.objects.filter(pk=entry.file.upload_id).update(**entry.figures)
    return version


def _current() -> CatalogueVersion | None:
    with transaction.atomic():
        return CataloguePointer.objects.select_related("version").get(pk=1).version


def _replanned(before: list[CatalogueEntry], kept: list[CatalogueEntry]) -> list[PlannedEntry]:
    """The kept entries; those with shadowed lines are compared anew when something before them went."""
    is_shorter = len(kept) < len(before)
    planned: list[PlannedEntry] = []
    for entry in kept:
        if is_shorter and entry.shadowed:
            planned.append(_compared(entry.file, [earlier.file for earlier in planned]))
        else:
            planned.append(PlannedEntry(entry.file, entry.shadow_path, entry.shadowed))
    return planned


@explained()
def _compared(file: LedgerFile, earlier: list[LedgerFile]) -> PlannedEntry:
    """The file with those of its lines shadowed that an earlier one holds, and what the others come to."""
    near = [other for other in earlier if other.first_on <= file.last_on and other.last_on >= file.first_on]
    connection = connect()
    try:
        path, shadowed = _write_shadow(connection, file, near) if near else ("", 0)
        return PlannedEntry(file, path, shadowed, _figures(connection, file, path, shadowed))
    finally:
        connection.close()


def _write_shadow(connection: duckdb.DuckDBPyConnection, file: LedgerFile, near: list[LedgerFile]) -> tuple[str, int]:
    """Write the numbers of the shadowed lines as a small Parquet file; returns its path and how many they are."""
    connection.execute(f"CREATE TEMP TABLE shadow AS {_shadow_sql(file, near)}")
    row = connection.execute("SELECT count(*) FROM shadow").fetchone()
    if not row or not row[0]:
        return "", 0
    query = "SELECT line_no FROM shadow ORDER BY line_no"
    path = write_under_digest(
        f"ledger/{file.upload_id:08d}-shadow",
        ".parquet",
        lambda target: connection.execute(f"COPY ({query}) TO {quoted(target)} (FORMAT parquet)"),
    )
    return path, int(row[0])


def _figures(
    connection: duckdb.DuckDBPyConnection, file: LedgerFile, shadow_path: str, shadowed: int
) -> dict[str, Any]:
    row = connection.execute(f"""
        SELECT coalesce(sum(amount) FILTER (amount > 0), 0), coalesce(-sum(amount) FILTER (amount < 0), 0),
            count(DISTINCT customer_key), count(DISTINCT order_key)
        FROM ({entry_sql(file.path, shadow_path)})
    """).fetchone()
    money = dict(zip(("gross_revenue", "returned_value", "customers", "orders"), row or (), strict=True))
    return {"accepted": file.lines - shadowed, "duplicates": shadowed, **money}


def _shadow_sql(file: LedgerFile, near: list[LedgerFile]) -> str:
    def occurrences(source: str) -> str:
        return f"""SELECT line_no, {IDENTITY_NAMES}, row_number() OVER (
            PARTITION BY upload_id, {IDENTITY_NAMES} ORDER BY line_no) AS occurrence
            FROM (SELECT upload_id, line_no, {IDENTITY} FROM {source})"""

    others = ", ".join(quoted(location(other.path)) for other in near)
    window = f"WHERE ordered_on BETWEEN DATE '{file.first_on}' AND DATE '{file.last_on}'"
    return f"""SELECT line_no FROM ({occurrences(f"read_parquet({quoted(location(file.path))})")}) AS mine
        SEMI JOIN ({occurrences(f"(SELECT * FROM read_parquet([{others}]) {window})")}) AS theirs
        USING ({IDENTITY_NAMES}, occurrence)"""
