"""Question 9: what marketing can do, for whom, and what it is worth by these customers' own figures."""

from typing import Any

import numpy as np

from loyalty.jobs.answers.material import (
    MEDIUM,
    Answer,
    Mask,
    Material,
    Picture,
    chart,
    counted,
    currency,
    decimal,
    money,
    people,
    table,
)

RECENT_DAYS = 120
RETURNS_FROM = 0.2
DOUBTFUL = 0.5
ACTION_NAMES = {
    "win_back": "Win back",
    "second_order": "Second order",
    "invite_near_members": "Invite near members",
    "keep_members": "Keep members",
    "cross_sell": "Cross-sell",
    "fewer_returns": "Fewer returns",
}


def actions(material: Material) -> Answer:
    found = [action for make in MAKERS if (action := make(material)) is not None]
    found.sort(key=lambda action: -float(action["expected_worth"]))
    return counted(
        material,
        "What can marketing do to raise revenue?",
        found[0]["sentence"]
        if found
        else "0 groups stand out that an action could address: bring more customers first.",
        found,
        details=[action["sentence"] for action in found[1:]],
        basis=(
            "what one in a hundred of each audience is worth, by these customers' own average order or revenue; how "
            "many will respond is not known before a test"
        ),
        charts=[_worth_chart(found)],
        tables=[_actions_table(found)],
        evidence=[("Actions", "/insiders/actions/"), ("Customers", "/customers/"), ("The list", "/insiders/")],
        change="A test of the action with a control group: it tells how many respond beyond those who would anyway.",
        reason="audiences and their figures are counted; that one in a hundred responds is a yardstick, no forecast.",
        grade=MEDIUM,
    )


def _worth_chart(found: list[dict[str, Any]]) -> Picture:
    return chart(
        "Worth if one in a hundred responds",
        [ACTION_NAMES[action["action"]] for action in found],
        [("Worth", [float(action["expected_worth"]) for action in found])],
        unit=currency(),
        x_label="Action",
    )


def _actions_table(found: list[dict[str, Any]]) -> Picture:
    rows = [
        [
            ACTION_NAMES[action["action"]],
            action["reason"],
            f"{action['audience']:,}",
            money(float(action["expected_worth"])),
        ]
        for action in found
    ]
    return table("Actions", ["Action", "Why", "Audience, customers", "Worth if one in a hundred responds"], rows)


def _action(material: Material, audience: Mask, *, name: str, worth: Any, reason: str, sentence: str) -> Any:
    """One action; `worth` (n,) is what one customer brings who responds. None without an audience."""
    size = int(audience.sum())
    if not size:
        return None
    value = float(np.asarray(worth, dtype=float)[audience].sum()) / 100
    return {
        "action": name,
        "audience": size,
        "expected_worth": decimal(max(value, 0.0)),
        "expected_worth_basis": "if one in a hundred responds",
        "reason": reason,
        "sentence": sentence % {"audience": people(size), "worth": money(max(value, 0.0))},
    }


def _order(material: Material) -> Any:
    return np.nan_to_num(material.table["average_order_value"].astype(float))


def win_back(material: Material) -> Any:
    group = np.asarray(material.table["rfm_group"]).astype(str)
    audience = np.isin(group, ["at_risk", "dormant"]) & (material.table["order_count"] >= 2)
    return _action(
        material,
        audience,
        name="win_back",
        worth=_order(material),
        reason="They ordered at least twice and have been silent for longer than is usual for them.",
        sentence="Win back %(audience)s who ordered at least twice and fell silent: each one in a hundred who orders "
        "once more brings %(worth)s.",
    )


def second_order(material: Material) -> Any:
    audience = (material.table["order_count"] == 1) & (material.table["days_since_last_purchase"] <= RECENT_DAYS)
    return _action(
        material,
        audience,
        name="second_order",
        worth=_order(material),
        reason=f"One order, within the last {RECENT_DAYS} days: the second order decides whether they stay.",
        sentence="Ask %(audience)s with one recent order for a second one: each one in a hundred brings %(worth)s.",
    )


def near_members(material: Material) -> Any:
    return _action(
        material,
        material.is_near,
        name="invite_near_members",
        worth=_order(material),
        reason="They meet the stay conditions but not yet the entry conditions: one more order may be enough.",
        sentence="Tell %(audience)s how close they are to the programme: each one in a hundred who orders once more "
        "brings %(worth)s.",
    )


def keep_members(material: Material) -> Any:
    alive = material.table["p_alive"].astype(float)
    return _action(
        material,
        material.is_member & (alive < DOUBTFUL),
        name="keep_members",
        worth=material.table["revenue_12m"],
        reason="Members more likely gone than not, as the purchase model estimates from their rhythm.",
        sentence="Call %(audience)s among the members who are more likely gone than not: each one in a hundred who "
        "stays as good a customer keeps %(worth)s a year.",
    )


def cross_sell(material: Material) -> Any:
    items, inside = material.table["distinct_items"].astype(float), material.is_member
    if not inside.any() or not np.median(items[inside]):
        return None
    lower = float(np.quantile(items[inside], 0.25))
    return _action(
        material,
        inside & (items <= lower),
        name="cross_sell",
        worth=_order(material),
        reason=f"The quarter of the members with the narrowest choice: at most {lower:,.0f} different items.",
        sentence="Show %(audience)s among the members, who know little of the range, what similar customers buy: each "
        "one in a hundred who orders once more brings %(worth)s.",
    )


def fewer_returns(material: Material) -> Any:
    return _action(
        material,
        material.table["return_rate"].astype(float) >= RETURNS_FROM,
        name="fewer_returns",
        worth=material.table["returned_value"],
        reason="They send back at least a fifth of what they buy.",
        sentence="Find out why %(audience)s return a fifth or more of what they buy: each hundredth of it that stays "
        "sold is worth %(worth)s.",
    )


MAKERS = (win_back, second_order, near_members, keep_members, cross_sell, fewer_returns)
