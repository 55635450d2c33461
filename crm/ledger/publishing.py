"""Building the next catalogue version and swapping the pointer."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import duckdb
from django.db import transaction
from django.utils import timezone

from core.models import Run
from crm.ledger.comparing import NEAR, files_sql, overlap, shadow_sql
from crm.ledger.reading import connect, entries_of, entry_sql, quoted
from crm.ledger.relations import COMPARED, LINES
from crm.ledger.storage import digest_in_name, explained, write_under_digest
from crm.models import CatalogueEntry, CataloguePointer, CatalogueVersion, LedgerFile, MergedFile, Upload


@dataclass(frozen=True)
class PlannedEntry:
    file: LedgerFile
    shadow_path: str = ""
    shadowed: int = 0
    # Where what counts of the file is read instead.
    merged: MergedFile | None = None


@dataclass(frozen=True)
class Plan:
    """The entries of a version that does not exist yet, made against `parent`."""

    parent: CatalogueVersion | None
    entries: list[PlannedEntry]
    # Upload -> what its rows that count come to, for the uploads whose rows were compared anew.
    figures: dict[int, dict[str, Any]]

    @property
    def is_same(self) -> bool:
        """Whether the ledger stays as it is: the upload left nothing in it."""
        return [_mark(entry) for entry in entries_of(self.parent)] == [_mark(entry) for entry in self.entries]

    @property
    def has_same_lines(self) -> bool:
        """Whether nothing changes but events and visits, so that whatever was computed stays true."""
        return _line_marks(entries_of(self.parent)) == _line_marks(self.entries)


@explained()
def plan_publish(*, upload: Upload, files: list[LedgerFile], without: set[int]) -> Plan:
    """The current files and `files` behind them; uploads in `without` go (a demo that makes room, an older self)."""
    parent = current()
    held = _held(parent)
    gone = [held.pop(pk) for pk in without | {upload.pk} if pk in held]
    return _planned(parent, [*held.values(), Held(upload.pk, files)], _files(gone), {upload.pk})


@explained()
def plan_undo(*, upload: Upload) -> Plan:
    """The current files without this upload's; what only it shadowed comes back."""
    parent = current()
    held = _held(parent)
    gone = [held.pop(upload.pk)] if upload.pk in held else []
    return _planned(parent, list(held.values()), _files(gone), set())


@explained()
def plan_files(*, upload: Upload, files: list[LedgerFile], without: AbstractSet[int] = frozenset()) -> Plan:
    """The ledger with `files` as this upload's, in its place, or behind all others where it had none; uploads in
    `without` go."""
    parent = current()
    held = _held(parent)
    before = held.get(upload.pk, Held(upload.pk, []))
    gone = [file for file in before.files if file not in files]
    gone += _files([held.pop(pk) for pk in without if pk in held])
    held[upload.pk] = Held(upload.pk, files, before.entries)
    return _planned(parent, list(held.values()), gone, {upload.pk})


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
        parent=plan.parent,
        reason=reason,
        upload=upload,
        run=run,
        created_at=timezone.now(),
        lines_from=plan.parent.lines_mark if plan.parent and plan.has_same_lines else None,
    )
    CatalogueEntry.objects.bulk_create(
        CatalogueEntry(
            version=version,
            file=entry.file,
            position=position,
            shadow_path=entry.shadow_path,
            shadowed=entry.shadowed,
            merged=entry.merged,
        )
        for position, entry in enumerate(plan.entries)
    )
    pointer.version = version
    pointer.save()
    for changed, figures in plan.figures.items():
        if changed != upload.pk:
            Upload.objects.filter(pk=changed).update(**figures)
    return version


def _line_marks(entries: Sequence[CatalogueEntry | PlannedEntry]) -> list[tuple[int, str]]:
    return [_mark(entry) for entry in entries if entry.file.kind in LINES.kinds]


def _mark(entry: CatalogueEntry | PlannedEntry) -> tuple[int, str]:
    """Two entries with the same mark hide the same rows of the same file."""
    return entry.file.pk, digest_in_name(entry.shadow_path)


