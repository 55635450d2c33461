"""Which fit is used: the contest's winner, else the next that holds, else an earlier one, else a simple rate."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from analytics.lifetime.contest import Contest
from analytics.lifetime.fit import PurchaseFit
from analytics.lifetime.parameters import FitResult

Kind = Literal["winner", "runner_up", "not_judged", "lost", "earlier", "fallback"]


@dataclass(frozen=True)
class Choice:
    """The fit in use and how it came to be.

    `winner`: it won the contest. `runner_up`: the winner could not be fitted to all purchases. `not_judged`: no contest
    was held, or none of its models could be fitted before the holdout, so the likeliest fit is taken. `lost`: the fit
    is plausible but predicted worse than the naive rate, which is to be used. `earlier`: nothing could be fitted now,
    and an earlier fit still reproduces the purchases. `fallback`: nor does an earlier fit; it is a naive rate.
    """

    fit: FitResult[Any]
    kind: Kind


def choose(fits: Mapping[str, PurchaseFit], contest: Contest | None, earlier: FitResult[Any] | None) -> Choice:
    """Choose among fits to all purchases, by model; `earlier` is one that still holds, or None."""
    plausible = {name: fit for name, fit in fits.items() if not fit.is_fallback}
    if not plausible:
        return Choice(earlier, "earlier") if earlier else Choice(next(iter(fits.values())), "fallback")
    for name in contest.order if contest else ():
        if name in plausible:
            return Choice(plausible[name], "winner" if contest and name == contest.champion else "runner_up")
    likeliest = min(plausible.values(), key=_doubt)
    # Besides the naive rate, a contest has a score for each model that could be fitted before the holdout.
    was_judged = contest is not None and len(contest.scores) > 1
    return Choice(likeliest, "lost" if was_judged else "not_judged")


def _doubt(fit: FitResult[Any]) -> tuple[bool, float]:
    """Plain fits come before steadied ones, then the higher likelihood for each customer."""
    return bool(fit.reason_code), -(fit.log_likelihood or 0.0) / fit.customers
