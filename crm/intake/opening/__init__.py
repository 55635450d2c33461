"""One door for every container a table may come in: stored bytes in, a UTF-8 text that DuckDB reads out."""

from crm.intake.opening.door import open_table
from crm.intake.opening.opened import MAX_COLUMNS, MAX_LINE, REPLACEMENT, OpenedTable
from crm.intake.opening.writing import MARK, MARKS

__all__ = ["MARK", "MARKS", "MAX_COLUMNS", "MAX_LINE", "REPLACEMENT", "OpenedTable", "open_table"]
