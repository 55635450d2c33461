"""What the intake thinks of a table, without rows, runs or pages."""

import tempfile
from pathlib import Path
from typing import Any

from crm.intake.dialect import dialect_of
from crm.intake.opening import open_table
from crm.intake.proposal import Proposal, propose
from crm.intake.table import make_raw, source_of
from crm.ledger.reading import connect


def look(table: str | bytes | Path, *, kind: str = "", remembered: dict[str, Any] | None = None) -> Proposal:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if isinstance(table, Path):
            source = table
        else:
            source = folder / "source"
            source.write_bytes(table.encode() if isinstance(table, str) else table)
        text = open_table(source, folder, options={})
        dialect = dialect_of(text, {})
        connection = connect(memory_mb=1000)
        try:
            make_raw(connection, source_of(text.path, dialect, folder))
            return propose(connection, dialect, remembered=remembered, wanted={"kind": kind})[0]
        finally:
            connection.close()