def current() -> CatalogueVersion | None:
    with transaction.atomic():
        return CataloguePointer.objects.select_related("version").get(pk=1).version


@dataclass(frozen=True)
class Held:
    """An upload's files, with the entries of those that are in the ledger as it is."""

    upload_id: int
    files: list[LedgerFile]
    entries: dict[int, CatalogueEntry] = field(default_factory=dict)


def _held(version: CatalogueVersion | None) -> dict[int, Held]:
    """What each upload holds, in the order of publication."""
    held: dict[int, Held] = {}
    for entry in entries_of(version):
        mine = held.setdefault(entry.file.upload_id, Held(entry.file.upload_id, []))
        mine.files.append(entry.file)
        mine.entries[entry.file_id] = entry
    return held


def _files(held: list[Held]) -> list[LedgerFile]:
    return [file for each in held for file in each.files]


def _planned(parent: CatalogueVersion | None, held: list[Held], gone: list[LedgerFile], changed: set[int]) -> Plan:
    """The entries in order. Purchases among events stand behind all other rows, whenever they came.

    Compared anew are the uploads in `changed`, what touches a new file before it, and what gave way to one of `gone`.
    """
    planned: list[PlannedEntry] = []
    came: list[LedgerFile] = []
    again = set(changed)
    with closing(connect()) as connection:
        for is_last in (False, True):
            for each in held:
                files = [file for file in each.files if (file.kind == LedgerFile.Kind.PURCHASES) == is_last]
                old = [each.entries[file.pk] for file in files if file.pk in each.entries]
                came += [file for file in files if file.pk not in each.entries]
                is_kept = each.upload_id not in changed and not _touches(files, came) and not _gave_way(old, gone)
                if is_kept:
                    planned += map(_as_it_is, old)
                else:
                    anew = _compared(connection, files, planned)
                    is_same = [*map(_mark, anew)] == [*map(_mark, old)]
                    planned += map(_as_it_is, old) if is_same else anew
                    again.add(each.upload_id)
        figures = {pk: _figures(connection, [each for each in planned if each.file.upload_id == pk]) for pk in again}
    return Plan(parent, planned, figures)


def _as_it_is(entry: CatalogueEntry) -> PlannedEntry:
    return PlannedEntry(entry.file, entry.shadow_path, entry.shadowed, entry.merged)


def _touches(files: list[LedgerFile], others: list[LedgerFile]) -> bool:
    return any(_is_like(file, other) and overlap(file, other, NEAR) for file in files for other in others)


def _is_like(file: LedgerFile, other: LedgerFile) -> bool:
    """Whether rows of the two are compared with each other at all."""
    return file.kind == other.kind or {file.kind, other.kind} <= set(LINES.kinds)


def _gave_way(entries: list[CatalogueEntry], gone: list[LedgerFile]) -> bool:
    return any(entry.shadowed for entry in entries) and _touches([entry.file for entry in entries], gone)


def _compared(
    connection: duckdb.DuckDBPyConnection, files: list[LedgerFile], planned: list[PlannedEntry]
) -> list[PlannedEntry]:
    """An upload's files with those of their rows shadowed that an earlier file holds; kinds of rows apart."""
    earlier = [entry.file for entry in planned]
    found: list[PlannedEntry] = []
    for relation in COMPARED:
        mine = [file for file in files if file.kind in relation.kinds]
        shadow = shadow_sql(relation, mine, earlier) if mine else ""
        found += _shadowed(connection, mine, shadow) if shadow else map(PlannedEntry, mine)
    return found


def _shadowed(connection: duckdb.DuckDBPyConnection, files: list[LedgerFile], shadow: str) -> list[PlannedEntry]:
    """Write the numbers of the shadowed rows as a small Parquet file that the upload's entries share."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE shadow AS {shadow}")
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
    row = connection.execute(f"SELECT count(*) FROM {files_sql([file])} SEMI JOIN shadow USING (line_no)").fetchone()
    return int(row[0]) if row else 0


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
