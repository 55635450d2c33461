"""Writes of the queue: asking for a scan, and what people say and do about anomalies. The scan is `anomalies.jobs`.

A verdict is immutable and closes its anomaly; taking it back opens the anomaly again and leaves the verdict in the
history. Comments are kept with the verdict; the audit trail holds their digest alone.
"""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from anomalies.models import Anomaly, AnomalyEvent, Verdict
from core import runs
from core.models import Run, User
from core.services.audit import record_event
from segmentation.models import Snapshot
from segmentation.selectors import current_snapshot

KIND = "anomalies.scan"
LONGEST_COMMENT = 2000
MOST_AT_ONCE = 200


class TriageError(ValueError):
    """What was asked can't be done to this anomaly; the message says what can."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def request_scan(*, by: User | None) -> Run | None:
    """Ask for a look over the current results; None while there are none."""
    with transaction.atomic():
        snapshot = current_snapshot()
        if snapshot is None:
            return None
        run = _request(snapshot, by=by, is_automatic=False)
        record_event(by=by, action="scan.requested", obj=run, key=run.pk, facts={"snapshot": snapshot.pk})
    return run


def request_scan_after(after: Run | None = None) -> Run | None:
    """What a refresh or the schedule asks for: a look over the newest results; None while there are none."""
    snapshot = current_snapshot()
    return None if snapshot is None else _request(snapshot, by=None, is_automatic=True)


def _request(snapshot: Snapshot, *, by: User | None, is_automatic: bool) -> Run:
    params = {"snapshot": snapshot.pk, "is_automatic": is_automatic}
    return runs.request_run(kind=KIND, params=params, fingerprint=runs.fingerprint(KIND, snapshot.pk), by=by)


def record_verdict(*, anomaly: Anomaly, verdict: str, comment: str = "", by: User) -> Verdict:
    """Say what an anomaly is, which closes it. The same word again by the same person changes nothing."""
    return record_verdicts(anomalies=[anomaly], verdict=verdict, comment=comment, by=by)[0]


def record_verdicts(*, anomalies: Sequence[Anomaly], verdict: str, comment: str = "", by: User) -> list[Verdict]:
    """The same word on several anomalies, all or none."""
    comment = _checked(verdict, comment, len(anomalies))
    with transaction.atomic():
        rows = _locked([anomaly.pk for anomaly in anomalies])
        said = [_verdict(row, verdict, comment, by) for row in rows]
        new = [each for each in said if each.pk is None]
        for each in new:
            each.save()
        Anomaly.objects.filter(pk__in=[each.anomaly_id for each in new]).update(
            status=Anomaly.Status.RESOLVED, updated_at=timezone.now()
        )
        if new:
            _record_verdicts(new, verdict, comment, by)
    return said


def _checked(verdict: str, comment: str, count: int) -> str:
    if verdict not in Verdict.Value.values:
        words = ", ".join(Verdict.Value.values)
        raise TriageError("unknown_verdict", _("Choose one of these verdicts: %(words)s.") % {"words": words})
    if not count:
        raise TriageError("nothing_chosen", _("Choose at least one anomaly."))
    if count > MOST_AT_ONCE:
        raise TriageError("too_many", _("At most %(most)s anomalies at once.") % {"most": MOST_AT_ONCE})
    comment = comment.strip()
    if "\0" in comment:
        raise TriageError("comment_unreadable", _("The comment holds a NUL character: send it as plain text."))
    if len(comment) > LONGEST_COMMENT:
        limit = {"most": LONGEST_COMMENT}
        raise TriageError("comment_too_long", _("A comment has at most %(most)s characters.") % limit)
    return comment


def _locked(keys: Sequence[int]) -> list[Anomaly]:
    """The rows, held until the transaction ends; always in the same order, so that two people never wait in a ring."""
    rows = list(Anomaly.objects.select_for_update().filter(pk__in=set(keys)).order_by("pk"))
    if len(rows) != len(set(keys)):
        raise TriageError("missing", _("This anomaly is not there any more. Reload the page to see what is."))
    return rows


def _verdict(row: Anomaly, verdict: str, comment: str, by: User) -> Verdict:
    newest = row.verdicts.first()
    is_same = newest is not None and (newest.verdict, newest.comment, newest.by_id) == (verdict, comment, by.pk)
    if newest is not None and is_same and row.status == Anomaly.Status.RESOLVED:
        return newest
    return Verdict(anomaly=row, verdict=verdict, comment=comment, by=by, at=timezone.now(), judged=_judged(row))


def _judged(row: Anomaly) -> dict[str, Any]:
    """The anomaly as it is now: what the word was said of, for comparison later and as a lesson for a classifier."""
    return {
        "scan": row.latest_scan_id,
        "severity": row.severity,
        "anomaly_score": row.anomaly_score,
        "threshold": row.threshold,
        "money": None if row.money is None else f"{row.money:f}",
        "reasons": row.reasons,
        "figures": row.evidence.get("figures", []),
    }


def _record_verdicts(new: Sequence[Verdict], verdict: str, comment: str, by: User) -> None:
    keys = [each.anomaly_id for each in new]
    facts = {"verdict": verdict, "count": len(keys), "has_comment": bool(comment)}
    key = keys[0] if len(keys) == 1 else "many"
    changed = {"anomalies": keys, "verdict": verdict, "comment": comment}
    record_event(by=by, action="anomaly.judged", obj="anomaly", key=key, facts=facts, changed=changed)


@transaction.atomic
def reopen(*, anomaly: Anomaly, by: User) -> Anomaly:
    """Take the latest verdict back: the anomaly waits in the queue again. An open one stays as it is."""
    row = _locked([anomaly.pk])[0]
    if row.status == Anomaly.Status.GONE:
        raise TriageError("gone", _("The newest scan no longer finds this, so there is nothing to open again."))
    if row.status == Anomaly.Status.RESOLVED:
        row.status, row.updated_at = Anomaly.Status.OPEN, timezone.now()
        row.save(update_fields=["status", "updated_at"])
        _note(row, AnomalyEvent.Kind.REOPENED, by=by)
        record_event(by=by, action="anomaly.reopened", obj=row, key=row.pk)
    return row


@transaction.atomic
def assign(*, anomaly: Anomaly, assignee: User | None, by: User) -> Anomaly:
    """Give an anomaly to a person, or (None) back to everybody."""
    if assignee is not None and not assignee.is_active:
        raise TriageError("inactive", _("This person can't sign in any more. Choose somebody else."))
    row = _locked([anomaly.pk])[0]
    wanted = assignee.pk if assignee else None
    if row.assignee_id != wanted:
        row.assignee, row.updated_at = assignee, timezone.now()
        row.save(update_fields=["assignee", "updated_at"])
        kind = AnomalyEvent.Kind.ASSIGNED if assignee else AnomalyEvent.Kind.UNASSIGNED
        _note(row, kind, by=by, assignee=assignee)
        facts = {"assignee": f"user:{wanted}" if wanted else None}
        record_event(by=by, action="anomaly.assigned", obj=row, key=row.pk, facts=facts)
    return row


def _note(row: Anomaly, kind: AnomalyEvent.Kind, *, by: User, assignee: User | None = None) -> None:
    AnomalyEvent.objects.create(anomaly=row, kind=kind, by=by, assignee=assignee, at=timezone.now())
