from loyalty.models.lists import BulkAction, MemberNote, MessageText, SavedView
from loyalty.models.membership import Membership, MembershipEvent
from loyalty.models.overrides import Pin
from loyalty.models.programme import Programme, RuleVersion
from loyalty.models.report import Report
from loyalty.models.reviews import DecisionKind, Review, ReviewDecision

__all__ = [
    "BulkAction",
    "DecisionKind",
    "MemberNote",
    "Membership",
    "MembershipEvent",
    "MessageText",
    "Pin",
    "Programme",
    "Report",
    "Review",
    "ReviewDecision",
    "RuleVersion",
    "SavedView",
]
