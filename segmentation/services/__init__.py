"""Writes of scores and segments that people or schedules ask for; the work itself is `segmentation.jobs`."""

from segmentation.services.requests import (
    DEFAULT_HORIZON_DAYS,
    KIND,
    LONGEST_HORIZON_DAYS,
    UNITS,
    RefreshRefused,
    request_refresh,
    request_refresh_after,
    withdraw_snapshot,
)

__all__ = [
    "DEFAULT_HORIZON_DAYS",
    "KIND",
    "LONGEST_HORIZON_DAYS",
    "UNITS",
    "RefreshRefused",
    "request_refresh",
    "request_refresh_after",
    "withdraw_snapshot",
]
