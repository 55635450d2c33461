"""Which segments of the current snapshot the new ones continue, and under which names."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analytics.segments import Continuation, trace_identity
from segmentation import store
from segmentation.jobs.groups import Segmentation
from segmentation.models import Segment, Snapshot
from segmentation.registry import ModelRefused, load_model


@dataclass(frozen=True)
class Identity:
    """Where each label comes from; `previous_ids` and `previous_names` are the earlier segments by their label."""

    traced: list[Continuation]
    previous_ids: list[int]
    previous_names: list[str]

    @property
    def ids(self) -> list[int | None]:
        """For each label the segment that it continues, or None for a new one."""
        return [None if each.previous is None else self.previous_ids[each.previous] for each in self.traced]

    def report(self, ids: Sequence[int]) -> list[dict[str, Any]]:
        """One entry a segment, as `snapshot.quality["identity"]` keeps it: same, new, split or merged, and from which
        segments, with the share of the earlier one that came and the share of this one that it makes up."""
        return [
            {
                "segment": segment_id,
                "kind": each.kind,
                "from": [self.previous_ids[origin] for origin, _, _ in each.origins],
                "shares": [
                    {
                        "segment": self.previous_ids[origin],
                        "name": self.previous_names[origin],
                        "of_previous": went,
                        "of_this": came,
                    }
                    for origin, went, came in each.origins
                ],
            }
            for each, segment_id in zip(self.traced, ids, strict=True)
        ]


def trace(found: Segmentation, current: Snapshot | None) -> Identity:
    """Compare with the current snapshot, by members and by what the segments are like."""
    if current is not None:
        try:
            return _compared(found, current)
        except (ModelRefused, store.SnapshotDamaged):
            pass  # identities are a comfort, not a truth: a damaged file costs new ones, not the calculation
    return Identity([Continuation(label, None, "new") for label in range(len(found.model["centres"]))], [], [])


def _compared(found: Segmentation, current: Snapshot) -> Identity:
    stored = load_model("segments", snapshot=current)
    ids: list[int] = stored["segment_ids"]
    earlier = store.read_scores(current, ["customer_key", "segment_id"])
    places = np.array([ids.index(each) for each in np.unique(earlier["segment_id"]).tolist()])
    labels = places[np.unique(earlier["segment_id"], return_inverse=True)[1]]
    traced = trace_identity(found.model, found.fit.labels, found.keys, stored["model"], labels, earlier["customer_key"])
    called = {entry["segment"]: entry["name"] for entry in current.segments}
    return Identity(traced, ids, [str(called.get(each, "")) for each in ids])


def names(by_rule: Sequence[str], ids: Sequence[int]) -> list[str]:
    """The names that people gave, else those by rule; one by rule that somebody has used already gets a number."""
    given = dict(Segment.objects.filter(pk__in=ids, is_renamed=True).values_list("pk", "name"))
    taken = {name.casefold() for name in given.values()}
    chosen = []
    for rule, segment_id in zip(by_rule, ids, strict=True):
        name = given.get(segment_id) or _free(rule, taken)
        taken.add(name.casefold())
        chosen.append(name)
    return chosen


def _free(name: str, taken: set[str]) -> str:
    number, free = 2, name
    while free.casefold() in taken:
        free, number = f"{name} ({number})", number + 1
    return free
