"""Customers as the recommendations see them, and the groups that actions are for."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics import affinity as texts
from analytics import recommending
from analytics.recommending import Audience, Mask, Numbers, People
from crm import ledger
from loyalty import affinity_store, populations
from loyalty.models import Action, ActionMember, Affinity, Membership, Programme
from segmentation import store
from segmentation.models import Snapshot

SLIPPING = ("at_risk", "dormant")
COLUMNS = (
    *("customer_key", "order_count", "days_since_last_purchase", "average_order_value", "revenue_12m", "clv_12m"),
    *("p_alive", "rfm_group", "discounted_share"),
)


@dataclass(frozen=True)
class Crowd:
    """Everybody of some results by ascending key, what is known of them, and the groups that hold any of them.

    `held`: by kind of action, the controls of such actions that wait for their read-out.
    """

    keys: NDArray[np.int64]
    people: People
    groups: dict[str, Mask]
    suggested: dict[str, Any]
    held: dict[str, Mask]

    def audience(self, kind: str, group: str) -> Audience:
        """Whom of a group an action of this kind is for. Raises KeyError for an unknown kind or group."""
        mask = self.groups[group]
        return recommending.audience(kind, self.people, mask & ~self.held[kind] if kind in self.held else mask)

    @property
    def has_discounts(self) -> bool:
        return bool(np.isfinite(self.people.discounted_share).any())


def read_crowd(programme: Programme, snapshot: Snapshot, affinity: Affinity) -> Crowd:
    table = store.read_scores(snapshot, list(COLUMNS))
    keys = np.asarray(table["customer_key"], dtype=np.int64)
    suggested = affinity_store.first_suggestions(affinity)
    prices = _aligned(keys, suggested["customer_key"], suggested["price"], missing=np.nan)
    people = People(
        order_count=_numbers(table["order_count"]),
        days_since=_numbers(table["days_since_last_purchase"]),
        order_value=_numbers(table["average_order_value"]),
        revenue_12m=_numbers(table["revenue_12m"]),
        expected_12m=_numbers(table["clv_12m"]),
        p_alive=_numbers(table["p_alive"]),
        is_slipping=np.isin(np.asarray(table["rfm_group"]).astype(str), SLIPPING),
        discounted_share=_numbers(table["discounted_share"]),
        next_price=prices,
        sent_back=_sent_back(snapshot, affinity, keys),
    )
    return Crowd(keys, people, _groups(programme, snapshot, keys), suggested, _held(programme, keys))


def _held(programme: Programme, keys: NDArray[np.int64]) -> dict[str, Mask]:
    """Doing the same for the control before the read-out would leave nothing to compare with."""
    running = ActionMember.objects.filter(
        is_control=True, action__programme=programme, action__state=Action.State.RUNNING
    )
    found: dict[str, list[int]] = {}
    for kind, key in running.values_list("action__kind", "customer_id").iterator(chunk_size=5_000):
        found.setdefault(kind, []).append(key)
    return {kind: np.isin(keys, np.array(some, dtype=np.int64)) for kind, some in found.items()}


def _groups(programme: Programme, snapshot: Snapshot, keys: NDArray[np.int64]) -> dict[str, Mask]:
    """Members first, then who would join, who is warned, who is near to joining, tiers, RFM groups and segments."""
    _keys, found = populations.groups_of(programme, snapshot)
    nobody = np.zeros(len(keys), dtype=bool)
    members = found.pop("members", nobody)
    candidates = found.pop("joiners", nobody)
    warned = Membership.objects.filter(programme=programme, left_on__isnull=True, grace_until__isnull=False)
    warned_keys = np.fromiter(warned.values_list("customer_id", flat=True).iterator(chunk_size=5_000), dtype=np.int64)
    everybody = found.pop("all", ~nobody)
    for name in ("eligible", "others"):
        found.pop(name, None)
    first = {"all": everybody, "members": members, "candidates": candidates, "warned": np.isin(keys, warned_keys)}
    return {name: mask for name, mask in {**first, **found}.items() if mask.any()}


def _sent_back(snapshot: Snapshot, affinity: Affinity, keys: NDArray[np.int64]) -> Numbers:
    """Money that each customer was given back in 12 months for the products behind most returns."""
    items = [each["item_id"] for each in affinity.content["returns"]["items"]]
    if not items:
        return np.zeros(len(keys))
    with ledger.computing(snapshot.catalogue_version) as engine:
        engine.keep("returned", texts.returned_sql("lines", as_of=snapshot.as_of))
        found = engine.connection.execute(
            """SELECT customer_key, CAST(sum(returned) AS DOUBLE) AS returned FROM returned
            WHERE list_contains(?, item_id) GROUP BY customer_key ORDER BY customer_key""",
            [items],
        ).fetchnumpy()
    return _aligned(keys, found["customer_key"], found["returned"], missing=0.0)


def _aligned(keys: NDArray[np.int64], some: Any, values: Any, *, missing: float) -> Numbers:
    """Values given for some keys, by all keys; both ascending."""
    aligned = np.full(len(keys), missing)
    some, numbers = np.asarray(some, dtype=np.int64), _numbers(values)
    is_known = np.isin(some, keys)
    aligned[np.searchsorted(keys, some[is_known])] = numbers[is_known]
    return aligned


def _numbers(values: Any) -> Numbers:
    return np.asarray(store.plain_array(values), dtype=float)
