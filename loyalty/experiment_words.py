"""What is said of an experiment, for people who know customers and calendars."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.formatting import money_text, share_text
from loyalty import rules
from loyalty.models import Experiment
from loyalty.selectors.plans import Plan

FEWEST_CONTROL = 20


def money(value: float) -> str:
    return money_text(Decimal(str(round(value, 2))), settings.REPORTING_CURRENCY)


def signed_money(value: float) -> str:
    return f"{'+' if value > 0 else ''}{money(value)}"


def span(interval: Sequence[float] | None) -> str:
    if interval is None:
        return _("no interval yet")
    return _("%(low)s to %(high)s") % {"low": signed_money(interval[0]), "high": signed_money(interval[1])}


def plain_span(interval: Sequence[float] | None, digits: int = 2) -> str:
    if interval is None:
        return _("no interval yet")
    return _("%(low)s to %(high)s") % {"low": f"{interval[0]:+,.{digits}f}", "high": f"{interval[1]:+,.{digits}f}"}


def verdict_sentence(experiment: Experiment, content: Mapping[str, Any]) -> str:
    """One plain sentence, with what to do where something is to be done."""
    if experiment.kind == Experiment.Kind.IMPORTED:
        return imported_sentence(content)
    word = content.get("verdict", {}).get("word", "waiting")
    if word == "waiting":
        return _waiting(experiment)
    if word == "mismatch":
        return _(
            "Not to be trusted: the groups lost people unevenly since they were drawn, more than chance would do. Find "
            "out who is missing before reading any effect."
        )
    if word == "too_small":
        return _(
            "Nothing can be learned yet: the control group has %(people)s people, and at least 20 are needed. Let more "
            "reviews admit people, or start again with a larger share."
        ) % {"people": content["arms"]["control"]["people"]}
    return _of_effect(experiment, content, word)


def _waiting(experiment: Experiment) -> str:
    if experiment.state == Experiment.State.DRAFT:
        return _("The groups are being drawn.")
    if experiment.kind == Experiment.Kind.PROGRAMME_CONTROL:
        if experiment.assignments.exists():
            return _(
                "Nothing to read yet: the groups are drawn, and results of a later day will show what they bought."
            )
        return _(
            "Nothing to read yet: the next review that admits people draws the groups, and later results show them."
        )
    return _("Nothing to read yet: results of a later day will show what the groups bought.")


def _of_effect(experiment: Experiment, content: Mapping[str, Any], word: str) -> str:
    effect = content["revenue"]
    facts = {
        "effect": money(abs(effect["value"])),
        "interval": span(effect["interval"]),
        "wanted": money(content["verdict"]["wanted"]),
        "uplift": share_text(experiment.uplift, 0),
    }
    if word == "better":
        return (
            _("It works: treated customers brought %(effect)s more each than the control (95 %%: %(interval)s).")
            % facts
        )
    if word == "worse":
        return (
            _("It harms: treated customers brought %(effect)s less each than the control (95 %%: %(interval)s).")
            % facts
        )
    if word == "small":
        return (
            _("Not worth it: whatever the effect is (95 %%: %(interval)s), it is below the %(wanted)s each asked for.")
            % facts
        )
    return _not_yet(content["verdict"]["more_weeks"], facts, experiment)


def _not_yet(weeks: int | None, facts: dict[str, str], experiment: Experiment) -> str:
    if experiment.state == Experiment.State.ENDED:
        return _("Not known: it ended with an interval of %(interval)s, which holds both good and bad.") % facts
    if weeks is None:
        return (
            _(
                "Not yet known (95 %%: %(interval)s per person), and at this size two years would not show an effect "
                "of %(uplift)s: keep a larger control, test a larger group, or ask for a larger effect only."
            )
            % facts
        )
    more = ngettext("%(weeks)s more week", "%(weeks)s more weeks", weeks) % {"weeks": weeks}
    return _("Not yet known: %(more)s at this size (95 %%: %(interval)s).") % {**facts, "more": more}


def imported_sentence(content: Mapping[str, Any]) -> str:
    if not content:
        return _("The table is being read.")
    ratio = content["sample_ratio"]
    if ratio["is_mismatch"]:
        return _(
            "Careful: the groups have %(sizes)s people, which chance seldom does (p = %(p)s). Something sorted them: "
            "the differences below may not be effects."
        ) % {"sizes": _(" and ").join(f"{arm['people']:,}" for arm in content["arms"]), "p": p_text(ratio["p_value"])}
    shown = [each for each in content["outcomes"] if each["p_adjusted"] < 0.05]
    if not shown:
        return _("No difference is shown between the groups.")
    parts = [f"{each['name']} {'+' if each['value'] > 0 else '−'}" for each in shown]
    return _("Shown to differ: %(names)s.") % {"names": ", ".join(parts)}


def p_text(value: float) -> str:
    if value < 0.0001:
        return _("below 0.0001")
    return f"{value:.4f}" if value < 0.01 else f"{value:.3f}"


def plan_sentences(found: Plan, asked: Mapping[str, Any]) -> list[str]:
    """What the plan means, from the number of people to the weeks."""
    facts = {
        "people": f"{found.people:,}",
        "control": f"{found.control:,}",
        "weeks": asked["weeks"],
        "later": f"{found.later:,}",
        "mean": money(found.mean),
        "smallest": money(found.smallest),
        "share": share_text(found.smallest_share),
        "once": share_text(found.smallest_once),
        "uplift": share_text(asked["uplift"], 0),
        "power": share_text(found.power, 0),
        "explained": share_text(found.explained, 0),
    }
    said = [
        _("Of %(people)s customers %(control)s would be kept as control; each brings about %(mean)s in that time.")
        % facts,
        _(
            "The smallest effect that shows with a chance of 80 %% is %(smallest)s per person, %(share)s of what the "
            "control brings. (Looked at once only, on the last day, it would be %(once)s.)"
        )
        % facts,
        _("An effect of %(uplift)s would show with a chance of %(power)s.") % facts,
    ]
    if found.control < FEWEST_CONTROL:
        said.insert(1, _("A control needs at least 20 people: keep a larger share, or wait until there are more."))
    if asked["about"] == "programme":
        text = _(
            "Drawn are those who would join, %(later)s of them later at the pace of past reviews and watched for half "
            "of the time on average; members stay members."
        )
        said.insert(1, text % facts)
    if found.is_of_eligible:
        said.append(
            _(
                "Hardly anybody would join now, so what members bring stands for those who join later: newcomers bring "
                "less, and it varies less."
            )
        )
    return [
        *said,
        _needed(found, facts),
        _("The year before tells %(explained)s of the spread; that part is taken out.") % facts,
    ]


def _needed(found: Plan, facts: dict[str, Any]) -> str:
    people = f"{found.people_needed:,}" if found.people_needed else "–"
    if found.weeks_needed is None:
        return _(
            "At this size it would not show within two years: it needs %(needed)s people in %(weeks)s weeks, a more "
            "even split, or a larger effect."
        ) % {**facts, "needed": people}
    return _("It needs %(more)s weeks at this size, or %(needed)s people in %(weeks)s weeks.") % {
        **facts,
        "more": found.weeks_needed,
        "needed": people,
    }


def naive_sentence(naive: Mapping[str, float]) -> str:
    return _(
        "Members brought %(members)s each in the last 12 months, everybody else %(rest)s: %(difference)s between them. "
        "Members were chosen for what they had bought, so this shows the choice and would stand without any programme."
    ) % {name: money(value) for name, value in naive.items()}


def threshold_words(found: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The jump at the entry threshold in sentences, with the caveats that belong to it."""
    if found is None:
        return None
    about = {name: f"{date.fromisoformat(found[name]):%-d %B %Y}" for name in ("from", "until")}
    if "error" in found:
        return {"sentence": _no_jump(found), "caveats": [], **about}
    condition = rules.describe(found["condition"])
    sentence = _(
        "Since the review of %(from)s, customers who just met “%(condition)s” brought %(value)s per person beside "
        "those who just missed it (95 %%: %(interval)s; %(above)s people above and %(below)s below)."
    ) % {
        **about,
        "condition": condition,
        "value": signed_money(found["value"]),
        "interval": span(found["interval"]),
        "above": f"{found['above']:,}",
        "below": f"{found['below']:,}",
    }
    return {"sentence": sentence, "caveats": _caveats(found), **about}


