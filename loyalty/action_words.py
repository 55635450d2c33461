"""What is said of actions: why they are advised, what they are worth, and what came of them."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.formatting import money_text, number_text, share_text
from loyalty.experiment_words import verdict_sentence
from loyalty.models import Action, Advice, Affinity
from loyalty.selectors.plans import smallest_share

REASONS = {
    "win_back": gettext_lazy(
        "They ordered at least twice, and have been silent for longer than is usual for them or are more likely gone "
        "than not."
    ),
    "second_order": gettext_lazy("One order, within the last 120 days: the second decides whether they stay."),
    "cross_sell": gettext_lazy("For each of them, what similar customers bought next is known and not bought yet."),
    "discount": gettext_lazy("At least half of their orders were at a discount: here, and not elsewhere, price tells."),
    "visit": gettext_lazy(
        "The largest by what they are expected to bring in 12 months: one in a hundred of the group, 20 at most."
    ),
}
TEXTS = {
    "win_back": gettext_lazy("A letter that says what is new since their last order, with a reason to come back."),
    "second_order": gettext_lazy("A message two weeks after the first order, with what goes well with it."),
    "cross_sell": gettext_lazy("A message that shows each customer the item that similar customers bought next."),
    "fewer_returns": gettext_lazy("Ask why these products came back; correct their pictures, sizes and descriptions."),
    "discount": gettext_lazy("A discount code for the next order, valid for four weeks."),
    "visit": gettext_lazy("A visit or a call by the person who looks after them."),
}
UNITS = {
    "fewer_returns": gettext_lazy("if one in a hundred of what they send back stays sold"),
    "visit": gettext_lazy("if they bring one per cent more in 12 months"),
}
YARDSTICK = gettext_lazy("if one in a hundred responds with one more order")


def money(value: Any) -> str:
    return money_text(Decimal(str(value)), settings.REPORTING_CURRENCY)


def kind_label(kind: str) -> str:
    return str(Action.Kind(kind).label)


def reason(kind: str, affinity: Affinity | None) -> str:
    """Why this action is advised, in a sentence."""
    if kind == "fewer_returns":
        return _returns_reason(affinity)
    if kind == "discount" or affinity is None or kind != "cross_sell":
        return str(REASONS[kind])
    top = affinity.content["top"]
    return f"{REASONS[kind]} {pair_sentence(top[0], affinity.content['within'])}" if top else str(REASONS[kind])


def _returns_reason(affinity: Affinity | None) -> str:
    found: dict[str, Any] = affinity.content["returns"] if affinity else {"items": [], "share": 0}
    names = ", ".join(item["name"] for item in found["items"][:3])
    count = len(found["items"])
    text = ngettext(
        "One product makes up %(share)s of the money sent back in 12 months: %(names)s. They sent it back.",
        "%(count)s products make up %(share)s of the money sent back in 12 months, first %(names)s. They sent some "
        "back.",
        count,
    )
    return text % {"count": count, "share": share_text(found["share"], 0), "names": names}


def pair_sentence(pair: Mapping[str, Any], within: int) -> str:
    """An item and its next item with the evidence."""
    return _(
        "%(followed)s of %(at_risk)s who bought %(name)s, and not %(next)s before, bought %(next)s within "
        "%(days)s days."
    ) % {
        "followed": number_text(pair["followed"]),
        "at_risk": number_text(pair["at_risk"]),
        "name": pair["name"],
        "next": pair["next_name"],
        "days": within,
    }


def worth_basis(kind: str, measured_by: str, interval: Sequence[str] | None = None) -> str:
    """What the expected worth rests on; `measured_by`: the name of the action whose read-out it comes from, or ""."""
    if measured_by and interval:
        ends = {"low": money(interval[0]), "high": money(interval[1])}
        return _("as measured, last in %(name)s (95 %%: %(low)s to %(high)s)") % {"name": measured_by, **ends}
    if measured_by:
        return _("as measured in %(name)s") % {"name": measured_by}
    return str(UNITS.get(kind, YARDSTICK))


def missing_sentences(advice: Advice | None) -> list[str]:
    """What can't be advised, and why."""
    if advice is None:
        return []
    found = []
    if not advice.content["has_discounts"]:
        found.append(_("The files say nothing of discounts, so nobody can be told to be sensitive to price."))
    if not advice.content["has_items"]:
        found.append(_("No item was bought by five customers or more, so nothing can be told of what they buy next."))
    return found


def state_sentence(action: Action, as_of: date | None, today: date) -> str:
    """Where an action stands, and what comes of it next."""
    if action.state == Action.State.CALLED_OFF:
        return _("Called off: nothing is read of it.")
    if action.state == Action.State.PREPARING:
        error = action.run.error if action.run else ""
        return error or _("The audience is being frozen and the control drawn.")
    if action.state == Action.State.READ_OUT:
        return read_out_sentence(action)
    day = f"{action.reads_out_on:%-d %B %Y}"
    if today >= action.reads_out_on and (as_of is None or as_of < action.reads_out_on):
        shown = f"{as_of:%-d %B %Y}" if as_of else "–"
        return _(
            "The read-out is due, but the results reach only to %(as_of)s: upload the purchases up to %(day)s."
        ) % {"as_of": shown, "day": day}
    return _("Read out on %(day)s, by itself.") % {"day": day}


def read_out_sentence(action: Action) -> str:
    content = action.read_out or {}
    if action.experiment is not None and "verdict" in content:
        return verdict_sentence(action.experiment, content)
    arm = content.get("arms", {}).get("treatment", {"people": 0, "buyers": 0, "revenue": "0"})
    return _(
        "%(buyers)s of %(people)s bought since, for %(revenue)s. Without a control nobody can say how much of it the "
        "action brought."
    ) % {
        "buyers": number_text(arm["buyers"]),
        "people": number_text(arm["people"]),
        "revenue": money(arm["revenue"]),
    }


def sight_sentence(action: Action) -> str:
    """The smallest effect that the read-out can show, "" where there is no control."""
    if action.experiment is None or not action.experiment.plan:
        return _("There is no control, so the read-out will count what they bought and can't tell an effect.")
    found = smallest_share(action.experiment.plan, action.experiment.control_share, action.experiment.weeks)
    if found is None:
        return ""
    return _("By then an effect of %(share)s of what the control brings would show in four cases of five.") % {
        "share": share_text(found, 0)
    }


def group_title(label: str) -> str:
    return str(capfirst(label))
