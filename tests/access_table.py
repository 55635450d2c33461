"""Who may do what at which address: one line a URL name. `tests/test_access_matrix.py` walks the resolver against it.

* `page("view")`: a page that is only looked at.
* `form("view", "anomalies.triage")`: a page that also takes a POST; the second capability guards it.
* `action("runs.cancel")`: an address that only takes a POST.
* `api("view")`, `api("view", "uploads.add", "POST")`: reading; and writing with the named methods.
* `public("GET", "POST")`: open to everybody.

Path parameters are given by name as functions, called inside a test's transaction, that make a row and return the
value: `page("view", pk=lambda: make_run().pk)`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from tests.core.webhook_world import make_delivery, make_endpoint
from tests.crm.exports import make_export
from tests.crm.sources import make_inbox
from tests.crm.tus import make_partial
from tests.factories import (
    make_anomaly,
    make_customer,
    make_review,
    make_rules,
    make_run,
    make_schedule_entry,
    make_segment_summary,
    make_token_row,
    make_upload,
    make_upload_with_rejected,
    make_user,
)
from tests.loyalty.lists import make_action, make_bulk_action, make_note, make_pin, make_saved_view
from tests.loyalty.proof_world import make_experiment
from tests.loyalty.reports import make_hypothesis, make_mailing, make_report
from tests.saved_mappings import make_saved_mapping
from tests.segmentation.lab_worlds import make_choice, make_comparison

SAFE = frozenset({"GET", "HEAD"})
Sample = Callable[[], Any]


@dataclass(frozen=True)
class Access:
    kind: str  # page, api or public
    methods: frozenset[str]
    read: str = ""
    write: str = ""
    samples: dict[str, Sample] = field(default_factory=dict)
    is_missing: bool = False  # may answer 404 by design, also to those who have the capability

    def capability(self, method: str) -> str:
        return self.read if method in {*SAFE, "OPTIONS"} else self.write


def page(read: str, **samples: Sample) -> Access:
    return Access("page", SAFE, read, read, samples)


def form(read: str, write: str = "", **samples: Sample) -> Access:
    return Access("page", SAFE | {"POST"}, read, write or read, samples)


def action(write: str, **samples: Sample) -> Access:
    return Access("page", frozenset({"POST"}), write, write, samples)


def api(read: str, write: str = "", *methods: str, **samples: Sample) -> Access:
    """`methods` are the writing ones; with none it is only read. Reading that is not offered: `read=""`."""
    reading = SAFE if read else frozenset()
    return Access("api", frozenset({*reading, "OPTIONS", *methods}), read or write, write or read, samples)


def public(*methods: str, **samples: Sample) -> Access:
    return Access("public", frozenset(methods) | (SAFE if "GET" in methods else frozenset()), samples=samples)


A_STRANGERS_TOKEN: dict[str, Sample] = {"pk": lambda: make_token_row(make_user()).pk}

ACCESS: dict[str, Access] = {
    # --- core: signing in, jobs, settings ---
    "core:today": page("view"),
    "core:sign-in": public("GET", "POST"),
    "core:sign-out": action("view"),
    "core:password-reset": public("GET", "POST"),
    "core:password-reset-sent": public("GET"),
    "core:password-reset-confirm": public("GET", "POST", uidb64=lambda: "MQ", token=lambda: "wrong"),
    "core:password-change": form("view"),
    "core:account": form("view", "tokens.own"),
    "core:token-revoke": Access(
        "page", frozenset({"POST"}), "tokens.own", "tokens.own", A_STRANGERS_TOKEN, is_missing=True
    ),
    "core:settings": form("view", "team.manage"),
    "core:user-change": form("team.manage", pk=lambda: make_user().pk),
    "core:schedule": page("view"),
    "core:schedule-entry": action("schedule.manage", pk=lambda: make_schedule_entry().pk),
    "core:audit": page("audit.view"),
    "core:jobs": page("view"),
    "core:webhook-list": form("webhooks.manage"),
    "core:webhook-detail": form("webhooks.manage", pk=lambda: make_endpoint().pk),
    "core:webhook-again": action("webhooks.manage", pk=lambda: make_delivery().pk),
    "core:running-jobs": page("view"),
    "core:run-detail": page("view", pk=lambda: make_run().pk),
    "core:run-cancel": action("runs.cancel", pk=lambda: make_run("crm.ingest").pk),
    "core:run-retry": action("runs.cancel", pk=lambda: make_run("crm.ingest", state="dead").pk),
    "core:gallery": page("view"),
    "core:health-live": public("GET"),
    "core:health-ready": public("GET"),
    # --- API ---
    "api:schema": api("view"),
    "api:docs": Access("page", SAFE | {"OPTIONS"}, "view", "view"),
    "api:run-detail": api("view", pk=lambda: make_run().pk),
    "api:webhook-list": api("webhooks.manage", "webhooks.manage", "POST"),
    "api:webhook-detail": api("webhooks.manage", "webhooks.manage", "DELETE", pk=lambda: make_endpoint().pk),
    "api:unknown": Access("api", frozenset({*SAFE, "OPTIONS"}), "view", "view", is_missing=True),
    # --- crm ---
    "crm:upload-list": form("view", "uploads.add"),
    "crm:upload-confirm-certain": action("uploads.add"),
    "crm:partial-discard": Access(
        "page", frozenset({"POST"}), "uploads.add", "uploads.add", {"pk": lambda: make_partial().pk}, is_missing=True
    ),
    "crm:inbox-list": form("sources.manage"),
    "crm:inbox-detail": form("sources.manage", pk=lambda: make_inbox().pk),
    "crm:inbox-check": action("sources.manage", pk=lambda: make_inbox().pk),
    "crm:inbox-delete": action("sources.manage", pk=lambda: make_inbox().pk),
    "crm:upload-detail": page("view", pk=lambda: make_upload().pk),
    "crm:upload-lines": page("view", pk=lambda: make_upload().pk),
    "crm:transaction-list": page("view"),
    "crm:transaction-export": form("members.export"),
    "crm:export-detail": page("members.export", pk=lambda: make_export().pk),
    "crm:export-file": page("members.export", pk=lambda: make_export().pk),
    "crm:upload-confirm": form("uploads.add", pk=lambda: make_upload().pk),
    "crm:upload-check": form("uploads.add", pk=lambda: make_upload().pk),
    "crm:mapping-list": page("view"),
    "crm:mapping-detail": form("view", "uploads.add", pk=lambda: make_saved_mapping().pk),
    "crm:mapping-delete": action("uploads.add", pk=lambda: make_saved_mapping().pk),
    "crm:upload-reread": action("uploads.add", pk=lambda: make_upload().pk),
    "crm:upload-undo": form("uploads.undo", "uploads.undo", pk=lambda: make_upload().pk),
    "crm:upload-redo": action("uploads.undo", pk=lambda: make_upload().pk),
    "crm:upload-complete": action("uploads.add", pk=lambda: make_upload().pk),
    "crm:upload-discard": action("uploads.undo", pk=lambda: make_upload().pk),
    "crm:upload-rejected": page("view", pk=lambda: make_upload_with_rejected().pk),
    "crm:customer-list": page("view"),
    "crm:customer-suggestions": page("view"),
    "crm:customer-export": page("members.export"),
    "crm:customer-detail": page("view", customer_id=lambda: make_customer("a/b ü=1").external_id),
    "api:upload-list": api("view", "uploads.add", "POST"),
    "api:partial-upload-list": api("uploads.add", "uploads.add", "POST"),
    "api:partial-upload-detail": Access(
        "api",
        frozenset({*SAFE, "OPTIONS", "POST", "PATCH", "DELETE"}),
        "uploads.add",
        "uploads.add",
        {"pk": lambda: make_partial().pk},
        is_missing=True,
    ),
    "api:upload-detail": api("view", pk=lambda: make_upload().pk),
    "api:upload-confirm": api("", "uploads.add", "POST", pk=lambda: make_upload().pk),
    "api:upload-undo": api("", "uploads.undo", "POST", pk=lambda: make_upload().pk),
    "api:upload-redo": api("", "uploads.undo", "POST", pk=lambda: make_upload().pk),
    "api:upload-lines": api("view", pk=lambda: make_upload().pk),
    "api:upload-rejected": api("view", pk=lambda: make_upload_with_rejected().pk),
    "api:transaction-list": api("view"),
    "api:customer-list": api("view"),
    "api:customer-detail": api("view", customer_id=lambda: make_customer("a/b ü=1").external_id),
    "api:customer-history": api("view", customer_id=lambda: make_customer("a/b ü=1").external_id),
    # --- segmentation ---
    "segmentation:segment-list": form("view", "segments.choose"),
    "segmentation:segment-detail": form("view", "segments.choose", pk=lambda: make_segment_summary().segment_id),
    "segmentation:valuation": form("view", "values.manage"),
    "segmentation:model-list": form("view", "snapshots.refresh"),
    "segmentation:lab": form("view", "segments.choose"),
    "segmentation:comparison-detail": page("view", pk=lambda: make_comparison().pk),
    "segmentation:comparison-points": page("view", pk=lambda: make_comparison().pk, number=lambda: 0),
    "segmentation:combination-use": form("segments.choose", pk=lambda: make_comparison().pk, number=lambda: 0),
    "segmentation:segment-points": page("view", method=lambda: "pca"),
    "segmentation:choice-use": action("segments.choose", pk=lambda: make_choice().pk),
    "segmentation:choice-built-in": action("segments.choose"),
    "segmentation:snapshot-detail": page("view", pk=lambda: make_segment_summary().snapshot_id),
    "segmentation:publishing-change": action("snapshots.promote"),
    "segmentation:snapshot-pin": action("snapshots.promote"),
    "segmentation:snapshot-unpin": action("snapshots.promote"),
    "segmentation:snapshot-promote": action("snapshots.promote", pk=lambda: make_segment_summary().snapshot_id),
    "segmentation:snapshot-decline": action("snapshots.promote", pk=lambda: make_segment_summary().snapshot_id),
    "segmentation:snapshot-roll-back": action("snapshots.promote", pk=lambda: make_segment_summary().snapshot_id),
    "api:segment-list": api("view"),
    "api:comparison-list": api("view", "segments.choose", "POST"),
    "api:comparison-detail": api("view", pk=lambda: make_comparison().pk),
    "api:combination-use": api("", "segments.choose", "POST", pk=lambda: make_comparison().pk, number=lambda: 0),
    "api:segment-transitions": Access(
        "api",
        frozenset({*SAFE, "OPTIONS"}),
        "view",
        "view",
        {"pk": lambda: make_segment_summary().segment_id},
        is_missing=True,
    ),
    "api:snapshot-list": api("view"),
    "api:snapshot-transitions": api("view", pk=lambda: make_segment_summary().snapshot_id),
    "api:snapshot-detail": api("view", pk=lambda: make_segment_summary().snapshot_id),
    # --- anomalies ---
    "anomalies:queue": page("view"),
    "anomalies:scan-request": action("anomalies.scan"),
    "anomalies:verdicts": action("anomalies.triage"),
    "anomalies:anomaly-detail": page("view", pk=lambda: make_anomaly().pk),
    "anomalies:anomaly-verdict": action("anomalies.triage", pk=lambda: make_anomaly().pk),
    "anomalies:anomaly-reopen": action("anomalies.triage", pk=lambda: make_anomaly().pk),
    "anomalies:anomaly-assign": action("anomalies.triage", pk=lambda: make_anomaly().pk),
    "api:anomaly-list": api("view"),
    "api:anomaly-detail": api("view", pk=lambda: make_anomaly().pk),
    "api:anomaly-verdict": api("", "anomalies.triage", "POST", pk=lambda: make_anomaly().pk),
    "api:anomaly-assign": api("", "anomalies.triage", "POST", pk=lambda: make_anomaly().pk),
    # --- loyalty ---
    "loyalty:insiders": page("view"),
    "loyalty:members-csv": page("members.export"),
    "loyalty:members-xlsx": page("members.export"),
    "loyalty:members-bulk": action("members.note"),
    "loyalty:bulk-undo": action("members.note", pk=lambda: make_bulk_action().pk),
    "loyalty:view-save": action("members.note"),
    "loyalty:view-remove": action("members.note", pk=lambda: make_saved_view().pk),
    "loyalty:member-pin": action("programme.approve", pk=lambda: make_customer().pk),
    "loyalty:pin-end": action("programme.approve", pk=lambda: make_pin().pk),
    "loyalty:member-note": action("members.note", pk=lambda: make_customer().pk),
    "loyalty:note-remove": action("members.note", pk=lambda: make_note().pk),
    "loyalty:message-texts": form("view", "programme.approve"),
    "loyalty:member-detail": page("view", pk=lambda: make_customer().pk),
    "loyalty:rules": form("view", "programme.propose"),
    "loyalty:rules-count": action("programme.propose"),
    "loyalty:rules-propose": action("programme.propose"),
    "loyalty:rules-replay": action("programme.propose"),
    "loyalty:rules-approve": action("programme.approve", pk=lambda: make_rules(is_active=False).pk),
    "loyalty:rules-withdraw": action("programme.propose", pk=lambda: make_rules(is_active=False).pk),
    "loyalty:rules-revert": action("programme.approve"),
    "loyalty:programme-settings": form("view", "programme.approve"),
    "loyalty:programme-create": action("programme.approve"),
    "loyalty:programme-rename": action("programme.approve", pk=lambda: make_rules().programme_id),
    "loyalty:programme-archive": action("programme.approve", pk=lambda: make_rules().programme_id),
    "loyalty:programme-restore": action("programme.approve", pk=lambda: make_rules().programme_id),
    "loyalty:review-list": page("view"),
    "loyalty:review-request": action("programme.propose"),
    "loyalty:review-detail": page("view", pk=lambda: make_review().pk),
    "loyalty:review-approve": action("programme.approve", pk=lambda: make_review().pk),
    "loyalty:review-reject": action("programme.approve", pk=lambda: make_review().pk),
    "loyalty:experiment-list": page("view"),
    "loyalty:experiment-plan": form("view", "programme.approve"),
    "loyalty:experiment-import": form("view", "programme.propose"),
    "loyalty:experiment-detail": page("view", pk=lambda: make_experiment().pk),
    "loyalty:experiment-end": action("programme.approve", pk=lambda: make_experiment().pk),
    "loyalty:experiment-remove": action("programme.approve", pk=lambda: make_experiment().pk),
    "loyalty:experiment-groups": page("members.export", pk=lambda: make_experiment().pk),
    "api:experiment-list": api("view", "programme.approve", "POST"),
    "api:experiment-detail": api("view", pk=lambda: make_experiment().pk),
    "api:experiment-end": api("", "programme.approve", "POST", pk=lambda: make_experiment().pk),
    "loyalty:report": page("view"),
    "loyalty:report-detail": page("view", pk=lambda: make_report().pk),
    "loyalty:report-lines": page("members.export", pk=lambda: make_report().pk),
    "loyalty:report-customers": page("members.export", pk=lambda: make_report().pk),
    "loyalty:report-history": page("view"),
    "loyalty:hypothesis-list": form("view", "programme.propose"),
    "loyalty:hypothesis-withdraw": action("programme.propose", pk=lambda: make_hypothesis().pk),
    "loyalty:mailing-list": form("reports.mail"),
    "loyalty:mailing-change": action("reports.mail", pk=lambda: make_mailing().pk),
    "loyalty:report-pdf": page("view"),
    "loyalty:report-html": page("view"),
    "loyalty:report-csv": page("members.export"),
    "loyalty:report-json": page("members.export"),
    "loyalty:actions": page("view"),
    "loyalty:action-take": form("view", "actions.take"),
    "loyalty:action-detail": page("view", pk=lambda: make_action().pk),
    "loyalty:action-done": action("actions.take", pk=lambda: make_action().pk),
    "loyalty:action-call-off": action("actions.take", pk=lambda: make_action().pk),
    "loyalty:action-audience": page("members.export", pk=lambda: make_action().pk),
    "loyalty:report-request": action("programme.propose"),
    "api:programme": api("view"),
    "api:programme-preview": api("", "programme.propose", "POST"),
    "api:member-list": api("view"),
    "api:members-csv": api("members.export"),
    "api:member-events": api("view"),
    "api:review-list": api("view"),
    "api:review-approve": api("", "programme.approve", "POST", pk=lambda: make_review().pk),
    "api:action-list": api("view"),
    "api:action-advice": api("view"),
    "api:report": api("view"),
}

# Rows whose state opens an address to fewer people than its line above, or to nobody: (URL name, what the row is).
CLOSER: dict[tuple[str, str], Access] = {
    ("segmentation:snapshot-detail", "waits"): page("snapshots.promote", pk=lambda: make_unshown("candidate")),
    ("segmentation:snapshot-detail", "turned down"): page("snapshots.promote", pk=lambda: make_unshown("declined")),
    ("api:snapshot-detail", "waits"): replace(api("view", pk=lambda: make_unshown("candidate")), is_missing=True),
}


def make_unshown(state: str) -> int:
    """Results that nobody was ever shown."""
    snapshot = make_segment_summary().snapshot
    snapshot.state = state
    snapshot.save()
    return snapshot.pk
