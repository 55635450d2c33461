"""What is said of an experiment, for people who know customers and calendars."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.formatting import money_text, share_text
from loyalty.models import Experiment


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
                "Not yet known, and at this size two years would not show an effect of %(uplift)s: keep a larger "
                "control, test a larger group, or ask for a larger effect only."
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
