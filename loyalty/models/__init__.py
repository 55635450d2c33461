from loyalty.models.actions import Action, ActionMember, Advice, Affinity
from loyalty.models.experiments import Assignment, Draw, Experiment, ExperimentReading, Groundwork, ImportedTable
from loyalty.models.lists import BulkAction, MemberNote, MessageText, SavedView
from loyalty.models.mailings import ReportDelivery, ReportMailing
from loyalty.models.membership import Membership, MembershipEvent
from loyalty.models.overrides import Pin
from loyalty.models.programme import Programme, RuleVersion
from loyalty.models.report import Hypothesis, Report
from loyalty.models.reviews import DecisionKind, Review, ReviewDecision

__all__ = [
    "Action",
    "ActionMember",
    "Advice",
    "Affinity",
    "Assignment",
    "BulkAction",
    "DecisionKind",
    "Draw",
    "Experiment",
    "ExperimentReading",
    "Groundwork",
    "Hypothesis",
    "ImportedTable",
    "MemberNote",
    "Membership",
    "MembershipEvent",
    "MessageText",
    "Pin",
    "Programme",
    "Report",
    "ReportDelivery",
    "ReportMailing",
    "Review",
    "ReviewDecision",
    "RuleVersion",
    "SavedView",
]
