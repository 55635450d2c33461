"""The ledger: the only place that knows paths, opens ledger files and chooses the engine.

Lines live in immutable Parquet files, one or more an upload. Which of them count is a catalogue version in the
database. See docs/architecture.md, "Where data lives".
"""

from crm.ledger.lookups import History, LineFilter, Order, customer_history, customer_orders, line_page, upload_lines
from crm.ledger.reading import LINE_COLUMNS, latest_purchase_on, reading, rejected_rows
from crm.ledger.storage import local_copy, location, scratch, storage_path, write_atomically

__all__ = [
    "LINE_COLUMNS",
    "History",
    "LineFilter",
    "Order",
    "customer_history",
    "customer_orders",
    "latest_purchase_on",
    "line_page",
    "local_copy",
    "location",
    "reading",
    "rejected_rows",
    "scratch",
    "storage_path",
    "upload_lines",
    "write_atomically",
]
