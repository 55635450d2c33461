from loyalty.models.membership import Membership, MembershipEvent
from loyalty.models.programme import Programme, RuleVersion
from loyalty.models.report import Report
from loyalty.models.reviews import DecisionKind, Review, ReviewDecision

__all__ = [
    "DecisionKind",
    "Membership",
    "MembershipEvent",
    "Programme",
    "Report",
    "Review",
    "ReviewDecision",
    "RuleVersion",
]
