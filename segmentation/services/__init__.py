"""Writes of scores and segments that people or schedules ask for; the work itself is `segmentation.jobs`."""

from segmentation.services.groups import (
    GroupsRefused,
    change_shares,
    rename_segment,
)
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
    KIND,
    LONGEST_HORIZON_DAYS,
    UNITS,
    RefreshRefused,
    request_refresh,
    request_refresh_after,
    withdraw_snapshot,
)
from segmentation.services.valuation import HIGHEST_DISCOUNT_RATE, choose_valuation

__all__ = [
    "HIGHEST_DISCOUNT_RATE",
    "KIND",
    "LONGEST_HORIZON_DAYS",
    "UNITS",
    "GroupsRefused",
    "PromotionRefused",
    "RefreshRefused",
    "change_shares",
    "check_can_return",
    "check_is_seen",
    "check_is_waiting",
    "choose_valuation",
    "decline_candidate",
    "pin_snapshot",
    "promote_candidate",
    "rename_segment",
    "request_refresh",
    "request_refresh_after",
    "roll_back",
    "set_publishing",
    "unpin_snapshot",
    "withdraw_snapshot",
]
