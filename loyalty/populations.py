"""Groups of customers that an experiment can be about, by a short key that also stands in addresses."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from loyalty import scores
from loyalty.evaluation import evaluate
from loyalty.models import Programme
from loyalty.selectors.reviews import current_standings
from loyalty.selectors.standing import active_rules
from segmentation import store
from segmentation.models import SegmentSummary, Snapshot

Mask = NDArray[np.bool_]
COLUMNS = ("tier", "rfm_group", "segment_id")


def groups_of(programme: Programme, snapshot: Snapshot) -> tuple[NDArray[np.int64], dict[str, Mask]]:
    """The keys of all customers of these results, ascending, and which of them each group holds."""
    version, members = active_rules(programme), current_standings(programme)
    if version is None:
        table = store.read_scores(snapshot, ["customer_key", *COLUMNS])
        is_eligible = np.zeros(len(table["customer_key"]), dtype=bool)
    else:
        table = scores.read_table(snapshot, version, "revenue_12m", *COLUMNS)
        terms = scores.terms_of(version, snapshot, table, grace_days=programme.grace_days)
        is_eligible = evaluate(table, terms, members).is_eligible
    keys = np.asarray(table["customer_key"], dtype=np.int64)
    return keys, masks(table, is_eligible, np.isin(keys, np.fromiter(members, dtype=np.int64)))


def masks(table: Mapping[str, Any], is_eligible: Mask, is_member: Mask) -> dict[str, Mask]:
    """Over the rows of a table with COLUMNS, the customers of every group that has any."""
    joiners = is_eligible & ~is_member
    found = {
        "eligible": is_eligible,
        "joiners": joiners,
        "members": is_member,
        "others": ~is_member,
        "all": np.ones_like(is_member),
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
        "joiners": _("customers whom the entry rules admit and who are no members yet"),
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
