"""Who stands nearest to each threshold: the next who would come in, and the next who would fall out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.conf import settings
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from analytics.scoring.features import format_value
from analytics.scoring.rules import Condition, evaluate
from crm.models import Customer
from loyalty import rules

SHOWN = 5


@dataclass(frozen=True)
class Case:
    """A customer, the figure that the threshold speaks of, and the distance to it, never negative."""

    customer_key: int
    customer_id: str
    value: float
    distance: float
    value_text: str
    distance_text: str


@dataclass(frozen=True)
class Border:
    """One entry threshold; every case meets all other entry conditions, so this one alone decides."""

    feature: str
    text: str
    inside: list[Case]
    outside: list[Case]

    @property
    def sides(self) -> list[tuple[str, list[Case]]]:
        return [(_("Just in"), self.inside), (_("Just out"), self.outside)]


def borders(entry: Sequence[Condition], table: dict[str, Any]) -> list[Border]:
    """For each numeric entry condition, whose top share is frozen, the nearest customers on either side."""
    found = [_border(entry, place, table) for place, condition in enumerate(entry) if condition["operator"] != "in"]
    keys = {key for _condition, *sides in found for side in sides for key, _value, _distance in side}
    names = dict(Customer.objects.filter(pk__in=keys).values_list("pk", "external_id"))
    return [
        Border(
            feature=condition["feature"],
            text=rules.describe(condition),
            inside=_cases(condition["feature"], inside, names),
            outside=_cases(condition["feature"], outside, names),
        )
        for condition, inside, outside in found
    ]


def _cases(name: str, near: "Near", names: dict[int, str]) -> list[Case]:
    currency = settings.REPORTING_CURRENCY
    return [
        Case(
            customer_key=key,
            customer_id=names.get(key, str(key)),
            value=value,
            distance=distance,
            value_text=format_value(name, value, currency),
            distance_text=format_value(name, distance, currency),
        )
        for key, value, distance in near
    ]


Near = list[tuple[int, float, float]]


def _border(entry: Sequence[Condition], place: int, table: dict[str, Any]) -> tuple[Condition, Near, Near]:
    condition, others = entry[place], [*entry[:place], *entry[place + 1 :]]
    values = np.asarray(table[condition["feature"]], dtype=float)
    bound = float(condition.get("cutoff", condition["value"]))
    margin = bound - values if condition["operator"] == "<=" else values - bound
    is_free = np.isfinite(values) & (evaluate(others, table) if others else True)
    keys = table["customer_key"]
    return (
        condition,
        _nearest(keys, values, margin, is_free & (margin >= 0)),
        _nearest(keys, values, -margin, is_free & (margin < 0)),
    )


def _nearest(keys: Any, values: Any, distance: Any, mask: NDArray[np.bool_]) -> Near:
    rows = np.flatnonzero(mask)
    if len(rows) > SHOWN:
        limit = np.partition(distance[rows], SHOWN - 1)[SHOWN - 1]
        rows = rows[distance[rows] <= limit]
    nearest = rows[np.lexsort((keys[rows], distance[rows]))][:SHOWN]
    return [(int(keys[row]), float(values[row]), round(float(distance[row]), 6)) for row in nearest]
