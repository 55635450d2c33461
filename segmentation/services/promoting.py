"""Which results are shown: promoting those that wait, going back to earlier ones, pinning, and asking first or not.

Loading a million scores takes longer than a page may: promotion and roll back are runs of one kind.
"""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import runs
from core.models import Run, User
from core.services.audit import record_event
from segmentation import store
from segmentation.models import Snapshot, SnapshotPointer
from segmentation.selectors import candidate_snapshot

KIND = "segmentation.promote"


class PromotionRefused(runs.JobRefused):
    """These results can't be shown now; the message says what to do."""


def promote_candidate(*, snapshot: Snapshot, instead_of: int | None, by: User) -> Run:
    """Ask that the waiting results be shown. `instead_of`: the current ones that their preview was compared with."""
    check_is_waiting(snapshot)
    with transaction.atomic():
        check_is_seen(_pointer(), instead_of)
        params = {"snapshot": snapshot.pk, "instead_of": instead_of, "is_rollback": False}
        run = runs.request_run(kind=KIND, params=params, fingerprint=runs.fingerprint(KIND, params), by=by)
        record_event(by=by, action="snapshot.promotion_requested", obj=snapshot, key=snapshot.pk)
    return run


def roll_back(*, snapshot: Snapshot, until: date | None = None, is_pinned: bool = True, by: User) -> Run:
    """Ask that earlier results be shown again, pinned until a day or until somebody releases them."""
    check_can_return(snapshot)
    _check_day(until)
    with transaction.atomic():
        if _pointer().snapshot_id == snapshot.pk:
            raise PromotionRefused("is_current", _("These results are the ones that every page shows."))
        params: dict[str, Any] = {
            "snapshot": snapshot.pk,
            "is_rollback": True,
            "is_pinned": is_pinned,
            "until": until.isoformat() if until and is_pinned else None,
        }
        run = runs.request_run(kind=KIND, params=params, fingerprint=runs.fingerprint(KIND, params), by=by)
        record_event(by=by, action="snapshot.rollback_requested", obj=snapshot, key=snapshot.pk, facts=params)
    return run


def decline_candidate(*, snapshot: Snapshot, by: User) -> None:
    """Turn the waiting results down; the same data will not make them wait again by themselves."""
    with transaction.atomic():
        _pointer()
        check_is_waiting(snapshot)
        Snapshot.objects.filter(pk=snapshot.pk).update(state=Snapshot.State.DECLINED)
        record_event(by=by, action="snapshot.declined", obj=snapshot, key=snapshot.pk)


def pin_snapshot(*, until: date | None, by: User) -> None:
    """Keep the present results until a day (included), or until somebody releases them."""
    _check_day(until)
    with transaction.atomic():
        pointer = _pointer()
        if pointer.snapshot_id is None:
            raise PromotionRefused("no_snapshot", _("There are no results yet that could be kept."))
        pointer.pinned_at, pointer.pinned_until = timezone.now(), until
        pointer.save()
        facts = {"until": until and until.isoformat()}
        record_event(by=by, action="snapshot.pinned", obj="snapshot", key=pointer.snapshot_id, facts=facts)


def unpin_snapshot(*, by: User) -> None:
    """Let newer results be shown again."""
    with transaction.atomic():
        pointer = _pointer()
        if pointer.pinned_at is None:
            return
        pointer.pinned_at = pointer.pinned_until = None
        pointer.save()
        record_event(by=by, action="snapshot.unpinned", obj="snapshot", key=pointer.snapshot_id)


def set_publishing(*, asks_first: bool, by: User) -> None:
    """Whether new results are shown by themselves, or wait until somebody promotes them."""
    with transaction.atomic():
        pointer = _pointer()
        if pointer.asks_first == asks_first:
            return
        pointer.asks_first = asks_first
        pointer.save()
        record_event(by=by, action="publishing.changed", obj="snapshot", key=1, facts={"asks_first": asks_first})


def check_is_waiting(snapshot: Snapshot) -> None:
    """Raise PromotionRefused unless these are the results that wait."""
    if snapshot != candidate_snapshot():
        raise PromotionRefused("not_waiting", _("These results do not wait any more: look at the newest ones instead."))


def check_is_seen(pointer: SnapshotPointer, instead_of: int | None) -> None:
    """Raise PromotionRefused when other results are shown than those that the preview was compared with."""
    if pointer.snapshot_id != instead_of:
        message = _("Other results are shown now than when you looked: look again at what would change.")
        raise PromotionRefused("changed", message)


def check_can_return(snapshot: Snapshot) -> None:
    """Raise PromotionRefused when earlier results can't be shown any more."""
    if snapshot.state != Snapshot.State.PUBLISHED:
        raise PromotionRefused("never_shown", _("These results were never shown, so there is nothing to go back to."))
    try:
        lacking = store.lacking(snapshot)
    except store.SnapshotDamaged as damage:
        raise PromotionRefused("damaged", str(damage)) from damage
    if lacking:
        message = _(
            "These results were made by an earlier version of Insiders, which did not compute %(names)s yet: "
            "compute new ones as of that day instead."
        ) % {"names": ", ".join(lacking)}
        raise PromotionRefused("incomplete", message)


def _check_day(until: date | None) -> None:
    if until is not None and until < timezone.localdate():
        raise PromotionRefused("day_is_past", _("The last day of keeping these results can't lie in the past."))


def _pointer() -> SnapshotPointer:
    return SnapshotPointer.objects.select_for_update().get(pk=1)
