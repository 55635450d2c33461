"""Groups and figures in a marketer's words: what they are called, what they mean, and what to do about them."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from segmentation.lab_wording import ALGORITHM_WORDS, FEATURE_LABELS, SPACE_WORDS

Text = str | Promise


@dataclass(frozen=True)
class Words:
    """A group for people: its name, who is in it, and a next step."""

    label: Text
    meaning: Text
    advice: Text
    tone: str = "neutral"


RFM_WORDS: dict[str, Words] = {
    "loyal": Words(
        _("Loyal"),
        _("Buy often, and have bought recently enough."),
        _("Thank them and ask for referrals; discounts are wasted here."),
        "good",
    ),
    "potential_loyal": Words(
        _("Potential loyal"),
        _("Bought recently, but not often yet."),
        _("Offer a reason for the next order while the last one is fresh."),
        "info",
    ),
    "new": Words(
        _("New"),
        _("Among the newest fifth by first purchase, and have not bought often yet."),
        _("Welcome them, and show what goes with what they bought."),
        "accent",
    ),
    "at_risk": Words(
        _("At risk"),
        _("Used to buy often, but have been away."),
        _("Win them back first: write personally, and ask what was missing."),
        "warning",
    ),
    "dormant": Words(
        _("Dormant"),
        _("Never bought often, and have been away for a while."),
        _("Remind them at low cost, in season."),
    ),
    "lost": Words(
        _("Lost"),
        _("Never bought often, and have been away longest."),
        _("Spend nothing on them but a last, cheap message."),
    ),
}

TIER_WORDS: dict[str, Words] = {
    "platinum": Words(
        _("Platinum"),
        _("The top 10 % by expected value over the next 12 months."),
        _("Give them a person to talk to, and early access."),
        "special",
    ),
    "gold": Words(
        _("Gold"),
        _("The next 20 % by expected value."),
        _("Show them what platinum customers get, and how near they are."),
        "warning",
    ),
    "silver": Words(
        _("Silver"),
        _("Everybody else."),
        _("Serve them well by automation; watch for risers."),
    ),
}

REASON_WORDS: dict[str, Text] = {
    "": "",
    "one_time_buyer": _(
        "Bought on one day only: the model can't tell yet whether this customer has left, and counts them as alive."
    ),
    "lost_to_naive": _(
        "The purchase model predicted the past worse than a simple rate, so the value rests on the rate alone."
    ),
    "not_determined": _("The data do not pin the value model down, so there is no interval."),
    "too_uncertain": _(
        "A range would be too wide to say anything: a few customers spend or buy far more than all others, so what the "
        "others may come to is all but open."
    ),
    "penalised": _("The value model had to be steadied, so values are less certain than usual."),
    "earlier_model": _(
        "No model could be fitted to the present purchases, so the value rests on the model of earlier results."
    ),
    "no_plausible_fit": _("No plausible value model was found, so values rest on simple averages."),
    "too_few_customers": _(
        "There are too few customers for a value model, so values rest on simple averages: it takes 20 customers, 10 "
        "of whom bought on a second day."
    ),
    "no_repeat_buyers": _(
        "Nobody has bought twice yet, so values rest on simple averages: a model comes once 10 have bought on "
        "a second day."
    ),
    "no_time_observed": _(
        "Nobody has been observed for long enough, so values rest on simple averages: a model comes with purchases of "
        "later days."
    ),
    "value_depends_on_frequency": _(
        "Frequent buyers spend differently per purchase here, so each customer's own average was used."
    ),
}

MODEL_NAMES: dict[str, Text] = {
    "bg_nbd": _("BG/NBD model"),
    "mbg_nbd": _("MBG/NBD model"),
    "pareto_nbd": _("Pareto/NBD model"),
    "gamma_gamma": _("Gamma-Gamma model"),
    "naive": _("Simple rate"),
}

# As results name them; those that the lab offers are called as there.
ALGORITHM_NAMES: dict[str, Text] = {name: way.label for name, way in ALGORITHM_WORDS.items()} | {
    "single": _("One segment")
}
SPACE_NAMES: dict[str, Text] = {name: way.label for name, way in SPACE_WORDS.items()} | {
    "scaled_features": SPACE_WORDS["scaled"].label  # as results from before say it
}


def value_reason_text(code: str) -> Text:
    """Why a customer's value is missing or wide, as a sentence; "" when it is neither."""
    return REASON_WORDS.get(code, _("The value is less certain than usual."))


@dataclass(frozen=True)
class Feature:
    """A figure of a profile: its label, and how its values read (money, number, days or share)."""

    name: str
    label: Text
    kind: str


PROFILE: tuple[Feature, ...] = (
    Feature("days_since_last_purchase", FEATURE_LABELS["days_since_last_purchase"], "days"),
    Feature("order_count", FEATURE_LABELS["order_count"], "number"),
    Feature("revenue", FEATURE_LABELS["revenue"], "money"),
    Feature("average_order_value", FEATURE_LABELS["average_order_value"], "money"),
    Feature("monetary_value", FEATURE_LABELS["monetary_value"], "money"),
    Feature("distinct_items", FEATURE_LABELS["distinct_items"], "number"),
    Feature("return_rate", FEATURE_LABELS["return_rate"], "share"),
    Feature("p_alive", FEATURE_LABELS["p_alive"], "share"),
    Feature("expected_purchases", _("Expected purchases within the horizon"), "number"),
    Feature("clv_12m", FEATURE_LABELS["clv_12m"], "money"),
)

Profile = dict[str, Any]


def comparison(own: float | None, base: float | None) -> Text:
    """How a median stands to everybody's, in words."""
    if own is None or base is None:
        return ""
    if base == 0:
        return _("about the same") if own == 0 else _("higher")
    ratio = own / base
    if 0.9 <= ratio <= 1.1:
        return _("about the same")
    if ratio >= 1.95:
        return _("%(times)s times as much") % {"times": f"{ratio:.1f}".removesuffix(".0")}
    if ratio > 1:
        return _("%(percent)s %% more") % {"percent": f"{(ratio - 1) * 100:.0f}"}
    return _("%(percent)s %% less") % {"percent": f"{(1 - ratio) * 100:.0f}"}


def segment_advice(profile: Profile, base: Profile) -> Text:
    """What to do next, by rule from how the segment's medians stand to everybody's."""
    is_quiet = _above(profile, base, "days_since_last_purchase", 1.5)
    is_big = _above(profile, base, "revenue", 1.5)
    if (profile.get("order_count") or 0) <= 1:
        if is_quiet:
            return _("Send one cheap reminder in season; do not spend more on them.")
        return _("Bring about the second order: a welcome series, with something that goes with the first.")
    if is_quiet:
        return _("Win them back: ask what was missing, and offer a reason to return now.")
    if is_big:
        return _("Keep them: early access and a personal contact rather than discounts.")
    return _("Raise the number of orders: bundles, well-timed reminders, free delivery from an amount.")


def _above(profile: Profile, base: Profile, name: str, factor: float) -> bool:
    own, other = profile.get(name), base.get(name)
    return own is not None and other is not None and own > other * factor
