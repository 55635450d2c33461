"""Maximum likelihood that can't run away: several starts, a ladder of penalties, a gate."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from analytics.lifetime.arrays import FloatArray

Objective = Callable[[FloatArray], tuple[float, FloatArray]]

PENALTIES = (0.0, 1e-4, 1e-3, 1e-2, 1e-1)
LOG_BOUND = float(np.log(1e4))
_MAX_LOG_ERROR = 3.0
_STEP = 1e-4
FLAT = 1e-6


@dataclass(frozen=True)
class Optimum:
    """Where a climb ended: log parameters, their covariance (infinite where undetermined), and how flat it is there."""

    centre: FloatArray
    log_parameters: FloatArray
    log_covariance: FloatArray
    penalty: float
    converged: bool

    @property
    def log_errors(self) -> FloatArray:
        """Standard errors of the log parameters."""
        return np.sqrt(np.diag(self.log_covariance))

    def complaint(self) -> str:
        """What makes it implausible in itself; "" when nothing does."""
        if _is_at_limit(self.log_parameters, self.centre):
            return "a parameter ran to its limit"
        if not self.converged:
            return "the search did not settle"
        if not np.all(np.isfinite(self.log_errors)) or np.any(self.log_errors > _MAX_LOG_ERROR):
            return "a parameter is not determined by the data"
        return ""


@dataclass(frozen=True)
class Climb:
    """The first plausible optimum up the ladder (None if no rung holds), and the first complaint."""

    optimum: Optimum | None
    complaint: str


def climb(
    exact: Objective,
    rough: Objective,
    starts: Sequence[FloatArray],
    *,
    size: float,
    gate: Callable[[FloatArray], str],
) -> Climb:
    """Try each penalty in turn until the optimum passes its own check and `gate`.

    `exact` and `rough` give the mean negative log-likelihood and its gradient over log parameters scaled to
    be near 0; `rough` may see a sample and only ranks the starts. The penalty pulls towards `starts[0]`.
    `size` is the number of customers, which turns curvature into standard errors.
    """
    # The search works on four numbers: threads of the linear algebra only wait for each other, tenfold on busy cores.
    with threadpool_limits(limits=1, user_api="blas"):
        first_complaint = ""
        for penalty in PENALTIES:
            optimum = _best(exact, rough, starts, penalty, size)
            complaint = optimum.complaint() or gate(optimum.log_parameters)
            if not complaint:
                return Climb(optimum=optimum, complaint=first_complaint)
            first_complaint = first_complaint or complaint
        return Climb(optimum=None, complaint=first_complaint)


def _best(exact: Objective, rough: Objective, starts: Sequence[FloatArray], penalty: float, size: float) -> Optimum:
    centre = starts[0]
    sketch, objective = _penalised(rough, centre, penalty), _penalised(exact, centre, penalty)
    ends = [_descend(sketch, start, centre) for start in starts]
    point = min(ends, key=lambda end: end[1])[0]
    if _is_at_limit(point, centre):
        return Optimum(centre, point, np.full((len(point), len(point)), np.inf), penalty, converged=False)
    point, flat = _polish(objective, sketch, point, centre)
    if not flat and exact is not rough:
        point, flat = _polish(objective, sketch, _descend(objective, point, centre)[0], centre)
    covariance = _covariance(_curvature(sketch, point), size)
    return Optimum(centre=centre, log_parameters=point, log_covariance=covariance, penalty=penalty, converged=flat)


def _is_at_limit(point: FloatArray, centre: FloatArray) -> bool:
    return bool(np.any(np.abs(point - centre) > LOG_BOUND * 0.99))


def _penalised(objective: Objective, centre: FloatArray, penalty: float) -> Objective:
    def penalised(point: FloatArray) -> tuple[float, FloatArray]:
        value, gradient = objective(point)
        away = point - centre
        return value + penalty * float(away @ away), gradient + 2 * penalty * away

    return penalised


def _descend(objective: Objective, start: FloatArray, centre: FloatArray) -> tuple[FloatArray, float]:
    found = minimize(
        objective,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=list(zip(centre - LOG_BOUND, centre + LOG_BOUND, strict=True)),
        options={"maxiter": 500, "ftol": 1e-13, "gtol": 1e-8},
    )
    return np.asarray(found.x, dtype=np.float64), float(found.fun)


def _polish(objective: Objective, sketch: Objective, point: FloatArray, centre: FloatArray) -> tuple[FloatArray, bool]:
    """Newton steps reach the digits a quasi-Newton search leaves out; tells whether the end is flat.

    The curvature is the sketch's: a sample knows it well enough, at a fraction of what all rows would cost.
    """
    value, gradient = objective(point)
    curvature = _curvature(sketch, point)
    for _ in range(12):
        if np.max(np.abs(gradient)) < 1e-10 or not _is_invertible(curvature):
            break
        candidate = point - np.linalg.solve(curvature, gradient)
        if np.any(np.abs(candidate - centre) > LOG_BOUND):
            break
        candidate_value, candidate_gradient = objective(candidate)
        if not candidate_value <= value + 1e-12 * abs(value):
            break
        point, value, gradient = candidate, candidate_value, candidate_gradient
    return point, bool(np.all(np.isfinite(gradient)) and np.max(np.abs(gradient)) < FLAT)


def _curvature(objective: Objective, point: FloatArray) -> FloatArray:
    rows = [
        (objective(point + step)[1] - objective(point - step)[1]) / (2 * _STEP) for step in np.eye(len(point)) * _STEP
    ]
    matrix = np.array(rows)
    return (matrix + matrix.T) / 2


def _is_invertible(matrix: FloatArray) -> bool:
    return bool(np.all(np.isfinite(matrix)) and np.linalg.cond(matrix) < 1e12)


def _covariance(curvature: FloatArray, size: float) -> FloatArray:
    """Inverse of the curvature of `size` customers; infinite throughout where that is no covariance."""
    if _is_invertible(curvature):
        covariance = np.linalg.inv(curvature) / size
        if np.all(np.linalg.eigvalsh(covariance) > 0):
            return np.asarray((covariance + covariance.T) / 2, dtype=np.float64)
    return np.full_like(curvature, np.inf)
