"""Writes of the programme: rules, reviews, and the settings of a programme."""

from loyalty.services.applying import ReviewOutdated, apply_review
from loyalty.services.bulk import act_on_many, undo_bulk
from loyalty.services.deciding import approve_review, reject_review
from loyalty.services.experiments import (
    create_action_test,
    delete_draft,
    end_experiment,
    import_results,
    request_measure,
    request_measure_after,
    start_programme_control,
)
from loyalty.services.forgetting import forget_demo_after
from loyalty.services.noting import add_note, remove_note, remove_view, save_view, set_texts
from loyalty.services.pinning import end_pin, pin_customer
from loyalty.services.programmes import (
    archive_programme,
    create_programme,
    rename_programme,
    restore_programme,
    set_programme,
)
from loyalty.services.replaying import REPLAY, request_replay
from loyalty.services.requests import (
    PROPOSE,
    request_proposal,
    request_report_after,
    request_review,
    request_review_after,
)
from loyalty.services.rulebook import (
    activate_rules,
    approve_rules,
    bring_into_force,
    propose_rules,
    revert_rules,
    withdraw_rules,
)

__all__ = [
    "PROPOSE",
    "REPLAY",
    "ReviewOutdated",
    "act_on_many",
    "activate_rules",
    "add_note",
    "apply_review",
    "approve_review",
    "approve_rules",
    "archive_programme",
    "bring_into_force",
    "create_action_test",
    "create_programme",
    "delete_draft",
    "end_experiment",
    "end_pin",
    "forget_demo_after",
    "import_results",
    "pin_customer",
    "propose_rules",
    "reject_review",
    "remove_note",
    "remove_view",
    "rename_programme",
    "request_measure",
    "request_measure_after",
    "request_proposal",
    "request_replay",
    "request_report_after",
    "request_review",
    "request_review_after",
    "restore_programme",
    "revert_rules",
    "save_view",
    "set_programme",
    "set_texts",
    "start_programme_control",
    "undo_bulk",
    "withdraw_rules",
]
