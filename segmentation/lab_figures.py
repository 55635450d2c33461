"""Tables and sentences of the lab, built from a comparison's kept figures: no arithmetic beyond labels."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.formatting import number_text, share_text
from core.ui import Column
from segmentation.figures import figure_text
from segmentation.lab_wording import ALGORITHM_WORDS, FEATURE_LABELS, USUAL_FEATURES, algorithm_label, space_label
from segmentation.wording import PROFILE, Text


def combination_label(asked: dict[str, Any]) -> str:
    """The combination in a few words: K-means on scaled figures, 4 groups."""
    if not asked["algorithm"]:
        return _("The built-in way")
    values = {"algorithm": algorithm_label(asked["algorithm"]), "space": space_label(asked["space"])}
    label = _("%(algorithm)s on %(space)s") % values
    return f"{label}, {_('%(k)s groups') % {'k': asked['k']}}" if asked["k"] else label


def combination_details(asked: dict[str, Any]) -> list[str]:
    """What else belongs to the combination, as sentences."""
    if not asked["algorithm"]:
        return [
            _("Looks at four figures on one scale: the latest purchase, orders, revenue, and average order value."),
            _("Fast algorithms compete at every refresh; the best is taken, with as many groups as the data ask for."),
        ]
    features = asked["features"]
    named = ", ".join(str(FEATURE_LABELS.get(name, name)).lower() for name in features)
    words = ALGORITHM_WORDS.get(asked["algorithm"])
    own = _("The algorithm finds the number of groups itself.")
    open_k = _("The number of groups is found from the data, from 2 to 8.")
    fixed = _("The number of groups was given: %(k)s.") % {"k": asked["k"]}
    return [
        _("Looks at the usual nine figures.")
        if tuple(features) == USUAL_FEATURES
        else _("Looks at: %(figures)s.") % {"figures": named},
        fixed if asked["k"] else open_k if words is None or words.needs_k else own,
        _("The most extreme %(share)s of the customers are set aside while groups are looked for, then assigned.")
        % {"share": share_text(asked["set_aside"])}
        if asked["set_aside"]
        else _("Nobody is set aside."),
    ]


@dataclass(frozen=True)
class Trial:
    """One combination of a comparison, finished for the page."""

    number: int
    letter: str
    label: str
    details: list[str]
    asked: dict[str, Any]
    result: dict[str, Any]

    @property
    def is_done(self) -> bool:
        return bool(self.result and self.result["state"] == "done")

    @property
    def title(self) -> str:
        return f"{self.letter}: {self.label}"


def trials(combinations: list[dict[str, Any]], results: list[dict[str, Any]]) -> list[Trial]:
    padded = [*results, *({} for _ in combinations[len(results) :])]
    return [
        Trial(number, "ABCDEF"[number], combination_label(asked), combination_details(asked), asked, result)
        for number, (asked, result) in enumerate(zip(combinations, padded, strict=True))
    ]


OVERVIEW_COLUMNS = [
    Column(gettext_lazy("Combination")),
    Column(gettext_lazy("Groups"), is_numeric=True),
    Column(
        gettext_lazy("Well apart"),
        is_numeric=True,
        hint=gettext_lazy(
            "Silhouette in its own space, −1 to 1: how much nearer customers are to their own group than to the next"
        ),
    ),
    Column(
        gettext_lazy("On one yardstick"),
        is_numeric=True,
        hint=gettext_lazy("The same silhouette, measured for all combinations on the same scaled figures"),
    ),
    Column(
        gettext_lazy("Stable"),
        is_numeric=True,
        hint=gettext_lazy(
            "Adjusted Rand index over refits, 1 the same, 0 chance: whether the same customers come together again"
        ),
    ),
    Column(
        gettext_lazy("Tells revenue apart"),
        is_numeric=True,
        hint=gettext_lazy("Share of the concentration of revenue that lies between groups rather than within them"),
    ),
    Column(gettext_lazy("Smallest group"), is_numeric=True),
    Column(
        gettext_lazy("Would change segment"),
        is_numeric=True,
        hint=gettext_lazy("Of the customers compared, against the present segments"),
    ),
]


def overview(found: list[Trial], sample: int) -> list[dict[str, Any]]:
    """One row a combination that worked, with text for every figure."""
    return [{"trial": trial, **_overview(trial.result, sample)} for trial in found if trial.is_done]


def _overview(result: dict[str, Any], sample: int) -> dict[str, str]:
    judged = result["judgement"]
    return {
        "groups": number_text(judged["k"]),
        "silhouette": number_text(judged["silhouette"], 3),
        "shared": number_text(result["shared_silhouette"], 3),
        "stability": number_text(judged["stability_ari"], 3),
        "separation": share_text(judged["separation"], 0),
        "smallest": share_text(judged["smallest_share"]),
        "moved": share_text(result["moved"] / sample if sample else 0),
    }


CRITERIA = ("silhouette", "elbow", "aic", "bic", "separation")
CRITERIA_COLUMNS = [
    Column(gettext_lazy("Combination")),
    Column(gettext_lazy("Silhouette"), is_numeric=True),
    Column(gettext_lazy("Elbow"), is_numeric=True, hint=gettext_lazy("Where more groups begin to explain little more")),
    Column(gettext_lazy("AIC"), is_numeric=True),
    Column(gettext_lazy("BIC"), is_numeric=True),
    Column(gettext_lazy("Tells revenue apart"), is_numeric=True),
    Column(gettext_lazy("Taken"), is_numeric=True, hint=gettext_lazy("Given, or found by weighing them all")),
]


def criteria(found: list[Trial]) -> list[dict[str, Any]]:
    """For each combination tried with several numbers of groups: the number that each criterion speaks for."""
    several = [trial for trial in found if trial.is_done and len(trial.result["tried"]) > 1]
    return [{"trial": trial, **_criteria(trial.result)} for trial in several]


def _criteria(result: dict[str, Any]) -> dict[str, Any]:
    favoured = {name: each["k"] for each in result["tried"] for name in each["favoured_by"]}
    return {name: favoured.get(name) for name in CRITERIA} | {"taken": result["judgement"]["k"]}


@dataclass(frozen=True)
class ProfileLine:
    """One figure with the median of each group, as text."""

    label: Text
    values: list[str]


def profile_columns(trial: Trial) -> list[Column]:
    return [Column(_("Median of")), *(Column(group["name"], is_numeric=True) for group in trial.result["groups"])]


def profile_lines(trial: Trial) -> list[ProfileLine]:
    groups = trial.result["groups"]
    counted = [
        ProfileLine(_("Customers"), [number_text(group["size"]) for group in groups]),
        ProfileLine(_("Share of customers"), [share_text(group["share"]) for group in groups]),
        ProfileLine(_("Share of revenue"), [share_text(group["revenue_share"]) for group in groups]),
    ]
    medians = [
        ProfileLine(each.label, [figure_text(group["profile"].get(each.name), each.kind) for group in groups])
        for each in PROFILE
    ]
    return counted + medians


MOVE_COLUMNS = [
    Column(gettext_lazy("Present segment")),
    Column(gettext_lazy("Continues as")),
    Column(gettext_lazy("Customers compared"), is_numeric=True),
    Column(gettext_lazy("Would stay"), is_numeric=True),
    Column(gettext_lazy("Would go elsewhere"), is_numeric=True),
    Column(gettext_lazy("Mostly to")),
]


def moves(trial: Trial, names: dict[int, str]) -> list[dict[str, Any]]:
    """For each present segment which group continues it, who would stay, and where most of the others would go."""
    groups = trial.result["groups"]
    heirs = {group["continues"]: place for place, group in enumerate(groups)}
    rows = []
    for move in trial.result["moves"]:
        counts, heir = move["customers"], heirs.get(move["segment"])
        others = [(count, place) for place, count in enumerate(counts) if place != heir and count]
        staying = counts[heir] if heir is not None else 0
        rows.append(
            {
                "segment": names.get(move["segment"], _("a former segment")),
                "heir": groups[heir]["name"] if heir is not None else _("nothing: it ends"),
                "customers": sum(counts),
                "staying": staying,
                "leaving": sum(counts) - staying,
                "mostly": groups[max(others)[1]]["name"] if others else "–",
            }
        )
    return rows


def new_groups(trial: Trial) -> list[str]:
    """Names of the groups that continue no present segment."""
    return [group["name"] for group in trial.result["groups"] if group["continues"] is None]
