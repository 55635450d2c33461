"""Writes of scores and segments that people or schedules ask for; the work itself is `segmentation.jobs`."""

from segmentation.services.promoting import (
    PromotionRefused,
    check_can_return,
    check_is_seen,
    check_is_waiting,
    decline_candidate,
    pin_snapshot,
    promote_candidate,
    roll_back,
    set_publishing,
    unpin_snapshot,
)
from segmentation.services.requests import (
    DEFAULT_DISCOUNT_RATE,
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
    "DEFAULT_DISCOUNT_RATE",
    "DEFAULT_HORIZON_DAYS",
    "KIND",
    "LONGEST_HORIZON_DAYS",
    "UNITS",
    "PromotionRefused",
    "RefreshRefused",
    "check_can_return",
    "check_is_seen",
    "check_is_waiting",
    "decline_candidate",
    "pin_snapshot",
    "promote_candidate",
    "request_refresh",
    "request_refresh_after",
    "roll_back",
    "set_publishing",
    "unpin_snapshot",
    "withdraw_snapshot",
]
