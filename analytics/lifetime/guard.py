"""What stands between an optimum and a page: the climb, the gate, and the sentence when it fails."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Generic, TypeVar

import numpy as np

from analytics.lifetime.arrays import FloatArray
from analytics.lifetime.ladder import Objective, Optimum, climb
from analytics.lifetime.parameters import FitResult, FittedPurchaseParameters, GammaGammaParameters

Fitted = TypeVar("Fitted", bound=FittedPurchaseParameters | GammaGammaParameters)
MAX_RATIO = 2.0
NO_FIT = "no_plausible_fit"
NO_FIT_SENTENCE = "No plausible model was found: {}."


@dataclass(frozen=True)
class Task(Generic[Fitted]):
    """One maximum likelihood problem, scaled: what to climb, how to read the end, what it must reproduce.

    `build` turns log parameters into real ones; `implied` is what these say about `observed` (in the words of
    `quantity`); `shift` takes the total log-likelihood back to the user's unit.
    """

    exact: Objective
    rough: Objective
    starts: Sequence[FloatArray]
    customers: float
    build: Callable[[FloatArray], Fitted]
    implied: Callable[[Fitted], float]
    observed: float
    quantity: str
    shift: float


def attempt(task: Task[Fitted]) -> tuple[FitResult[Fitted] | None, str]:
    """A plausible fit, or None and what was wrong with the plain one."""

    def gate(point: FloatArray) -> str:
        return complaint(task.implied(task.build(point)), task.observed, task.quantity)

    climbed = climb(task.exact, task.rough, task.starts, size=task.customers, gate=gate)
    if climbed.optimum is None:
        return None, climbed.complaint
    return _result(task, climbed.optimum, climbed.complaint), climbed.complaint


def complaint(implied: float, observed: float, quantity: str) -> str:
    """What is wrong with a model that implies so much where the data show so much; "" when it comes close."""
    if not np.isfinite(implied) or not observed / MAX_RATIO <= implied <= observed * MAX_RATIO:
        figure = f"{implied:.4g}" if np.isfinite(implied) else "an infinite figure"
        return f"it implies {figure} where the data show {observed:.4g} {quantity}"
    return ""


def _result(task: Task[Fitted], optimum: Optimum, wrong: str) -> FitResult[Fitted]:
    parameters = task.build(optimum.log_parameters)
    numbers = [(name, value) for name, value in asdict(parameters).items() if name != "unit"]
    code, reason = "", ""
    if optimum.penalty:
        code = "penalised"
        reason = f"The plain fit was set aside because {wrong}; a penalty of {optimum.penalty:g} steadied it."
    return FitResult(
        parameters,
        customers=task.customers,
        log_likelihood=-task.exact(optimum.log_parameters)[0] * task.customers + task.shift,
        converged=optimum.converged,
        penalty=optimum.penalty,
        reason_code=code,
        reason=reason,
        standard_errors={
            name: float(value * error) for (name, value), error in zip(numbers, optimum.log_errors, strict=True)
        },
        log_covariance=tuple(tuple(float(entry) for entry in row) for row in optimum.log_covariance),
    )
