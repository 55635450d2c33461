"""Rules over past reviews, as a chart with its table and a sentence."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.charts import Chart, Series
from core.formatting import share_text
from core.models import Run

YEAR_DAYS = 365


@dataclass(frozen=True)
class Replay:
    """What a finished replay shows: a chart of the list, one of the changes, sentences, and what to know about it."""

    charts: list[Chart]
    sentences: list[str]
    notes: list[str]


def replay_of(run: Run) -> Replay | None:
    """None while it is not finished."""
    if not run.result:
        return None
    proposed, in_force = run.result["proposed"], run.result["in_force"]
    sentences = [_sentence(_("With these rules"), proposed)]
    if in_force is not None:
        sentences.append(_sentence(_("With the rules in force"), in_force))
    return Replay([_members(proposed, in_force), _changes(proposed)], sentences, _notes(run.result))


def _sentence(start: str, course: dict[str, Any]) -> str:
    steps = course["steps"]
    parts = {
        "start": start,
        "reviews": len(steps),
        "ever": f"{course['ever']:,}",
        "came_back": f"{course['came_back']:,}",
        "leaving": share_text(course["leaving"]) if course["leaving"] is not None else "–",
        "members": f"{steps[-1]['members']:,}",
    }
    return (
        _(
            "%(start)s, over %(reviews)s reviews: %(leaving)s of the members would have left at a review on average; "
            "%(ever)s customers would have been members at some time, %(came_back)s of them would have left and come "
            "back; %(members)s would be members at the end."
        )
        % parts
    )


def _days(course: dict[str, Any]) -> list[date]:
    return [date.fromisoformat(step["as_of"]) for step in course["steps"]]


def _members(proposed: dict[str, Any], in_force: dict[str, Any] | None) -> Chart:
    series = [Series(_("These rules"), [step["members"] for step in proposed["steps"]])]
    if in_force is not None:
        series.append(Series(_("Rules in force"), [step["members"] for step in in_force["steps"]], is_dashed=True))
    return Chart(
        key="replay-members",
        title=_("Members after each past review"),
        kind="line",
        series=series,
        x=_days(proposed),
        x_label=_("Review as of"),
        unit=_("customers"),
        digits=0,
    )


def _changes(proposed: dict[str, Any]) -> Chart:
    names = (
        ("joined", _("Joined")),
        ("warned", _("Warned")),
        ("renewed", _("Renewed")),
        ("left", _("Left")),
        ("returned", _("Came back after leaving")),
    )
    return Chart(
        key="replay-changes",
        title=_("Changes at each past review, with these rules"),
        kind="bar",
        series=[Series(label, [step[name] for step in proposed["steps"]]) for name, label in names],
        x=_days(proposed),
        x_label=_("Review as of"),
        unit=_("customers"),
        digits=0,
        summary=_("The first review takes in everybody who meets the entry rules."),
    )


def _notes(result: dict[str, Any]) -> list[str]:
    notes = []
    if skipped := result["skipped"]:
        text = _("%(count)s past days are left out: no results of them hold every figure of the rules.")
        notes.append(text % {"count": len(skipped)})
    first = date.fromisoformat(result["first_purchase_on"])
    early = [day for day in _days(result["proposed"]) if (day - first).days < YEAR_DAYS]
    if early:
        text = _(
            "The purchases begin on %(first)s, so reviews before %(full)s saw less than 12 months: figures of the last "
            "12 months, and with them the list, grow until then."
        )
        full = (
            first.replace(year=first.year + 1)
            if (first.month, first.day) != (2, 29)
            else first.replace(year=first.year + 1, day=28)
        )
        notes.append(text % {"first": date_format(first, "j F Y"), "full": date_format(full, "j F Y")})
    return notes
