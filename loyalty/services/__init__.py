"""Writes of the programme: rules, reviews, and the settings of a programme."""

from loyalty.services.applying import ReviewOutdated, apply_review
from loyalty.services.deciding import approve_review, reject_review
from loyalty.services.forgetting import forget_demo_after
from loyalty.services.pinning import end_pin, pin_customer
from loyalty.services.programmes import (
    archive_programme,
    create_programme,
    rename_programme,
    restore_programme,
    set_programme,
)
from loyalty.services.requests import request_report_after, request_review, request_review_after
from loyalty.services.rulebook import (
    activate_rules,
    approve_rules,
    bring_into_force,
    propose_rules,
    revert_rules,
    withdraw_rules,
)

__all__ = [
    "ReviewOutdated",
    "activate_rules",
    "apply_review",
    "approve_review",
    "approve_rules",
    "archive_programme",
    "bring_into_force",
    "create_programme",
    "end_pin",
    "forget_demo_after",
    "pin_customer",
    "propose_rules",
    "reject_review",
    "rename_programme",
    "request_report_after",
    "request_review",
    "request_review_after",
    "restore_programme",
    "revert_rules",
    "set_programme",
    "withdraw_rules",
]
