"""What must always hold of the ledger, counted in the files themselves."""

from collections import Counter
from decimal import Decimal
from itertools import groupby

from crm.ledger.comparing import NEAR, overlap, sold_sql
from crm.ledger.lookups import ledger_view
from crm.ledger.reading import connect, entries_of, quoted
from crm.ledger.relations import COMPARED, PURCHASES, SHOP_LINES, Relation
from crm.ledger.storage import explained, location
from crm.models import CatalogueEntry, CatalogueVersion, LedgerFile

Sums = tuple[int, Decimal, Decimal]


def upload_sums(version: CatalogueVersion | None) -> dict[int, Sums]:
    """For each upload of a version its visible rows, gross revenue and returned value, in one scan of each kind.

    Purchases among events bring money, but are no rows of the file beside the events that they were made of.
    """
    entries = entries_of(version)
    counts: Counter[int] = Counter()
    with ledger_view(entries) as connection:
        money = connection.execute("""
            SELECT upload_id, coalesce(sum(amount) FILTER (amount > 0), 0),
                coalesce(-sum(amount) FILTER (amount < 0), 0) FROM lines GROUP BY 1
        """).fetchall()
    for relation in COMPARED:
        if relation is not PURCHASES:
            counts.update(_counts(relation, entries))
    sums = {upload: (gross, returned) for upload, gross, returned in money}
    nothing = (Decimal(0), Decimal(0))
    return {upload: (counts[upload], *sums.get(upload, nothing)) for upload in counts.keys() | sums.keys()}


def _counts(relation: Relation, entries: list[CatalogueEntry]) -> dict[int, int]:
    mine = [entry for entry in entries if entry.file.kind in relation.kinds]
    with ledger_view(mine, relation) as connection:
        return dict(connection.execute(f"SELECT upload_id, count(*) FROM {relation.name} GROUP BY 1").fetchall())


@explained()
def doubled_lines(version: CatalogueVersion | None) -> int:
    """How many visible rows a visible row of another upload equals."""
    entries = entries_of(version)
    return sum(_doubled(relation, entries) for relation in COMPARED) + _sold_twice(entries)


def _sold_twice(entries: list[CatalogueEntry]) -> int:
    """Visible purchases among events that a purchase file holds as well."""
    shop = [entry.file for entry in entries if entry.file.kind in SHOP_LINES.kinds]
    mine = sorted((entry for entry in entries if entry.file.kind in PURCHASES.kinds), key=_upload)
    return sum(_sold(list(group), shop) for _, group in groupby(mine, key=_upload)) if shop else 0


def _sold(entries: list[CatalogueEntry], shop: list[LedgerFile]) -> int:
    near = [file for file in shop if any(overlap(file, entry.file, NEAR) for entry in entries)]
    if not near:
        return 0
    with ledger_view(entries) as connection:
        known = " UNION ".join(sold_sql([entry.file for entry in entries], near))
        row = connection.execute(f"SELECT count(*) FROM lines SEMI JOIN ({known}) USING (line_no)").fetchone()
    return int(row[0]) if row else 0


def _doubled(relation: Relation, entries: list[CatalogueEntry]) -> int:
    """Uploads that no other overlaps need no look.

    Occurrences are numbered over whole uploads, shadowed rows included: that is what makes the n-th equal the n-th.
    """
    mine = [entry for entry in entries if entry.file.kind in relation.kinds]
    near = [entry for entry in mine if any(_overlap(entry, other) for other in mine)]
    if not near:
        return 0
    groups = groupby(sorted(near, key=_upload), key=_upload)
    names = relation.identity_names
    connection = connect(threads=2)
    try:
        parts = " UNION ALL ".join(f"({_numbered_sql(relation, list(group))})" for _, group in groups)
        row = connection.execute(f"""
            SELECT coalesce(sum(uploads - 1), 0) FROM (
                SELECT count(*) AS uploads FROM ({parts}) GROUP BY {names}, occurrence HAVING count(*) > 1
            )
        """).fetchone()
    finally:
        connection.close()
    return int(row[0]) if row else 0


def _upload(entry: CatalogueEntry) -> int:
    return entry.file.upload_id


def _overlap(one: CatalogueEntry, other: CatalogueEntry) -> bool:
    is_other = one.file.upload_id != other.file.upload_id
    return is_other and one.file.first_on <= other.file.last_on and other.file.first_on <= one.file.last_on


def _numbered_sql(relation: Relation, entries: list[CatalogueEntry]) -> str:
    files = ", ".join(quoted(location(entry.file.path)) for entry in entries)
    numbered = f"""SELECT line_no, {relation.identity_names}, row_number() OVER (
        PARTITION BY {relation.identity_names} ORDER BY line_no) AS occurrence
        FROM (SELECT line_no, {relation.identity_sql} FROM read_parquet([{files}]))"""
    shadows = {quoted(location(entry.shadow_path)) for entry in entries if entry.shadow_path}
    if not shadows:
        return numbered
    shadow = f"SELECT line_no FROM read_parquet([{', '.join(sorted(shadows))}])"
    return f"SELECT * FROM ({numbered}) WHERE line_no NOT IN ({shadow})"
