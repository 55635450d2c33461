"""Reads of scans and of the queue: finished values, a bounded number of queries."""

from anomalies.selectors.detail import AnomalyDetail, anomaly_detail, anomaly_of
from anomalies.selectors.queue import (
    MINE,
    NOBODY,
    Filters,
    QueuePage,
    QueueRow,
    anomalies_of,
    people,
    queue,
    queue_page,
    queue_row,
    queue_summary,
    status_counts,
    with_row_parts,
)
from anomalies.selectors.scans import latest_scan, open_by_kind, scan_result, scan_result_of

__all__ = [
    "MINE",
    "NOBODY",
    "AnomalyDetail",
    "Filters",
    "QueuePage",
    "QueueRow",
    "anomalies_of",
    "anomaly_detail",
    "anomaly_of",
    "latest_scan",
    "open_by_kind",
    "people",
    "queue",
    "queue_page",
    "queue_row",
    "queue_summary",
    "scan_result",
    "scan_result_of",
    "status_counts",
    "with_row_parts",
]
