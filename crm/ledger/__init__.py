"""The ledger: the only place that knows paths, opens ledger files and chooses the engine.

Lines live in immutable Parquet files, one or more an upload. Which of them count is a catalogue version in the
database. See docs/architecture.md, "Where data lives".
"""

from crm.ledger.engines import ENGINES, Engine, EngineName, computing, why_unavailable
from crm.ledger.leaving import Leaving, what_leaves
from crm.ledger.line_pages import LineFilter, line_page, newest_lines, return_links, upload_lines
from crm.ledger.lookups import History, Order, customer_history, customer_orders
from crm.ledger.reading import latest_purchase_on, reading
from crm.ledger.rejects import rejected_examples, rejected_rows
from crm.ledger.relations import EVENT_COLUMNS, LINE_COLUMNS, SESSION_COLUMNS
from crm.ledger.sales import Sale, with_sales
from crm.ledger.storage import local_copy, location, scratch, storage_path, write_atomically, write_under_digest
from crm.ledger.visits import (
    EventFilter,
    SessionFilter,
    Visit,
    Visits,
    customer_visits,
    event_page,
    session_page,
)

__all__ = [
    "ENGINES",
    "EVENT_COLUMNS",
    "LINE_COLUMNS",
    "SESSION_COLUMNS",
    "Engine",
    "EngineName",
    "EventFilter",
    "History",
    "Leaving",
    "LineFilter",
    "Order",
    "Sale",
    "SessionFilter",
    "Visit",
    "Visits",
    "computing",
    "customer_history",
    "customer_orders",
    "customer_visits",
    "event_page",
    "latest_purchase_on",
    "line_page",
    "local_copy",
    "location",
    "newest_lines",
    "reading",
    "rejected_examples",
    "rejected_rows",
    "return_links",
    "scratch",
    "session_page",
    "storage_path",
    "upload_lines",
    "what_leaves",
    "why_unavailable",
    "with_sales",
    "write_atomically",
    "write_under_digest",
]
