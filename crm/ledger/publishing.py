"""Building the next catalogue version and swapping the pointer."""

from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import duckdb
from django.db import transaction
from django.utils import timezone

from core.models import Run
from crm.ledger.reading import connect, entries_of, entry_sql, quoted
from crm.ledger.relations import LINES, RELATIONS, Relation
from crm.ledger.storage import bring_near, explained, location, write_under_digest
from crm.models import CatalogueEntry, CataloguePointer, CatalogueVersion, LedgerFile, Upload


@dataclass(frozen=True)
class PlannedEntry:
    file: LedgerFile
    shadow_path: str = ""
    shadowed: int = 0


@dataclass(frozen=True)
class Plan:
    """The entries of a version that does not exist yet, made against `parent`."""

    parent: CatalogueVersion | None
    entries: list[PlannedEntry]
    # Upload -> what its rows that count come to, for the uploads whose rows were compared anew.
    figures: dict[int, dict[str, Any]]


@explained()
def plan_publish(*, upload: Upload, files: list[LedgerFile], without: set[int]) -> Plan:
    """The current files and `files` behind them; uploads in `without` go (a demo that makes room, an older self)."""
    parent = _current()
    before = entries_of(parent)
    kept = [entry for entry in before if entry.file.upload_id not in without | {upload.pk}]
    with closing(connect()) as connection:
        entries, figures = _replanned(connection, before, kept)
        mine = _compared(connection, files, [entry.file for entry in entries])
        return Plan(parent, [*entries, *mine], {**figures, upload.pk: _figures(connection, mine)})


@explained()
def plan_undo(*, upload: Upload) -> Plan:
    """The current files without this upload's; what only it shadowed comes back."""
    parent = _current()
    before = entries_of(parent)
    kept = [entry for entry in before if entry.file.upload_id != upload.pk]
    with closing(connect()) as connection:
        return Plan(parent, *_replanned(connection, before, kept))


@explained()
def figures_of(files: list[LedgerFile]) -> dict[str, Any]:
    """What an upload's files come to where nothing of them is shadowed."""
    with closing(connect()) as connection:
        return _figures(connection, [PlannedEntry(file) for file in files])


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
    for changed, figures in plan.figures.items():
        if changed != upload.pk:
            Upload.objects.filter(pk=changed).update(**figures)
    return version


def _current() -> CatalogueVersion | None:
    with transaction.atomic():
        return CataloguePointer.objects.select_related("version").get(pk=1).version


def _replanned(
    connection: duckdb.DuckDBPyConnection, before: list[CatalogueEntry], kept: list[CatalogueEntry]
) -> tuple[list[PlannedEntry], dict[int, dict[str, Any]]]:
    """The kept entries; uploads with shadowed rows are compared anew when something before them went."""
    is_shorter = len(kept) < len(before)
    planned: list[PlannedEntry] = []
    figures: dict[int, dict[str, Any]] = {}
    for upload_id, group in groupby(kept, key=lambda entry: entry.file.upload_id):
        entries = list(group)
        if is_shorter and any(entry.shadowed for entry in entries):
            mine = _compared(connection, [entry.file for entry in entries], [earlier.file for earlier in planned])
            figures[upload_id] = _figures(connection, mine)
        else:
            mine = [PlannedEntry(entry.file, entry.shadow_path, entry.shadowed) for entry in entries]
        planned += mine
    return planned, figures


def _compared(
    connection: duckdb.DuckDBPyConnection, files: list[LedgerFile], earlier: list[LedgerFile]
) -> list[PlannedEntry]:
    """An upload's files with those of their rows shadowed that an earlier file holds; kinds of rows apart."""
    planned: list[PlannedEntry] = []
    for relation in RELATIONS.values():
        mine = [file for file in files if file.kind in relation.kinds]
        near = [file for file in earlier if file.kind in relation.kinds and any(_overlap(file, own) for own in mine)]
        planned += _shadowed(connection, relation, mine, near) if near else map(PlannedEntry, mine)
    return planned


def _overlap(one: LedgerFile, other: LedgerFile) -> bool:
    return one.first_on <= other.last_on and other.first_on <= one.last_on


