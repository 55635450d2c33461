"""Many small files into one: a shop that brings a file a day would else be looked up in hundreds.

Files are merged in steps: what came since with earlier merged files that are not much larger, so that a line is copied
a few times in its life and never once a day.
"""

from contextlib import closing
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from core.models import Run
from crm.ledger.reading import PARQUET, connect, entries_of, quoted, rows_sql
from crm.ledger.relations import RELATIONS, Relation
from crm.ledger.storage import digest_in_name, explained, stored, write_under_digest
from crm.models import CatalogueEntry, CataloguePointer, CatalogueVersion, MergedFile

# So many small files wait before they are merged; a file of more rows is quick to look up as it is.
WAITING = 24
SMALL = 1_000_000
# Earlier merged files join while they hold at most so many times the rows that have gathered.
GROWTH = 3
# Rows of one file: what a sort holds in memory, as in an import. Beyond it another file begins.
MOST = 4_000_000


@dataclass(frozen=True)
class Merge:
    """A written file, and the entries of each upload, as (file, shadow), whose visible rows it holds."""

    merged: MergedFile
    covered: dict[int, set[tuple[int, str]]]


def is_merge_due(version: CatalogueVersion | None, *, least: int) -> bool:
    entries = entries_of(version)
    return any(len(_small(entries, relation)) >= least for relation in RELATIONS.values())


def write_merges(version: CatalogueVersion | None, *, least: int) -> list[Merge]:
    """Write a merged file for each kind of rows that has `least` small files; nothing reads them yet."""
    entries = entries_of(version)
    due = [relation for relation in RELATIONS.values() if len(_small(entries, relation)) >= least]
    return [_write(relation, _gathered(entries, relation)) for relation in due]


def publish_merges(merges: list[Merge], *, run: Run) -> CatalogueVersion | None:
    """The current version again, read from the merged files where its entries are still those that were merged.

    Call inside a transaction that guards the run's lease. Rows do not change, so nothing is computed anew.
    """
    pointer = CataloguePointer.objects.select_for_update().get(pk=1)
    current = pointer.version
    if current is None:
        return None
    version = CatalogueVersion.objects.create(
        parent=current,
        reason=CatalogueVersion.Reason.MERGE,
        run=run,
        created_at=timezone.now(),
        lines_from=current.lines_mark,
    )
    entries = entries_of(current)
    held = {(entry.file_id, entry.shadow_path) for entry in entries}
    # An upload whose lines were compared anew meanwhile is read from its own files: from all of them, or from none.
    places = {
        place: merge.merged for merge in merges for mine in merge.covered.values() if mine <= held for place in mine
    }
    for entry in entries:
        entry.merged = places.get((entry.file_id, entry.shadow_path), entry.merged)
        entry.pk, entry.version = None, version
    CatalogueEntry.objects.bulk_create(entries)
    pointer.version = version
    pointer.save()
    return version


def _small(entries: list[CatalogueEntry], relation: Relation) -> list[CatalogueEntry]:
    mine = [entry for entry in entries if entry.file.kind in relation.kinds and entry.merged is None]
    return [entry for entry in mine if entry.file.lines <= SMALL]


def _gathered(entries: list[CatalogueEntry], relation: Relation) -> list[CatalogueEntry]:
    chosen: list[CatalogueEntry] = []
    rows = 0
    for entry in _small(entries, relation):
        if rows + entry.file.lines > MOST:
            break
        chosen.append(entry)
        rows += entry.file.lines
    mine = [entry for entry in entries if entry.file.kind in relation.kinds and entry.merged is not None]
    merged = {entry.merged for entry in mine if entry.merged is not None}
    for earlier in sorted(merged, key=lambda file: file.lines):
        if earlier.lines > min(GROWTH * rows, MOST - rows):
            break
        chosen += [entry for entry in mine if entry.merged == earlier]
        rows += earlier.lines
    return chosen


@explained()
def _write(relation: Relation, entries: list[CatalogueEntry]) -> Merge:
    query = f"SELECT * FROM ({rows_sql(entries, relation)}) ORDER BY {relation.order_sql}"
    with closing(connect(memory_mb=2000)) as connection:
        path = write_under_digest(
            f"ledger/merged-{relation.name}",
            ".parquet",
            lambda target: connection.execute(f"COPY ({query}) TO {quoted(target)} ({PARQUET})"),
        )
    kept = stored(path)
    with transaction.atomic():
        merged = MergedFile.objects.create(
            relation=relation.name,
            path=path,
            files=len(entries),
            lines=sum(entry.file.lines - entry.shadowed for entry in entries),
            size=kept.size if kept else 0,
            sha256=digest_in_name(path),
            created_at=timezone.now(),
        )
    covered: dict[int, set[tuple[int, str]]] = {}
    for entry in entries:
        covered.setdefault(entry.file.upload_id, set()).add((entry.file_id, entry.shadow_path))
    return Merge(merged, covered)
