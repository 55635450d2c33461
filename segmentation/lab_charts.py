"""Charts of the lab, built from a comparison's kept figures."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from core.charts import Chart, Series
from core.formatting import number_text, share_text
from segmentation.lab_figures import Trial

LINK = "CUSTOMER"


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
            _("Higher is better. Each is measured on the scaled figures that its combination looks at."),
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
