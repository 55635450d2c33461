"""A file of corrected lines as the text that the first file had, and what is wrong with it besides its content."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from crm.corrections import columns_of, word_of
from crm.intake.dialect import dialect_of
from crm.intake.kinds import Spec
from crm.intake.opening import open_table
from crm.intake.restoring import FAULTS, First, Restored, restore
from crm.intake.table import source_of
from crm.ledger.completing import corrected_paths
from crm.ledger.reading import connect
from crm.models import Upload
from crm.reasons import REASONS


def restored_text(stored: Path, folder: Path, options: dict[str, Any], first: Upload) -> Restored:
    """In `folder`: the columns and values of the first file, whatever a spreadsheet made of them."""
    text = open_table(stored, folder, options=options)
    came = source_of(text.path, dialect_of(text, options), folder)
    origin = First(columns_of(first), word_of(first), first.rejected_path, corrected_paths(first))
    connection = connect()
    try:
        return restore(connection, came, origin, folder)
    finally:
        connection.close()


def with_faults(spec: Spec, restored: Restored) -> Spec:
    """The first file's specification; rows that can't be taken say so themselves."""
    codes = (*FAULTS, *(code for code in REASONS if code not in FAULTS))
    faults = [(code, f"{restored.fault} = '{code}'") for code in codes]
    return replace(spec, reasons=[*faults, *spec.reasons])


def as_lines_of_first(spec: Spec, restored: Restored) -> Spec:
    """Rows go into the ledger under their number in the first file."""
    destinations = tuple(
        replace(each, expressions={**each.expressions, "line_no": "first_line"}) for each in spec.destinations
    )
    number = f"TRY_CAST(regexp_extract(trim({restored.line}), '^([0-9]+)', 1) AS BIGINT)"
    return replace(spec, typed={**spec.typed, "first_line": number}, destinations=destinations)
