"""What a fitted model is: a handful of numbers, their unit of time, and how they came about."""

from dataclasses import asdict, dataclass, replace
from math import isfinite
from typing import Any, ClassVar, Generic, TypeVar

from analytics.features import DAYS_PER_UNIT, Unit

FORMAT_VERSION = 1


@dataclass(frozen=True)
class BgNbdParameters:
    """BG/NBD: rate ~ Gamma(r, alpha), drop-out after each purchase ~ Beta(a, b); `alpha` is in `unit`."""

    model: ClassVar[str] = "bg_nbd"
    r: float
    alpha: float
    a: float
    b: float
    unit: Unit


@dataclass(frozen=True)
class MbgNbdParameters:
    """MBG/NBD: as BG/NBD, but people may also stop right after their first purchase; `alpha` is in `unit`."""

    model: ClassVar[str] = "mbg_nbd"
    r: float
    alpha: float
    a: float
    b: float
    unit: Unit


@dataclass(frozen=True)
class ParetoNbdParameters:
    """Pareto/NBD: rate ~ Gamma(r, alpha), drop-out at any time at a rate ~ Gamma(s, beta); both scales in `unit`."""

    model: ClassVar[str] = "pareto_nbd"
    r: float
    alpha: float
    s: float
    beta: float
    unit: Unit


@dataclass(frozen=True)
class NaiveRateParameters:
    """Everybody goes on at (frequency + prior_purchases) / (T + prior_time); both 0: at the own rate."""

    model: ClassVar[str] = "naive_rate"
    prior_purchases: float
    prior_time: float
    unit: Unit


@dataclass(frozen=True)
class GammaGammaParameters:
    """Gamma-Gamma: spend ~ Gamma(p, nu) with nu ~ Gamma(q, v); `v` (gamma in the paper) is in money."""

    model: ClassVar[str] = "gamma_gamma"
    p: float
    q: float
    v: float


@dataclass(frozen=True)
class MeanValueParameters:
    """A customer's mean spend drawn towards `mean`, which weighs as much as `prior_purchases`."""

    model: ClassVar[str] = "mean_value"
    mean: float
    prior_purchases: float


FittedPurchaseParameters = BgNbdParameters | MbgNbdParameters | ParetoNbdParameters
PurchaseParameters = FittedPurchaseParameters | NaiveRateParameters
ValueParameters = GammaGammaParameters | MeanValueParameters
P_co = TypeVar("P_co", bound=PurchaseParameters | ValueParameters, covariant=True)

_CLASSES: dict[str, type[PurchaseParameters | ValueParameters]] = {
    kind.model: kind
    for kind in (
        BgNbdParameters,
        MbgNbdParameters,
        ParetoNbdParameters,
        NaiveRateParameters,
        GammaGammaParameters,
        MeanValueParameters,
    )
}
FALLBACKS = frozenset({NaiveRateParameters.model, MeanValueParameters.model})


@dataclass(frozen=True)
class FitResult(Generic[P_co]):
    """A fit, or the named fallback that stands in for it.

    `log_likelihood` is the total without penalty, densities per `unit` (None for a fallback);
    `standard_errors` are by parameter; `log_covariance` (k, k) is that of the logs of the k parameters without
    the unit, in the order of their fields, from the curvature where the search ended (its penalty included),
    and empty for a fallback; `customers` is the sum of weights that the fit saw. `reason` is "" when the plain
    fit was good, else a sentence for people, and `reason_code` its stable name.
    """

    parameters: P_co
    customers: float
    log_likelihood: float | None = None
    converged: bool = False
    penalty: float = 0.0
    reason_code: str = ""
    reason: str = ""
    standard_errors: dict[str, float] | None = None
    log_covariance: tuple[tuple[float, ...], ...] = ()

    @property
    def model(self) -> str:
        return self.parameters.model

    @property
    def is_fallback(self) -> bool:
        return self.model in FALLBACKS

    def as_dict(self) -> dict[str, Any]:
        """JSON-able form, with `format_version` and `model`."""
        return {"format_version": FORMAT_VERSION, "model": self.model, **asdict(self)}

    @staticmethod
    def from_dict(data: dict[str, Any]) -> "FitResult[Any]":
        """Read `as_dict` back; raises ValueError for a format or a content that cannot be trusted."""
        fields = dict(data)
        version, model = fields.pop("format_version", None), fields.pop("model", None)
        if version != FORMAT_VERSION or model not in _CLASSES:
            raise ValueError(f"Stored model {model!r} of format {version!r} is not known here: calculate it anew.")
        try:
            parameters = read_parameters({"model": model, **fields.pop("parameters")})
            fields["log_covariance"] = tuple(tuple(row) for row in fields.get("log_covariance", ()))
            return FitResult(parameters=parameters, **fields)
        except (TypeError, KeyError) as error:
            raise ValueError(f"Stored model {model!r} is incomplete: calculate it anew.") from error


def read_parameters(data: dict[str, Any]) -> Any:
    """Parameters from their fields and `model`; raises ValueError for what cannot be trusted."""
    fields = dict(data)
    model = fields.pop("model", None)
    if model not in _CLASSES:
        raise ValueError(f"Stored model {model!r} is not known here: calculate it anew.")
    try:
        parameters = _CLASSES[model](**fields)
    except TypeError as error:
        raise ValueError(f"Stored model {model!r} is incomplete: calculate it anew.") from error
    _check_numbers(asdict(parameters))
    return parameters


def rescaled(parameters: Any, unit: Unit) -> Any:
    """The same fitted purchase model with its times in `unit`."""
    factor = DAYS_PER_UNIT[parameters.unit] / DAYS_PER_UNIT[unit]
    times = {name: getattr(parameters, name) * factor for name in ("alpha", "beta") if hasattr(parameters, name)}
    return replace(parameters, unit=unit, **times)


def _check_numbers(values: dict[str, Any]) -> None:
    unit = values.pop("unit", "day")
    if unit not in DAYS_PER_UNIT:
        raise ValueError(f"Stored model has the unknown unit {unit!r}: calculate it anew.")
    for name, value in values.items():
        if not isinstance(value, int | float) or not isfinite(value) or value < 0:
            raise ValueError(f"Stored model has no usable {name}: calculate it anew.")
