"""The groups of one snapshot with the figures that they lie between: what "recently" and "the top" meant there."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from core.formatting import days_text, number_text, share_text
from segmentation.models import Snapshot
from segmentation.wording import RFM_WORDS, TIER_WORDS, Words

Ranges = list[list[float] | None]


def tier_words(snapshot: Snapshot) -> dict[str, Words]:
    """The tiers, each with the share of customers that it holds in this snapshot."""
    shares = {entry["name"]: entry.get("wanted_share") for entry in snapshot.tiers}
    meanings = {
        "platinum": _("The top %(share)s by expected value over the next 12 months."),
        "gold": _("The next %(share)s by expected value."),
        "silver": _("Everybody else: %(share)s."),
    }
    return {
        name: replace(words, meaning=meanings[name] % {"share": _share(shares[name])}) if shares.get(name) else words
        for name, words in TIER_WORDS.items()
    }


def _share(text: str) -> str:
    share = float(text)
    return share_text(share, 0 if round(share * 100, 6).is_integer() else 1)


def rfm_words(snapshot: Snapshot) -> dict[str, Words]:
    """The six groups, each with its boundaries in orders and days; as they are for results from before."""
    found: Mapping[str, Ranges] = snapshot.quality.get("rfm_boundaries") or {}
    if not found:
        return RFM_WORDS
    return {name: replace(words, meaning=_with(words, found, name)) for name, words in RFM_WORDS.items()}


def _with(words: Words, found: Mapping[str, Ranges], name: str) -> str:
    """The rules of `analytics.groups.RFM_RULES` in figures; what nobody falls into is left out."""
    often, seldom = _least(found["f"], {4, 5}, _orders_or_more), _most(found["f"], {1, 2, 3}, _orders_at_most)
    # A high score for recency is a small number of days.
    parts = {
        "loyal": [often, _most(found["r"], {3, 4, 5}, _within)],
        "potential_loyal": [seldom, _most(found["r"], {4, 5}, _within), _middle(found)],
        "new": [seldom, _most(found["newness"], {5}, _first_within)],
        "at_risk": [often, _least(found["r"], {1, 2}, _for)],
        "dormant": [seldom, _away(found["r"][1:3])],
        "lost": [seldom, _least(found["r"], {1}, _for)],
    }
    here = ", ".join(part for part in parts[name] if part)
    return f"{words.meaning} {_('Here: %(figures)s.') % {'figures': here}}" if here else str(words.meaning)


def _middle(found: Mapping[str, Ranges]) -> str:
    """Who stands in the middle of both scores, beside those who bought lately; "" where nobody can."""
    recency, frequency = found["r"][2], found["f"][2]
    if recency is None or frequency is None:
        return ""
    low, high = (number_text(count) for count in frequency)
    orders = (
        _("one order") if high == "1" else _("%(count)s orders") % {"count": low if low == high else f"{low}–{high}"}
    )
    return _("or %(orders)s and the latest purchase at most %(days)s ago") % {
        "orders": orders,
        "days": days_text(recency[1]),
    }


def _away(ranges: Ranges) -> str:
    """From the shortest to the longest time away among these scores."""
    known = [each for each in ranges if each]
    if not known:
        return ""
    return _("the latest purchase %(least)s to %(most)s ago") % {
        "least": number_text(min(each[0] for each in known)),
        "most": days_text(max(each[1] for each in known)),
    }


def _least(ranges: Ranges, scores: set[int], words: Any) -> str:
    """The smallest figure of any of these scores."""
    known = [each[0] for score, each in enumerate(ranges, start=1) if each and score in scores]
    return str(words(min(known))) if known else ""


def _most(ranges: Ranges, scores: set[int], words: Any) -> str:
    """The largest figure of any of these scores."""
    known = [each[1] for score, each in enumerate(ranges, start=1) if each and score in scores]
    return str(words(max(known))) if known else ""


def _orders_or_more(count: float) -> str:
    return _("%(count)s orders or more") % {"count": number_text(count)}


def _orders_at_most(count: float) -> str:
    return _("one order") if count == 1 else _("at most %(count)s orders") % {"count": number_text(count)}


def _within(days: float) -> str:
    return _("the latest purchase at most %(days)s ago") % {"days": days_text(days)}


def _first_within(days: float) -> str:
    return _("the first purchase at most %(days)s ago") % {"days": days_text(days)}


def _for(days: float) -> str:
    return _("no purchase for %(days)s or longer") % {"days": days_text(days)}
