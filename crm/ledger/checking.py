"""What must always hold of the ledger, counted in the files themselves."""

from decimal import Decimal

from crm.ledger.lookups import ledger_view
from crm.ledger.publishing import IDENTITY, IDENTITY_NAMES
from crm.ledger.reading import connect, entries_of, quoted
from crm.ledger.storage import explained, location
from crm.models import CatalogueEntry, CatalogueVersion

Sums = tuple[int, Decimal, Decimal]


def upload_sums(version: CatalogueVersion | None) -> dict[int, Sums]:
    """For each upload of a version its visible lines, gross revenue and returned value, in one scan."""
    with ledger_view(entries_of(version)) as connection:
        rows = connection.execute("""
            SELECT upload_id, count(*), coalesce(sum(amount) FILTER (amount > 0), 0),
                coalesce(-sum(amount) FILTER (amount < 0), 0)
            FROM lines GROUP BY 1
        """).fetchall()
    return {upload: (lines, gross, returned) for upload, lines, gross, returned in rows}


@explained()
def doubled_lines(version: CatalogueVersion | None) -> int:
    """How many visible lines another visible line of another file equals. Files that no other overlaps need no look.

    Occurrences are numbered over whole files, shadowed lines included: that is what makes the n-th equal the n-th.
    """
    entries = entries_of(version)
    near = [entry for entry in entries if any(_overlap(entry, other) for other in entries if other is not entry)]
    if not near:
        return 0
    connection = connect(threads=2)
    try:
        parts = " UNION ALL ".join(f"({_numbered_sql(entry)})" for entry in near)
        row = connection.execute(f"""
            SELECT coalesce(sum(files - 1), 0) FROM (
                SELECT count(*) AS files FROM ({parts}) GROUP BY {IDENTITY_NAMES}, occurrence HAVING count(*) > 1
            )
        """).fetchone()
    finally:
        connection.close()
    return int(row[0]) if row else 0


def _overlap(one: CatalogueEntry, other: CatalogueEntry) -> bool:
    return one.file.first_on <= other.file.last_on and other.file.first_on <= one.file.last_on


def _numbered_sql(entry: CatalogueEntry) -> str:
    numbered = f"""SELECT line_no, {IDENTITY_NAMES}, row_number() OVER (
        PARTITION BY {IDENTITY_NAMES} ORDER BY line_no) AS occurrence
        FROM (SELECT line_no, {IDENTITY} FROM read_parquet({quoted(location(entry.file.path))}))"""
    if not entry.shadow_path:
        return numbered
    shadow = quoted(location(entry.shadow_path))
    return f"SELECT * FROM ({numbered}) WHERE line_no NOT IN (SELECT line_no FROM read_parquet({shadow}))"
