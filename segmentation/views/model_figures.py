"""The figures of one version, for its own page and for that of the current one."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.formatting import number_text, share_text
from core.ui import Column, Definition
from segmentation import comparing, contest_figures, figures, store, version_figures
from segmentation.candidate_figures import candidate_columns, candidate_rows
from segmentation.models import Snapshot
from segmentation.version_figures import model_name
from segmentation.wording import ALGORITHM_NAMES, SPACE_NAMES, Text

# Of each purchase model: its source, and what its parameters mean.
SOURCES = {
    "bg_nbd": "Fader, Hardie and Lee 2005",
    "mbg_nbd": "Batislam, Denizel and Filiztekin 2007",
    "pareto_nbd": "Schmittlein, Morrison and Colombo 1987",
}
MEANINGS: dict[str, Text] = {
    "r": gettext_lazy("Shape of how purchase rates differ between customers"),
    "alpha": gettext_lazy("Scale of the purchase rate: a typical customer buys r / alpha times in one unit of time"),
    "a": gettext_lazy("With b: how likely customers leave after a purchase"),
    "b": gettext_lazy("With a: how much that differs between customers"),
    "s": gettext_lazy("Shape of how the rates of leaving differ between customers"),
    "beta": gettext_lazy("Scale of the rate of leaving: a typical customer leaves at s / beta in one unit of time"),
}
TIMES = ("alpha", "beta")


def model_figures(snapshot: Snapshot) -> dict[str, Any]:
    used = snapshot.fits["champion"]
    described = used if snapshot.fits.get(used) else "bg_nbd"
    return {
        "champion": model_name(used),
        "purchase_name": model_name(described),
        "purchase_source": SOURCES.get(described, ""),
        "purchase_model": _purchase_model(snapshot, described),
        "spend_model": _spend_model(snapshot),
        "why_champion": contest_figures.why_sentence(snapshot),
        "reasons": [*figures.holdout_sentences(snapshot), *snapshot.fits["fit_reasons"]],
        "holdout_chart": figures.holdout_chart(snapshot.holdout) if snapshot.holdout else None,
        "standings": contest_figures.standings(snapshot),
        "holdout_columns": [
            Column(_("Model")),
            Column(_("Expected"), is_numeric=True),
            Column(_("Made"), is_numeric=True),
            Column(_("Total error"), is_numeric=True, hint=_("Too many or too few")),
            Column(_("Error per customer"), is_numeric=True, hint=_("Mean absolute error, in purchase days")),
            Column(_("Root mean square"), is_numeric=True),
            Column(_("Correlation"), is_numeric=True),
            Column(_("Errors saved"), is_numeric=True, hint=_("Against the simple rate, over five measures")),
        ],
        "tracking_charts": [
            chart
            for chart in (
                contest_figures.cumulative_chart(snapshot),
                contest_figures.weekly_chart(snapshot),
                contest_figures.calibration_chart(snapshot),
            )
            if chart is not None
        ],
        "matrices": contest_figures.matrices(snapshot),
        "sizes_chart": figures.sizes_chart(snapshot.quality),
        "candidate_columns": candidate_columns(),
        "candidate_rows": candidate_rows(snapshot.quality),
        "quality": _quality(snapshot) if snapshot.quality else [],
    }


def _purchase_model(snapshot: Snapshot, name: str) -> list[Definition]:
    fit = snapshot.fits.get(name)
    if not fit:
        return []
    unit = _("weeks") if snapshot.unit == "week" else _("days")
    rows = [
        Definition(each, f"{number_text(fit[each], 3)} {unit}" if each in TIMES else number_text(fit[each], 4), meaning)
        for each, meaning in MEANINGS.items()
        if each in fit
    ]
    return [*rows, _likelihood(fit)]


def _spend_model(snapshot: Snapshot) -> list[Definition]:
    fit = snapshot.fits["gamma_gamma"]
    if fit is None:
        return []
    gamma = f"{number_text(fit['gamma'], 2)} {settings.REPORTING_CURRENCY}"
    return [
        Definition("p", number_text(fit["p"], 3), _("How even one customer's purchases are")),
        Definition("q", number_text(fit["q"], 3), _("How alike customers are in what they spend")),
        Definition("gamma", gamma, _("Scale of spend per purchase day")),
        _likelihood(fit),
    ]


def _likelihood(fit: dict[str, Any]) -> Definition:
    return Definition(
        _("Log-likelihood"),
        number_text(fit["log_likelihood"], 3),
        _("Total over all customers; higher is better among models of the same data"),
    )


def _found_by(quality: dict[str, Any]) -> str:
    algorithm, space = quality["algorithm"], quality["space"]
    return _("%(algorithm)s on: %(space)s") % {
        "algorithm": ALGORITHM_NAMES.get(algorithm, algorithm),
        "space": SPACE_NAMES.get(space, space),
    }


def _quality(snapshot: Snapshot) -> list[Definition]:
    quality = snapshot.quality
    return [
        Definition(
            _("Segments"),
            quality["k"],
            quality["reason"] or _("Well apart, stable and telling of revenue, all three together"),
        ),
        Definition(_("Found by"), _found_by(quality)),
        Definition(
            _("Silhouette"),
            number_text(quality["silhouette"], 3),
            _("From −1 to 1: how much nearer customers are to their own segment than to the next"),
        ),
        Definition(
            _("Stability"),
            number_text(quality["stability_ari"], 3),
            _("1: the same customers come together on every part of the base; 0: chance"),
        ),
        Definition(
            _("Separation of revenue"),
            share_text(quality.get("separation")),
            _("How much of who brings the money the segments tell: 0 % nothing, 100 % all of it"),
        ),
        Definition(
            _("Judged on"),
            _("%(count)s customers") % {"count": number_text(quality["sample"])},
            _("%(count)s extreme ones were set aside while segments were found, and assigned afterwards")
            % {"count": number_text(quality.get("set_aside") or 0)},
        ),
    ]


def drift_context(before: Snapshot | None, snapshot: Snapshot) -> dict[str, Any]:
    """How the inputs of two versions differ, or why that can't be said."""
    if before is None:
        return {"drift_reason": _("There is only this version yet: drift is measured from the second one on.")}
    try:
        found = comparing.input_drift(before, snapshot)
    except (comparing.TooLarge, store.SnapshotDamaged) as trouble:
        return {"drift_reason": str(trouble)}
    return {
        "drift_before": before,
        "drift_rows": version_figures.drift_rows(found),
        "drift_sentence": version_figures.drift_sentence(found),
        "drift_columns": [
            Column(_("Input")),
            Column(_("Index"), is_numeric=True, hint=_("Population stability index: 0 for the same distribution")),
            Column(_("By chance up to"), is_numeric=True, hint=_("In 19 of 20 cases, with so many customers")),
            Column(_("Which means")),
        ],
    }
