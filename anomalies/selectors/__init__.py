"""Reads of scans and of the queue: finished values, a bounded number of queries."""

from anomalies.selectors.detail import AnomalyDetail, anomaly_detail, anomaly_of
from anomalies.selectors.queue import (
    Filters,
    QueuePage,
    QueueRow,
    anomalies_of,
    queue,
    queue_page,
    queue_row,
    queue_summary,
)
from anomalies.selectors.scans import latest_scan, open_by_kind, scan_result, scan_result_of

__all__ = [
    "AnomalyDetail",
    "Filters",
    "QueuePage",
    "QueueRow",
    "anomalies_of",
    "anomaly_detail",
    "anomaly_of",
    "latest_scan",
    "open_by_kind",
    "queue",
    "queue_page",
    "queue_row",
    "queue_summary",
    "scan_result",
    "scan_result_of",
]
