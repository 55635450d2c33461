"""A file with mistakes, its download, and what a person makes of it."""

import csv
import io
from typing import Any

from crm import ledger
from crm.models import Upload
from crm.selectors import current_version, rejected_csv
from tests.factories import CSV, imported, make_upload

BAD = (
    "A3,2025-02-31,ann,cup,1,4.50\n"  # line 3: no such day
    "A4,2025-02-04,=1+1,mug,x,2.00\n"  # line 4: no quantity, and an id that looks like a formula
    "A5,2025-02-30,cid,pot,1,1.00\n"  # line 5
)
FIXES = {3: {"date": "2025-02-28"}, 4: {"quantity": "3"}, 5: {"date": "2025-02-27"}}
Table = tuple[list[str], list[dict[str, str]]]


def first_file() -> Upload:
    return imported(make_upload(CSV + BAD, name="sales.csv"))


def download(upload: Upload) -> Table:
    text = "".join(rejected_csv(upload))
    reader = csv.DictReader(io.StringIO(text, newline=""))
    rows = list(reader)
    return list(reader.fieldnames or []), rows


def written(table: Table, *, separator: str = ",", encoding: str = "utf-8") -> bytes:
    header, rows = table
    text = io.StringIO()
    writer = csv.DictWriter(text, header, delimiter=separator)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


def corrected(table: Table, fixes: dict[int, dict[str, str]]) -> Table:
    header, rows = table
    return header, [{**row, **fixes.get(int(row["line"]), {})} for row in rows]


def brought(table: Table, name: str = "corrected.csv", **how: Any) -> Upload:
    return imported(make_upload(written(table, **how), name=name))


def visible() -> list[tuple[Any, ...]]:
    columns = "upload_id, line_no, order_id, ordered_on::VARCHAR, item_id, quantity, amount"
    with ledger.reading(current_version()) as connection:
        return connection.execute(f"SELECT {columns} FROM lines ORDER BY ALL").fetchall()


def assert_adds_up(*uploads: Upload) -> None:
    for upload in uploads:
        upload.refresh_from_db()
        assert upload.lines == upload.accepted + upload.rejected + upload.duplicates