def _shadowed(
    connection: duckdb.DuckDBPyConnection, relation: Relation, files: list[LedgerFile], near: list[LedgerFile]
) -> list[PlannedEntry]:
    """Write the numbers of the shadowed rows as a small Parquet file that the upload's entries share."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE shadow AS {_shadow_sql(relation, files, near)}")
    counts = {file.pk: _count(connection, file) for file in files}
    if not any(counts.values()):
        return [PlannedEntry(file) for file in files]
    query = "SELECT line_no FROM shadow ORDER BY line_no"
    path = write_under_digest(
        f"ledger/{files[0].upload_id:08d}-shadow",
        ".parquet",
        lambda target: connection.execute(f"COPY ({query}) TO {quoted(target)} (FORMAT parquet)"),
    )
    return [PlannedEntry(file, path if counts[file.pk] else "", counts[file.pk]) for file in files]


def _count(connection: duckdb.DuckDBPyConnection, file: LedgerFile) -> int:
    row = connection.execute(f"SELECT count(*) FROM {_files_sql([file])} SEMI JOIN shadow USING (line_no)").fetchone()
    return int(row[0]) if row else 0


def _shadow_sql(relation: Relation, files: list[LedgerFile], near: list[LedgerFile]) -> str:
    """Numbers of the rows that another upload holds as often, the n-th of the one being the n-th of the other.

    Only rows that have an equal at all are numbered, which keeps a large file's comparison small.
    """
    first, last = min(file.first_on for file in files), max(file.last_on for file in files)
    window = f"{relation.day} BETWEEN DATE '{first}' AND DATE '{last}'"
    names = relation.identity_names

    def identified(source: str, where: str = "true") -> str:
        return f"SELECT upload_id, line_no, {relation.identity_sql} FROM {source} WHERE {where}"

    def occurrences(one: str, other: str) -> str:
        return f"""SELECT line_no, {names}, row_number() OVER (
            PARTITION BY upload_id, {names} ORDER BY line_no) AS occurrence
            FROM {one} SEMI JOIN {other} USING ({names})"""

    return f"""WITH mine AS ({identified(_files_sql(files))}), theirs AS ({identified(_files_sql(near), window)})
        SELECT line_no FROM ({occurrences("mine", "theirs")}) SEMI JOIN ({occurrences("theirs", "mine")})
        USING ({names}, occurrence)"""


def _files_sql(files: list[LedgerFile]) -> str:
    bring_near(file.path for file in files)
    return f"read_parquet([{', '.join(quoted(location(file.path)) for file in files)}])"


def _figures(connection: duckdb.DuckDBPyConnection, entries: list[PlannedEntry]) -> dict[str, Any]:
    """What the rows that count come to: lines, the money of purchases, people and orders."""
    main = [entry for entry in entries if entry.file.kind != LedgerFile.Kind.PURCHASES]
    sold = [entry for entry in entries if entry.file.kind in LINES.kinds]
    shadowed = sum(entry.shadowed for entry in main)
    money = _row(connection, MONEY, sold)
    people = _row(connection, "count(DISTINCT customer_key)", entries)
    gross, returned, orders = money or (0, 0, 0)
    return {
        "accepted": sum(entry.file.lines for entry in main) - shadowed,
        "duplicates": shadowed,
        "gross_revenue": gross,
        "returned_value": returned,
        "orders": orders,
        "customers": people[0] if people else 0,
    }


MONEY = """coalesce(sum(amount) FILTER (amount > 0), 0), coalesce(-sum(amount) FILTER (amount < 0), 0),
    count(DISTINCT coalesce(order_key, order_id))"""


def _row(connection: duckdb.DuckDBPyConnection, selected: str, entries: list[PlannedEntry]) -> tuple[Any, ...] | None:
    if not entries:
        return None
    parts = " UNION ALL BY NAME ".join(f"({entry_sql(entry.file.path, entry.shadow_path)})" for entry in entries)
    return connection.execute(f"SELECT {selected} FROM ({parts})").fetchone()
