"""Asking for new results, and withdrawing those whose lines are gone; the work itself is `segmentation.jobs`."""

from datetime import date
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import runs
from core.formatting import number_text
from core.models import Run, User
from core.services.audit import record_event
from crm import selectors as crm
from crm.ledger import EngineName
from segmentation.models import ModelArtifact, Snapshot, SnapshotPointer
from segmentation.selectors import current_choice, current_valuation, group_settings

KIND = "segmentation.refresh"
UNITS = ("day", "week")
LONGEST_HORIZON_DAYS = 3650
LONGEST_HOLDOUT_DAYS = 3650
SHORTEST_CALIBRATION_DAYS = 30


class RefreshRefused(runs.JobRefused):
    """What was asked can't be calculated; the message says what to change."""


def request_refresh(
    *,
    by: User | None,
    as_of: date | None = None,
    unit: str = "day",
    holdout_days: int | None = None,
    horizon_days: int | None = None,
    engine: EngineName | None = None,
) -> Run | None:
    """Ask for new results; None while nothing is published. Replaces wishes that nobody has begun.

    Defaults: the latest purchase date, a holdout that the job takes from the time span, the horizon that was
    chosen for everybody, and the engine of ANALYTICS_ENGINE.
    """
    horizon_days = current_valuation().horizon_days if horizon_days is None else horizon_days
    _check(unit, holdout_days, horizon_days)
    _check_days(as_of, holdout_days)
    with transaction.atomic():
        options = {"unit": unit, "holdout_days": holdout_days, "horizon_days": horizon_days}
        params = _params(as_of=as_of, engine=_named(engine), **options)
        if params is None:
            return None
        runs.supersede_pending(KIND)
        run = runs.request_run(kind=KIND, params=params, fingerprint=_fingerprint(params), by=by)
        facts = {name: params[name] for name in ("as_of", "unit", "holdout_days", "horizon_days")}
        record_event(by=by, action="snapshot.requested", obj=run, key=run.pk, facts=facts)
    return run


def request_refresh_after(after: Run | None = None) -> Run | None:
    """What an import, an undo or the schedule asks for: newest data, default settings; None without lines.

    A ledger that has become empty leaves nothing to show, so the current results are withdrawn.
    """
    with transaction.atomic():
        options = {"unit": "day", "holdout_days": None, "horizon_days": current_valuation().horizon_days}
        params = _params(as_of=None, engine=None, **options)
        if params is None:
            withdraw_snapshot(by=None)
            return None
        params["is_automatic"] = True
        _supersede_automatic()
        return runs.request_run(kind=KIND, params=params, fingerprint=_fingerprint(params), by=None)


def withdraw_snapshot(*, by: User | None) -> None:
    """Show no results any more: what they were calculated from is gone."""
    with transaction.atomic():
        pointer = SnapshotPointer.objects.select_for_update().get(pk=1)
        if pointer.snapshot_id is None:
            return
        withdrawn, pointer.snapshot = pointer.snapshot_id, None
        pointer.pinned_at = pointer.pinned_until = None
        pointer.save()
        ModelArtifact.objects.filter(state=ModelArtifact.State.CURRENT).update(state=ModelArtifact.State.RETIRED)
        waiting = Snapshot.objects.filter(state=Snapshot.State.CANDIDATE)
        waiting.update(state=Snapshot.State.DECLINED)
        record_event(by=by, action="snapshot.withdrawn", obj="snapshot", key=withdrawn)


def _check(unit: str, holdout_days: int | None, horizon_days: int) -> None:
    if unit not in UNITS:
        raise RefreshRefused("unknown_unit", _("The unit of time is day or week."))
    if holdout_days is not None and holdout_days < 0:
        raise RefreshRefused("holdout_negative", _("The holdout must be 0 (none) or a number of days."))
    if not 1 <= horizon_days <= LONGEST_HORIZON_DAYS:
        message = _("The horizon must be between 1 and %(longest)s days.") % {"longest": LONGEST_HORIZON_DAYS}
        raise RefreshRefused("horizon_out_of_range", message)


def _check_days(as_of: date | None, holdout_days: int | None) -> None:
    """A slip of the keyboard would be published to everybody: days nobody has lived, or more than there were."""
    longest, first, last = LONGEST_HOLDOUT_DAYS, None, timezone.localdate()
    if span := crm.span_of_lines():
        first, last = span[0], max(span[1], last)
        end = as_of or min(span[1], timezone.localdate())
        longest = min(longest, max((end - first).days - SHORTEST_CALIBRATION_DAYS, 0))
    if as_of is not None and as_of > last:
        message = _("%(day)s is still to come: choose a day up to %(last)s.")
        values = {"day": f"{as_of:%-d %B %Y}", "last": f"{last:%-d %B %Y}"}
        raise RefreshRefused("as_of_in_future", message % values)
    # A day before the first purchase has nothing to keep back from; the run says so.
    if holdout_days is None or holdout_days <= longest or (first and as_of and as_of < first):
        return
    message = _(
        "The check can keep back at most %(longest)s days: the models need %(least)s days before to learn from."
    )
    values = {"longest": number_text(longest), "least": number_text(SHORTEST_CALIBRATION_DAYS)}
    raise RefreshRefused("holdout_too_long", message % values)


def _named(engine: EngineName | None) -> EngineName | None:
    """Naming the usual engine is no other wish than naming none; None follows the setting, should it change."""
    return None if engine == settings.ANALYTICS_ENGINE else engine


def _params(*, as_of: date | None, **options: Any) -> dict[str, Any] | None:
    """The ledger's version is named, so that the run speaks of the ledger as it was when somebody asked.

    So are the way to form segments and the shares of the tiers: a refresh under way with others is not the same work.

    The default day stays open: finding it reads lines, which is no work for a request.
    """
    version = crm.current_version()
    if version is None or not crm.has_lines():
        return None
    choice, rate = current_choice(), current_valuation().annual_discount_rate
    asked = {"version": version.pk, "as_of": as_of and as_of.isoformat(), "choice": choice and choice.pk}
    return {**asked, "annual_discount_rate": rate, "groups": group_settings().pk, **options}


def _fingerprint(params: dict[str, Any]) -> str:
    return runs.fingerprint(KIND, {name: value for name, value in params.items() if name != "is_automatic"})


def _supersede_automatic() -> None:
    """Several imports in a row need one calculation; what a person asked for stays."""
    Run.objects.filter(kind=KIND, state=Run.State.PENDING, params__is_automatic=True).update(
        state=Run.State.CANCELLED, finished_at=timezone.now(), error_code="superseded"
    )
