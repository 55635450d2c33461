"""Charts, tables and sentences of the lab, built from a comparison's kept figures: no arithmetic beyond labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.charts import Chart, Series
from core.formatting import days_text, money_text, number_text, share_text
from core.ui import Column
from segmentation.lab_wording import ALGORITHM_WORDS, FEATURE_LABELS, USUAL_FEATURES, algorithm_label, space_label
from segmentation.wording import PROFILE, Text

LINK = "CUSTOMER"


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
        return [_("K-means on four scaled figures; the number of groups is found from the data.")]
    features = asked["features"]
    named = ", ".join(str(FEATURE_LABELS.get(name, name)).lower() for name in features)
    words = ALGORITHM_WORDS.get(asked["algorithm"])
    own = _("The algorithm finds the number of groups itself.")
    open_k = _("The number of groups is found from the data, from 2 to 8.")
    fixed = _("The number of groups was given: %(k)s.") % {"k": asked["k"]}
    return [
        _("Looks at the usual nine figures.")
        if tuple(features) == USUAL_FEATURES
        else _("Looks at %(figures)s.") % {"figures": named},
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


def score_charts(found: list[Trial]) -> list[Chart]:
    """Scores against the number of groups, one line a combination, for those that were tried with several."""
    several = [trial for trial in found if trial.is_done and len(trial.result["tried"]) > 1]
    if not several:
        return []
    charts = [
        _score_chart(
            several,
            "silhouette",
            _("How well apart, by number of groups"),
            _("silhouette, −1 to 1"),
            _("Higher is better. Each is measured in its own space, so compare the shapes rather than the heights."),
        ),
        _elbow_chart(several),
    ]
    likely = [trial for trial in several if any(each["bic"] is not None for each in trial.result["tried"])]
    for name, title in (("aic", _("AIC by number of groups")), ("bic", _("BIC by number of groups"))):
        if likely:
            summary = _("Lower is better; only between lines that look at the same figures in the same space.")
            charts.append(_score_chart(likely, name, title, "", summary, digits=0))
    return charts


def _score_chart(found: list[Trial], name: str, title: str, unit: str, summary: str, digits: int = 3) -> Chart:
    sizes = sorted({each["k"] for trial in found for each in trial.result["tried"]})
    return Chart(
        key=f"score-{name}",
        title=title,
        kind="line",
        x=sizes,
        x_label=_("Groups"),
        unit=unit,
        digits=digits,
        summary=summary,
        series=[Series(trial.title, _by_size(trial.result["tried"], sizes, name)) for trial in found],
    )


def _by_size(tried: list[dict[str, Any]], sizes: list[int], name: str) -> list[float | None]:
    known = {each["k"]: each[name] for each in tried}
    return [known.get(size) for size in sizes]


def _elbow_chart(found: list[Trial]) -> Chart:
    sizes = sorted({each["k"] for trial in found for each in trial.result["tried"]})
    lines = []
    for trial in found:
        values = _by_size(trial.result["tried"], sizes, "inertia")
        whole = next((value for value in values if value), None)
        lines.append(Series(trial.title, [value / whole if value is not None and whole else None for value in values]))
    return Chart(
        key="score-inertia",
        title=_("What is left unexplained, by number of groups"),
        kind="line",
        x=sizes,
        x_label=_("Groups"),
        unit="%",
        is_share=True,
        summary=_("Inertia, as a share of that with the fewest groups. After the elbow more groups gain little."),
        series=lines,
    )


def silhouette_plot(trial: Trial) -> Chart | None:
    """Every group's customers from the best placed to the worst, side by side."""
    groups = trial.result["groups"]
    if not any(group["curve"] for group in groups):
        return None
    places = sum(len(group["curve"]) for group in groups)
    starts = accumulate((len(group["curve"]) for group in groups), initial=0)
    rows = [
        [
            group["name"],
            number_text(group["size"]),
            number_text(group["silhouette"], 3),
            share_text(group["misplaced"]),
        ]
        for group in groups
    ]
    return Chart(
        key=f"silhouette-{trial.number}",
        title=_("How well each customer fits"),
        kind="line",
        x=[share_text(place / places, 0) for place in range(places)],
        x_label=_("Customers, the best placed of each group first"),
        unit=_("silhouette, −1 to 1"),
        digits=2,
        summary=_("Wide and high areas are sound groups; below 0 a customer lies nearer to another group."),
        series=[
            Series(group["name"], _stretch(group["curve"], start, places), is_filled=True)
            for group, start in zip(groups, starts, strict=False)
        ],
        twin=([_("Group"), _("Customers"), _("Mean silhouette"), _("Nearer to another group")], rows),
    )


def _stretch(curve: Sequence[float], start: int, places: int) -> list[float | None]:
    return [None] * start + list(curve) + [None] * (places - start - len(curve))


def customer_link(external_id: str) -> str:
    return format_html(
        '<a href="{}">{}</a>', reverse("crm:customer-detail", kwargs={"customer_id": external_id}), external_id
    )


def group_map(trial: Trial, url: str, names: dict[int, str]) -> Chart:
    """The sample as points coloured by group; `names` gives the outside id of the customers that are named."""
    groups = trial.result["groups"]
    rows = [[group["name"], number_text(group["size"]), _named(group["typical"], names) or "–"] for group in groups]
    return Chart(
        key=f"map-{trial.number}",
        title=_("The customers as points"),
        kind="scatter",
        series=[Series(group["name"]) for group in groups],
        summary=_("Who is alike lies close together. Point at a customer to see the id, click to open the profile."),
        points_url=url,
        link_url=reverse("crm:customer-detail", kwargs={"customer_id": LINK}),
        twin=([_("Group"), _("Customers"), _("Typical customers")], rows),
    )


def _named(keys: list[int], names: dict[int, str]) -> str:
    return format_html_join(", ", "{}", ((customer_link(names[key]),) for key in keys if key in names))


def segment_map(url: str, segments: list[dict[str, Any]]) -> Chart:
    """The current results as points coloured by segment."""
    rows = [
        [
            format_html(
                '<a href="{}?segment={}">{}</a>', reverse("crm:customer-list"), entry["segment"], entry["name"]
            ),
            number_text(entry["size"]),
        ]
        for entry in segments
    ]
    return Chart(
        key="segment-map",
        title=_("The customers as points, by segment"),
        kind="scatter",
        series=[Series(entry["name"]) for entry in segments],
        summary=_("Who is alike lies close together. Point at a customer to see the id, click to open the profile."),
        points_url=url,
        link_url=reverse("crm:customer-detail", kwargs={"customer_id": LINK}),
        twin=([_("Segment"), _("Customers of all")], rows),
    )


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
        ProfileLine(each.label, [_text(group["profile"].get(each.name), each.kind) for group in groups])
        for each in PROFILE
    ]
    return counted + medians


def _text(value: float | None, kind: str) -> str:
    if kind == "money":
        return money_text(value, settings.REPORTING_CURRENCY)
    return {"days": days_text, "share": share_text}.get(kind, number_text)(value)


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
