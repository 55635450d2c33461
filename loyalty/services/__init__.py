"""Writes of the programme: rules, reviews, and the settings of a programme."""

from loyalty.services.applying import ReviewOutdated, apply_review
from loyalty.services.deciding import approve_review, reject_review
from loyalty.services.forgetting import forget_demo_after
from loyalty.services.requests import request_report_after, request_review, request_review_after
from loyalty.services.rulebook import activate_rules, propose_rules, set_programme

__all__ = [
    "ReviewOutdated",
    "activate_rules",
    "apply_review",
    "approve_review",
    "forget_demo_after",
    "propose_rules",
    "reject_review",
    "request_report_after",
    "request_review",
    "request_review_after",
    "set_programme",
]
