"""Every way to form segments that a refresh tried, with all its figures, as rows."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.formatting import MISSING, number_text, share_text
from core.ui import Column
from segmentation.wording import ALGORITHM_NAMES, Text

FAVOURED: dict[str, Text] = {
    "silhouette": gettext_lazy("well apart"),
    "separation": gettext_lazy("tells revenue"),
    "stability_ari": gettext_lazy("stable"),
    "elbow": gettext_lazy("elbow of inertia"),
    "aic": gettext_lazy("AIC"),
    "bic": gettext_lazy("BIC"),
}


@dataclass(frozen=True)
class CandidateRow:
    """One candidate as text; `figures` are (heading, text), those between the first and the last column."""

    name: str
    is_chosen: bool
    figures: list[tuple[Text, str]]
    favoured_by: str


def candidate_columns() -> list[Column]:
    return [
        Column(_("Way")),
        Column(_("Silhouette"), is_numeric=True, hint=_("How far apart the segments are, −1 to 1")),
        Column(_("Stability"), is_numeric=True, hint=_("Not measured where it could not have won")),
        Column(_("Separation of revenue"), is_numeric=True),
        Column(_("Inertia"), is_numeric=True, hint=_("Spread that is left within segments")),
        Column(_("AIC"), is_numeric=True, hint=_("Lower is better, within one method")),
        Column(_("BIC"), is_numeric=True, hint=_("Lower is better, within one method")),
        Column(_("Smallest segment"), is_numeric=True),
        Column(_("Best by")),
    ]


def candidate_rows(quality: dict[str, Any]) -> list[CandidateRow]:
    """In the order in which they were tried; empty for results from before all figures were kept."""
    return [_row(each) for each in quality.get("candidates") or [] if "separation" in each]


def _row(candidate: dict[str, Any]) -> CandidateRow:
    algorithm = ALGORITHM_NAMES.get(candidate["algorithm"], candidate["algorithm"])
    texts = [
        number_text(candidate["silhouette"], 3),
        _number(candidate["stability_ari"], 3),
        MISSING if candidate["separation"] is None else share_text(candidate["separation"]),
        number_text(candidate["inertia"], 0),
        _number(candidate["aic"], 0),
        _number(candidate["bic"], 0),
        share_text(candidate["smallest_share"]),
    ]
    return CandidateRow(
        name=_("%(algorithm)s, %(k)s segments") % {"algorithm": algorithm, "k": candidate["k"]},
        is_chosen=bool(candidate["chosen"]),
        figures=list(zip([column.label for column in candidate_columns()[1:-1]], texts, strict=True)),
        favoured_by=", ".join(str(FAVOURED.get(name, name)) for name in candidate["favoured_by"]),
    )


def _number(value: float | None, digits: int) -> str:
    return MISSING if value is None else number_text(value, digits)
