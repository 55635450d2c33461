"""What people decide about groups: their names, the shares of the tiers, and how many extremes are set aside."""

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.models import User
from core.runs import JobRefused
from core.services.audit import record_event
from segmentation.models import GroupSettings, Segment, SegmentSummary, Snapshot
from segmentation.selectors import current_snapshot, group_settings

LONGEST_NAME = 80
TIER_NAMES = frozenset({"platinum", "gold", "silver"})
MOST_SET_ASIDE = Decimal("0.2")


class GroupsRefused(JobRefused):
    """What was asked would leave groups without sense; the message says what to change."""


def rename_segment(*, segment: Segment, name: str, by: User) -> Segment:
    """Give a segment a name of its own; refits keep it, and pages show it at once.

    Raises GroupsRefused for no name, one that is too long, a tier's, or another present segment's.
    """
    name = " ".join(name.split())
    with transaction.atomic():
        segment = Segment.objects.select_for_update().get(pk=segment.pk)
        _check_name(segment, name)
        earlier, segment.name, segment.is_renamed = segment.name, name, True
        segment.save()
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
    snapshot = Snapshot.objects.select_for_update().get(pk=current.pk)
    for entry in snapshot.segments:
        if entry.get("segment") == segment.pk:
            entry["name"] = segment.name
    snapshot.save(update_fields=["segments"])
    SegmentSummary.objects.filter(snapshot=snapshot, segment=segment).update(name=segment.name)


def change_tier_shares(*, platinum: Decimal, gold: Decimal, by: User) -> GroupSettings:
    """Which share of customers the two upper tiers hold from the next refresh on; silver is the rest.

    Raises GroupsRefused when a tier would be empty: both shares above 0, together below 1.
    """
    if not (platinum > 0 and gold > 0 and platinum + gold < 1):
        message = _("Each tier needs a share above 0 %, and platinum and gold together less than 100 %.")
        raise GroupsRefused("shares_out_of_range", message)
    shares = {"platinum": round(platinum, 4), "gold": round(gold, 4)}
    return _change("tiers.changed", by, **shares)


def change_set_aside(*, share: Decimal, by: User) -> GroupSettings:
    """Which share of customers, the most extreme ones, stays out while segments are found (0 to MOST_SET_ASIDE)."""
    if not 0 <= share <= MOST_SET_ASIDE:
        message = _("The share of extreme customers must lie between 0 % and %(most)s %%.")
        raise GroupsRefused("set_aside_out_of_range", message % {"most": f"{MOST_SET_ASIDE * 100:.0f}"})
    return _change("set_aside.changed", by, set_aside=round(share, 3))


def _change(action: str, by: User, **values: Any) -> GroupSettings:
    with transaction.atomic():
        former = group_settings()
        kept = {name: getattr(former, name) for name in ("platinum", "gold", "set_aside")}
        changed = GroupSettings.objects.create(**kept | values, changed_by=by, changed_at=timezone.now())
        facts = {name: {"from": _plain(kept[name]), "to": _plain(value)} for name, value in values.items()}
        record_event(by=by, action=action, obj=changed, key=changed.pk, facts=facts)
    return changed


def _plain(share: Decimal) -> str:
    return f"{share.normalize():f}"
