"""Judging customers with a fitted outlier model: score, severity and the figures that make them stand out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

import numpy as np
from numpy.typing import NDArray

from analytics.scoring.features import feature, format_value
from analytics.scoring.forest import Forest
from analytics.scoring.transform import Matrix, Transform, apply_transform

FORMAT_VERSION = 1
ORDINARY_SCORE = 0.5  # the score of a row as easy to isolate as the average one
WORST_SCORE = 0.85  # in practice the end of the scale: isolated by the first split or two of every tree
MOST_REASONS = 3
NOTEWORTHY_UNITS = 2.0


class OutlierModelError(ValueError):
    """The stored model cannot be used; the message says what to do."""


class Reason(TypedDict):
    """One figure of a customer that is far from the base.

    `units` is the distance from the typical customer in robust standard deviations (on a logarithmic scale
    where the feature is heavy-tailed); `times` is value / typical, or None where that says nothing.
    """

    feature: str
    value: float
    typical: float
    times: float | None
    units: float
    direction: Literal["above", "below"]


@dataclass(frozen=True)
class OutlierModel:
    """What `judge` needs: scaling, forest, and the score above which a row is an anomaly."""

    transform: Transform
    forest: Forest
    threshold: float
    contamination: float

    def to_json(self) -> dict[str, Any]:
        """Plain data; `from_json` gives an equal model."""
        return {
            "format_version": FORMAT_VERSION,
            "transform": self.transform,
            "forest": self.forest.to_json(),
            "threshold": self.threshold,
            "contamination": self.contamination,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "OutlierModel":
        """The model that `to_json` wrote. Raises OutlierModelError for an unknown format."""
        if data["format_version"] != FORMAT_VERSION:
            raise OutlierModelError(
                "This anomaly model was written by another version of the product: run the scan again."
            )
        return cls(
            transform=data["transform"],
            forest=Forest.from_json(data["forest"]),
            threshold=float(data["threshold"]),
            contamination=float(data["contamination"]),
        )


@dataclass(frozen=True)
class Judgement:
    """For n rows: `anomaly_score` (higher is worse), `is_anomaly`, `severity` 0 to 100; arrays of shape
    (n,)."""

    anomaly_score: Matrix
    is_anomaly: NDArray[np.bool_]
    severity: NDArray[np.int64]


def judge(model: OutlierModel, features: Mapping[str, Any]) -> Judgement:
    """Score the rows of `features` (columns of length n in their own units) against the fitted base."""
    scores = model.forest.score(apply_transform(model.transform, features))
    return Judgement(scores, scores > model.threshold, severity(scores))


def severity(scores: Matrix) -> NDArray[np.int64]:
    """0 to 100 from the score alone, so that it compares between scans: it does not depend on who else is in
    the base."""
    reach = (np.asarray(scores) - ORDINARY_SCORE) / (WORST_SCORE - ORDINARY_SCORE)
    return np.asarray(np.round(100 * np.clip(reach, 0, 1)), dtype=np.int64)


def reasons(model: OutlierModel, features: Mapping[str, Any], *, most: int = MOST_REASONS) -> list[list[Reason]]:
    """For each row of `features` the figures furthest from the typical customer, the furthest first, at most
    `most`.

    Figures under NOTEWORTHY_UNITS robust deviations are left out unless nothing else is left to say. The
    forest judges combinations; this names the single figures by which a person recognises the case.
    """
    scaled = apply_transform(model.transform, features)
    centred = scaled - _typical_place(model.transform)
    return [_row_reasons(model.transform, features, row, centred[row], most) for row in range(len(centred))]


def _typical_place(transform: Transform) -> Matrix:
    typical = {column["name"]: np.array([column["typical"]]) for column in transform["columns"]}
    return apply_transform(transform, typical).reshape(-1)


def _row_reasons(transform: Transform, features: Mapping[str, Any], row: int, units: Matrix, most: int) -> list[Reason]:
    order = np.argsort(-np.abs(units), kind="stable")[:most]
    chosen = [place for place in order if abs(units[place]) >= NOTEWORTHY_UNITS] or [
        place for place in order[:1] if units[place] != 0
    ]
    return [_reason(transform, features, row, int(place), float(units[place])) for place in chosen]


def _reason(transform: Transform, features: Mapping[str, Any], row: int, place: int, units: float) -> Reason:
    column = transform["columns"][place]
    value = float(np.asarray(features[column["name"]])[row])
    typical = column["typical"]
    return Reason(
        feature=column["name"],
        value=value,
        typical=typical,
        times=round(value / typical, 2) if typical > 0 and value >= 0 else None,
        units=round(abs(units), 2),
        direction="above" if units > 0 else "below",
    )


def describe_reason(reason: Reason, currency: str = "") -> str:
    """The reason in words with units, such as "average order value 77,183.6 GBP, 262.62 times the typical 293.9
    GBP"."""
    name, typical = reason["feature"], format_value(reason["feature"], reason["typical"], currency)
    stated = f"{feature(name).label} {format_value(name, reason['value'], currency)}"
    if reason["times"] is not None and reason["times"] >= 2:
        return f"{stated}, {format_value('', reason['times'])} times the typical {typical}"
    return f"{stated}, {reason['direction']} the typical {typical}"
