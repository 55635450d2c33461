"""The contest of the value models as a page shows it: standings in words, tracking, calibration, two matrices."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from core.charts import Chart, Series
from core.formatting import number_text, share_text
from segmentation.models import Snapshot
from segmentation.version_figures import NAIVE, model_name

SHADES = 9


@dataclass(frozen=True)
class Standing:
    """One model of the contest; `verdict` says in words what came of it."""

    name: str
    total: float
    actual_total: float
    miss: float | None
    mae: float
    rmse: float
    correlation: float | None
    skill: float | None
    verdict: str
    tone: str


def standings(snapshot: Snapshot) -> list[Standing]:
    """Every model that took part, the one in use first, the simple rate last."""
    holdout = snapshot.holdout or {}
    contest = snapshot.charts.get("calibration") or {}
    rows = [_standing(name, holdout[name], contest, snapshot.fits["champion"]) for name in holdout if name != "days"]
    places = {"good": 0, "neutral": 1, "bad": 2}
    return sorted(rows, key=lambda row: (row.name == model_name(NAIVE), places[row.tone], -(row.skill or 0)))


def why_sentence(snapshot: Snapshot) -> str:
    """Why the model in use won, or the simple rate did; "" where no contest was held."""
    champion = snapshot.fits["champion"]
    skills = (snapshot.charts.get("calibration") or {}).get("skill", {})
    if champion == NAIVE:
        return (
            _("No model did better than the simple rate on the days kept back, so that is used.")
            if set(skills) - {NAIVE}
            else ""
        )
    skill = skills.get(champion)
    if skill is None or skill <= 0:
        return ""
    return _("Over five measures its errors are %(skill)s smaller on average than those of the simple rate.") % {
        "skill": share_text(skill, 0)
    }


def _standing(name: str, score: dict[str, Any], contest: dict[str, Any], champion: str) -> Standing:
    skill = contest.get("skill", {}).get(name)
    verdict, tone = _verdict(name, skill, contest.get("order"), champion)
    made = score["actual_total"]
    return Standing(
        name=model_name(name),
        total=score["total"],
        actual_total=made,
        miss=(score["total"] - made) / made if made else None,
        mae=score["mae"],
        rmse=score["rmse"],
        correlation=score["correlation"],
        skill=None if name == NAIVE else skill,
        verdict=verdict,
        tone=tone,
    )


def _verdict(name: str, skill: float | None, order: list[str] | None, champion: str) -> tuple[str, str]:
    if name == champion:
        return _("In use"), "good"
    if name == NAIVE:
        return _("What the others have to beat"), "neutral"
    if skill is not None and skill <= 0:
        return _("Not used: worse than the simple rate"), "bad"
    if order is not None and name not in order:
        return _("Not used: not plausible enough"), "bad"
    return _("Would do, but another did better"), "neutral"


def weekly_chart(snapshot: Snapshot) -> Chart | None:
    """What each week (or step of weeks) brought, as it happened and as the model has it."""
    steps = snapshot.charts.get("weekly_purchases") or []
    if len(steps) < 2:
        return None
    days = snapshot.charts["step_days"]
    return Chart(
        key="weekly",
        title=_("Repeat purchases in each week")
        if days == 7
        else _("Repeat purchases in each %(days)s days") % {"days": days},
        kind="line",
        x=[date.fromisoformat(step["on"]) for step in steps],
        x_label=_("Up to"),
        unit=_("purchase days"),
        digits=0,
        summary=_holdout_sentence(snapshot),
        series=_tracks(steps),
    )


def cumulative_chart(snapshot: Snapshot) -> Chart | None:
    """Repeat purchases added up since the first day."""
    steps = snapshot.charts.get("repeat_purchases") or []
    if len(steps) < 2:
        return None
    latest = steps[-1]
    summary = _("By the end the model has %(expected)s repeat purchases where %(actual)s were made.") % {
        "expected": number_text(round(latest["expected"])),
        "actual": number_text(latest["actual"]),
    }
    return Chart(
        key="tracking",
        title=_("Repeat purchases since the first day"),
        kind="line",
        x=[date.fromisoformat(step["on"]) for step in steps],
        x_label=_("Up to"),
        unit=_("purchase days"),
        digits=0,
        summary=summary,
        series=_tracks(steps),
    )


def _tracks(steps: list[dict[str, Any]]) -> list[Series]:
    tracks = [
        Series(_("Made"), [step["actual"] for step in steps]),
        Series(_("Model"), [step["expected"] for step in steps], is_dashed=True),
    ]
    if any(step.get("foreseen") is not None for step in steps):
        # As it was fitted without the days kept back: what it would have promised then.
        foreseen = [step.get("foreseen") for step in steps]
        tracks.append(Series(_("Model without the days kept back"), foreseen, is_dashed=True))
    return tracks


def _holdout_sentence(snapshot: Snapshot) -> str:
    begins = snapshot.charts.get("holdout_from")
    if not begins:
        return ""
    return _("The days kept back begin on %(day)s.") % {"day": f"{date.fromisoformat(begins):%-d %B %Y}"}


def calibration_chart(snapshot: Snapshot) -> Chart | None:
    """Per group of customers with as many repeat purchases before: what they did on the days kept back, by model."""
    contest = snapshot.charts.get("calibration")
    if not contest or len(contest["groups"]) < 2:
        return None
    groups = contest["groups"]
    names = [*contest["order"], NAIVE] if NAIVE not in contest["order"] else contest["order"]
    known = [name for name in names if name in groups[0]["expected"]]
    return Chart(
        key="calibration",
        title=_("By how often they had bought before"),
        kind="line",
        x=[_group_name(group["frequency"], group is groups[-1]) for group in groups],
        x_label=_("Repeat purchases before"),
        unit=_("purchases per customer"),
        digits=2,
        summary=_("Mean on the days kept back. The nearer a model's line is to what was made, the better."),
        series=[
            Series(_("Made"), [group["actual"] for group in groups]),
            *(
                Series(model_name(name), [group["expected"][name] for group in groups], is_dashed=True)
                for name in known
            ),
        ],
    )


def _group_name(frequency: int, is_last: bool) -> str:
    return _("%(count)s or more") % {"count": frequency} if is_last else str(frequency)


@dataclass(frozen=True)
class Matrix:
    """A table whose cells are shaded by their value: rows by repeat purchases, columns by days of silence."""

    title: str
    summary: str
    columns: list[str]
    rows: list[tuple[str, list[tuple[str, int]]]]


def matrices(snapshot: Snapshot) -> list[Matrix]:
    """What histories mean to the model in use: probability of still being a customer, and expected purchases."""
    found = snapshot.charts.get("frequency_recency")
    if not found:
        return []
    old = number_text(found["T"])
    silence = [number_text(days) for days in found["days_since"]]
    expected = _matrix(
        _("Expected purchases in %(days)s days") % {"days": number_text(found["horizon_days"])},
        _("Of customers who first bought %(days)s days ago.") % {"days": old},
        silence,
        found,
        "expected_purchases",
    )
    if found["p_alive"] is None:
        return [expected]
    alive = _matrix(
        _("Probability of still being a customer"),
        _("Of customers who first bought %(days)s days ago. A long silence says more of those who used to buy often.")
        % {"days": old},
        silence,
        found,
        "p_alive",
    )
    return [alive, expected]


def _matrix(title: str, summary: str, columns: list[str], found: dict[str, Any], name: str) -> Matrix:
    values = found[name]
    most = 1.0 if name == "p_alive" else max(max(row) for row in values) or 1.0
    text = _percent if name == "p_alive" else _count
    rows = [
        (number_text(frequency), [(text(value), round(value / most * SHADES)) for value in row])
        for frequency, row in zip(found["frequencies"], values, strict=True)
    ]
    return Matrix(title, summary, columns, rows)


def _percent(value: float) -> str:
    return share_text(value, 0)


def _count(value: float) -> str:
    return number_text(value, 1)