def _caveats(found: Mapping[str, Any]) -> list[str]:
    said = [
        _("It speaks of customers at the threshold only, not of those far above it, who bring most."),
        _("It holds only if nothing else changes at the same threshold, such as another offer."),
        _("It is weaker than a control group drawn by chance: plan one to be sure."),
    ]
    if found.get("missed_joined"):
        text = _(
            "%(share)s of those who just missed it joined all the same, at a later review or because a person pinned "
            "them in: the difference is drawn towards nothing by as much."
        )
        said.insert(0, text % {"share": share_text(found["missed_joined"])})
    if found.get("met_stayed_out"):
        text = _(
            "%(share)s of those who just met it did not join then, because the cap left no place or a person pinned "
            "them out: that draws the difference towards nothing, too."
        )
        said.insert(0, text % {"share": share_text(found["met_stayed_out"])})
    if found["is_sorted"]:
        said.insert(
            0,
            _("Careful: many more people stand on one side than on the other, as if they had been moved across."),
        )
    return said


def _no_jump(found: Mapping[str, Any]) -> str:
    if found["error"] == "few_values":
        return _("The entry conditions count in steps too coarse to compare just above with just below.")
    if found["error"] == "few_people":
        return _(
            "Too few customers stand near the entry threshold (%(below)s below, %(above)s above, 50 needed each)."
        ) % {"below": found["below"], "above": found["above"]}
    if found["error"] == "no_spread":
        return _("Customers near the entry threshold all brought the same since: there is nothing to compare.")
    return _("No entry condition is a number with a threshold.")
