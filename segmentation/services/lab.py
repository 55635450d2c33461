"""Comparing ways to form segments, and choosing the one that the next refresh takes."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import runs
from core.models import Run, User
from core.services.audit import record_event
from segmentation.lab_wording import ALGORITHM_WORDS, FEATURE_LABELS, SPACE_WORDS
from segmentation.models import MOST_SET_ASIDE, Comparison, SegmentationChoice, Snapshot
from segmentation.selectors import current_choice, current_snapshot, is_choice_shown
from segmentation.services.requests import KIND as REFRESH_KIND
from segmentation.services.requests import request_refresh

KIND = "segmentation.compare"
FORMAT_VERSION = 1
MOST_COMBINATIONS = 6
FEWEST_ROWS, MOST_ROWS, USUAL_ROWS = 100, 20_000, 3_000
FEWEST_GROUPS, MOST_GROUPS = 2, 12
NAMES = ("algorithm", "space", "features", "k", "set_aside")


class LabRefused(runs.JobRefused):
    """What was asked of the lab can't be done; the message says what to change."""


def request_comparison(*, combinations: list[dict[str, Any]], sample: int, by: User | None) -> Comparison:
    """The entry that compares these combinations on the current results: a new one, or the one that did so before."""
    snapshot = current_snapshot()
    if snapshot is None:
        raise LabRefused("no_results", _("There are no customers to compare on yet: upload purchases first."))
    asked = [_checked(each) for each in combinations]
    _check(asked, sample)
    mark = runs.fingerprint(KIND, snapshot.fingerprint, snapshot.sha256, asked, sample, FORMAT_VERSION)
    with transaction.atomic():
        entry, is_new = Comparison.objects.select_for_update().get_or_create(
            fingerprint=mark,
            defaults={
                "snapshot": snapshot,
                "combinations": asked,
                "sample_wanted": sample,
                "requested_by": by,
                "requested_at": timezone.now(),
            },
        )
        if not entry.path:
            _start(entry, by=by)
        if is_new:
            facts = {"combinations": len(asked), "sample": sample}
            record_event(by=by, action="comparison.requested", obj=entry, key=entry.pk, facts=facts)
    return entry


def _start(entry: Comparison, *, by: User | None) -> None:
    params = {"comparison": entry.pk, "fingerprint": entry.fingerprint}
    entry.run = runs.request_run(kind=KIND, params=params, fingerprint=entry.fingerprint, by=by)
    entry.save(update_fields=["run"])


def _checked(asked: dict[str, Any]) -> dict[str, Any]:
    """The combination in its one form, so that the same wish has the same fingerprint."""
    algorithm, space = asked["algorithm"], asked["space"]
    if algorithm not in ALGORITHM_WORDS:
        raise LabRefused("unknown_algorithm", _("There is no algorithm “%(name)s”.") % {"name": algorithm})
    if space not in SPACE_WORDS:
        raise LabRefused("unknown_space", _("There is no space “%(name)s”.") % {"name": space})
    features = [name for name in FEATURE_LABELS if name in asked["features"]]
    if len(features) < 2 or set(asked["features"]) - set(features):
        raise LabRefused("features", _("Choose at least two figures for each combination, from those offered."))
    k = asked.get("k") if ALGORITHM_WORDS[algorithm].needs_k else None
    if k is not None and not FEWEST_GROUPS <= k <= MOST_GROUPS:
        raise LabRefused("groups_out_of_range", _("The number of groups must be from 2 to 12, or left open."))
    set_aside = round(float(asked.get("set_aside") or 0), 4)
    if not 0 <= set_aside <= MOST_SET_ASIDE:
        message = _("At most %(most)s %% of the customers can be set aside.") % {"most": f"{MOST_SET_ASIDE * 100:.0f}"}
        raise LabRefused("set_aside_out_of_range", message)
    return {"algorithm": algorithm, "space": space, "features": features, "k": k, "set_aside": set_aside}


def _check(asked: list[dict[str, Any]], sample: int) -> None:
    if not 1 <= len(asked) <= MOST_COMBINATIONS:
        raise LabRefused("combinations", _("Compare between one and six combinations."))
    if any(each in asked[:number] for number, each in enumerate(asked)):
        raise LabRefused("twice", _("Two of the combinations are the same: change one of them, or remove it."))
    if not FEWEST_ROWS <= sample <= MOST_ROWS:
        raise LabRefused("sample_out_of_range", _("The sample must have from 100 to 20,000 customers."))


def choose_combination(*, entry: Comparison, number: int, by: User | None) -> Run | None:
    """Form segments by this combination of a comparison from now on, and ask for results that do so."""
    if not 0 <= number < len(entry.results) or entry.results[number]["state"] != "done":
        raise LabRefused("no_result", _("This combination has no result: only one that worked can be used."))
    wanted = entry.combinations[number]
    if SPACE_WORDS[wanted["space"]].is_slow:
        raise LabRefused("slow_space", _("This space can only be looked at: it would hold up every refresh."))
    return _choose(SegmentationChoice(comparison=entry, **{name: wanted[name] for name in NAMES}), by=by)


def choose_again(*, choice: SegmentationChoice, by: User | None) -> Run | None:
    """Go back to how segments were formed under an earlier choice."""
    again = SegmentationChoice(comparison=choice.comparison, **{name: getattr(choice, name) for name in NAMES})
    return _choose(again, by=by)


def choose_built_in(*, by: User | None) -> Run | None:
    """Go back to how segments are formed where nobody has chosen."""
    return _choose(SegmentationChoice(), by=by)


def _choose(choice: SegmentationChoice, *, by: User | None) -> Run | None:
    """Returns the refresh that applies it; None when that is how segments are formed already, or without purchases.

    Who chooses the same way again while no page shows it yet asks for its results once more.
    """
    before = current_choice()
    if (before.combination if before else SegmentationChoice().combination) == choice.combination:
        is_done = is_choice_shown(current_snapshot()) or _is_under_way(before)
        return None if is_done else request_refresh(by=by)
    with transaction.atomic():
        choice.chosen_by, choice.chosen_at = by, timezone.now()
        choice.save()
        facts = {"algorithm": choice.algorithm, "space": choice.space, "k": choice.k, "set_aside": choice.set_aside}
        record_event(by=by, action="segments.chosen", obj=choice, key=choice.pk, facts=facts)
        return request_refresh(by=by)


def _is_under_way(choice: SegmentationChoice | None) -> bool:
    wanted = choice.pk if choice else None
    active = Run.objects.filter(kind=REFRESH_KIND, state__in=Run.ACTIVE)
    return any(run.params.get("choice") == wanted for run in active)


def is_map_on() -> bool:
    """Whether maps of the customers are drawn after each refresh."""
    return bool(settings.MAP_ROWS)


def latest_comparisons() -> Any:
    """Every comparison that is kept, newest first, with who asked and how it stands."""
    return Comparison.objects.select_related("snapshot", "run", "requested_by")


def is_outdated(entry: Comparison, snapshot: Snapshot | None) -> bool:
    """Whether newer results are shown than those that were compared on."""
    return snapshot is None or entry.snapshot_id != snapshot.pk
