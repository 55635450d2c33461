"""The purchase models side by side. Adding one is a module that answers these questions, and one line below."""

from collections.abc import Callable
from typing import Any, Protocol

from analytics.features import Unit
from analytics.lifetime import bg_nbd, mbg_nbd, naive, pareto_nbd
from analytics.lifetime.arrays import FloatArray
from analytics.lifetime.ladder import Objective
from analytics.lifetime.parameters import (
    BgNbdParameters,
    MbgNbdParameters,
    NaiveRateParameters,
    ParetoNbdParameters,
)

Time = float | FloatArray


class Predictor(Protocol):
    """What a model says about (n,) histories; times are in its own unit."""

    def probability_alive(
        self, parameters: Any, frequency: FloatArray, recency: FloatArray, T: FloatArray
    ) -> FloatArray: ...

    def expected_if_alive(self, parameters: Any, t: Time, frequency: FloatArray, T: FloatArray) -> FloatArray: ...

    def purchase_if_alive(self, parameters: Any, t: Time, frequency: FloatArray, T: FloatArray) -> FloatArray: ...


class Fittable(Predictor, Protocol):
    """What the fit needs besides: a likelihood over log parameters, where to start, and how to read the end."""

    @property
    def Likelihood(self) -> Callable[[FloatArray, FloatArray, FloatArray, FloatArray], Objective]: ...  # noqa: N802 - a class in each module

    def starts(self, repeats_per_customer: float) -> list[FloatArray]: ...

    def build(self, point: FloatArray, scale: float, unit: Unit) -> Any: ...


FITTABLE: dict[str, Fittable] = {
    BgNbdParameters.model: bg_nbd,
    MbgNbdParameters.model: mbg_nbd,
    ParetoNbdParameters.model: pareto_nbd,
}
PREDICTORS: dict[str, Predictor] = {**FITTABLE, NaiveRateParameters.model: naive}
