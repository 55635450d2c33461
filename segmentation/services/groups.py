"""What people decide about groups: their names, the shares of the tiers, and how many extremes are set aside."""

from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.models import User
from core.runs import JobRefused
from core.services.audit import record_event
from segmentation.models import MOST_SET_ASIDE, GroupSettings, Segment, SegmentSummary, SnapshotPointer
from segmentation.selectors import current_choice, current_snapshot, group_settings

LONGEST_NAME = 80
TIER_NAMES = frozenset({"platinum", "gold", "silver"})
DIGITS = {"platinum": 4, "gold": 4, "set_aside": 3}


class GroupsRefused(JobRefused):
    """What was asked would leave groups without sense; the message says what to change."""


def rename_segment(*, segment: Segment, name: str, by: User) -> Segment:
    """Give a segment a name of its own; refits keep it, and pages show it at once.

    Raises GroupsRefused for no name, one that is too long, a tier's, or another present segment's.
    """
    name = " ".join(name.split())
    with transaction.atomic():
        # The row that publishing holds too: names are given one after the other, never while another result is shown.
        _hold_pointer()
        segment = Segment.objects.get(pk=segment.pk)
        _check_name(segment, name)
        earlier, segment.name, segment.is_renamed = segment.name, name, True
        segment.save(update_fields=["name", "is_renamed"])
        _rename_in_current(segment)
        facts = {"name": name, "earlier": earlier}
        record_event(by=by, action="segment.renamed", obj=segment, key=segment.pk, facts=facts)
    return segment


def _check_name(segment: Segment, name: str) -> None:
    if not name:
        raise GroupsRefused("no_name", _("A segment needs a name: write at least one letter."))
    if len(name) > LONGEST_NAME:
        raise GroupsRefused("name_too_long", _("The name may have %(most)s letters at most.") % {"most": LONGEST_NAME})
    if name.casefold() in TIER_NAMES:
        raise GroupsRefused(
            "name_of_tier", _("That is the name of a tier: choose another, so that nobody mixes them up.")
        )
    others = Segment.objects.filter(retired_at__isnull=True).exclude(pk=segment.pk)
    if name.casefold() in {other.casefold() for other in others.values_list("name", flat=True)}:
        raise GroupsRefused("name_taken", _("Another segment has this name: choose one that tells them apart."))


def _rename_in_current(segment: Segment) -> None:
    """The name is a label on the segment, not one of the snapshot's figures, so it follows at once."""
    if (current := current_snapshot()) is None:
        return
    for entry in current.segments:
        if entry.get("segment") == segment.pk:
            entry["name"] = segment.name
    current.save(update_fields=["segments"])
    SegmentSummary.objects.filter(snapshot=current, segment=segment).update(name=segment.name)


def change_shares(
    *, platinum: Decimal | None = None, gold: Decimal | None = None, set_aside: Decimal | None = None, by: User
) -> GroupSettings | None:
    """Which shares of customers count from the next refresh on; what is not given stays as it is.

    Returns None when that is how it is already.
    `platinum` and `gold` are those of the two upper tiers; silver is the rest. `set_aside` is that of the most extreme
    customers, who stay out while segments are found in the built-in way (0 to MOST_SET_ASIDE).
    Raises GroupsRefused, and changes nothing, when a tier would be empty, or for extremes that would not be heeded.
    """
    with transaction.atomic():
        # One change after the other: each adds a row that repeats what it leaves alone.
        _hold_pointer()
        former = group_settings()
        kept = {name: getattr(former, name) for name in DIGITS}
        asked = {"platinum": platinum, "gold": gold, "set_aside": set_aside}
        wanted = kept | {name: round(share, DIGITS[name]) for name, share in asked.items() if share is not None}
        changes = {name: share for name, share in wanted.items() if share != kept[name]}
        if not changes:
            return None
        _check_shares(wanted, changes)
        changed = GroupSettings.objects.create(**wanted, changed_by=by, changed_at=timezone.now())
        facts = {name: {"from": _plain(kept[name]), "to": _plain(share)} for name, share in changes.items()}
        record_event(by=by, action="shares.changed", obj=changed, key=changed.pk, facts=facts)
    return changed


def _check_shares(wanted: dict[str, Decimal], changes: dict[str, Decimal]) -> None:
    if not (wanted["platinum"] > 0 and wanted["gold"] > 0 and wanted["platinum"] + wanted["gold"] < 1):
        message = _("Each tier needs a share above 0 %, and platinum and gold together less than 100 %.")
        raise GroupsRefused("shares_out_of_range", message)
    if not 0 <= wanted["set_aside"] <= MOST_SET_ASIDE:
        message = _("The share of extreme customers must lie between 0 %% and %(most)s %%.")
        raise GroupsRefused("set_aside_out_of_range", message % {"most": f"{MOST_SET_ASIDE * 100:.0f}"})
    if "set_aside" in changes and current_choice() is not None:
        message = _(
            "Segments are formed in a way that was chosen in the lab, with a share of extremes of its own: choose "
            "another one there, or go back to the built-in way."
        )
        raise GroupsRefused("set_aside_not_heeded", message)


def _hold_pointer() -> None:
    SnapshotPointer.objects.select_for_update().get(pk=1)


def _plain(share: Decimal) -> str:
    return f"{share.normalize():f}"
