"""Groups of customers that an experiment can be about, by a short key that also stands in addresses."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from loyalty import scores
from loyalty.models import Programme
from loyalty.outlook import Outlook, look_ahead
from loyalty.selectors.reviews import current_standings
from loyalty.selectors.standing import active_rules, latest_applied
from segmentation import store
from segmentation.models import SegmentSummary, Snapshot

Mask = NDArray[np.bool_]
COLUMNS = ("tier", "rfm_group", "segment_id")


@dataclass(frozen=True)
class Standings:
    """Over the rows of a table, who stands where towards the programme; `is_held`: kept out by chance."""

    is_eligible: Mask
    is_member: Mask
    is_joining: Mask
    is_near: Mask
    is_held: Mask


def groups_of(programme: Programme, snapshot: Snapshot) -> tuple[NDArray[np.int64], dict[str, Mask]]:
    """The keys of all customers of these results, ascending, and which of them each group holds.

    Who would join is answered as the next review answers it. Whoever an experiment keeps out of the programme is in no
    group that is chosen by membership, since doing something for that group would treat the control. Groups that take
    no notice of membership hold both arms alike.
    """
    version = active_rules(programme)
    if version is None:
        table = store.read_scores(snapshot, ["customer_key", *COLUMNS])
        keys = np.asarray(table["customer_key"], dtype=np.int64)
        nobody = np.zeros(len(keys), dtype=bool)
        return keys, masks(table, Standings(nobody, _among(keys, current_standings(programme)), nobody, nobody, nobody))
    ahead = look_ahead(programme, snapshot, version, latest_applied(programme), *COLUMNS)
    return np.asarray(ahead.table["customer_key"], dtype=np.int64), masks(ahead.table, standings_of(ahead))


def standings_of(ahead: Outlook) -> Standings:
    keys = np.asarray(ahead.table["customer_key"], dtype=np.int64)
    is_member, is_held = _among(keys, ahead.members), _among(keys, ahead.exceptions.controls)
    is_out = is_member | is_held | _among(keys, ahead.exceptions.pinned_out)
    is_near = scores.holds(ahead.terms.stay, ahead.table) & ~ahead.found.is_eligible & ~is_out
    return Standings(ahead.found.is_eligible, is_member, ahead.is_joining, is_near, is_held)


def _among(keys: NDArray[np.int64], some: Collection[int]) -> Mask:
    return np.isin(keys, np.fromiter(some, dtype=np.int64, count=len(some)))


def masks(table: Mapping[str, Any], standings: Standings) -> dict[str, Mask]:
    """Over the rows of a table with COLUMNS, the customers of every group that has any."""
    found = {
        "eligible": standings.is_eligible,
        "joiners": standings.is_joining,
        "near": standings.is_near,
        "members": standings.is_member,
        "others": ~standings.is_member & ~standings.is_held,
        "all": np.ones_like(standings.is_member),
    }
    for column, prefix in (("tier", "tier"), ("rfm_group", "rfm"), ("segment_id", "segment")):
        values = np.asarray(table[column])
        for value in np.unique(values):
            if str(value):
                found[f"{prefix}:{value}"] = values == value
    return {key: mask for key, mask in found.items() if mask.any()}


def label(key: str, segments: Mapping[int, str]) -> str:
    """The group in words."""
    kind, _colon, value = key.partition(":")
    fixed = {
        "eligible": _("customers whom the entry rules admit"),
        "joiners": _("customers who would join at the next review"),
        "near": _("customers who meet the stay rules, but not yet the entry rules"),
        "members": _("members"),
        "others": _("customers who are no members"),
        "all": _("all customers"),
        "candidates": _("customers who would join"),
        "warned": _("members who are warned"),
    }
    if kind in fixed:
        return fixed[kind]
    if kind == "segment":
        name = segments.get(int(value)) if value.isdecimal() else None
        return _("segment “%(name)s”") % {"name": name or value}
    return (_("tier %(name)s") if kind == "tier" else _("RFM group %(name)s")) % {"name": value.replace("_", " ")}


def segment_names(snapshot: Snapshot | None) -> dict[int, str]:
    if snapshot is None:
        return {}
    return dict(SegmentSummary.objects.filter(snapshot=snapshot).values_list("segment_id", "name"))


def describe(programme: Programme, key: str, snapshot: Snapshot | None) -> str:
    return label(key, segment_names(snapshot))
