"""Question 9: what marketing can do, for whom, and what it is worth: what the page of actions advises first."""

from typing import Any

from loyalty.action_words import kind_label, reason, worth_basis
from loyalty.jobs.answers.material import (
    MEDIUM,
    Answer,
    Material,
    Picture,
    chart,
    counted,
    currency,
    money,
    people,
    table,
)
from loyalty.models import Action
from loyalty.populations import label, segment_names
from loyalty.selectors.actions import foremost


def actions(material: Material) -> Answer:
    found = _advised(material)
    return counted(
        material,
        "What can marketing do to raise revenue?",
        found[0]["sentence"]
        if found
        else "0 groups stand out that an action could address: bring more customers first.",
        found,
        details=[action["sentence"] for action in found[1:]],
        basis=(
            "of each kind of action the two groups for which it is worth most, as the page of actions has them; worth "
            "is what one in a hundred of the audience brings by these customers' own figures, or what an action of the "
            "kind was measured to bring"
        ),
        charts=[_worth_chart(found)],
        tables=[_actions_table(found)],
        evidence=[("Actions", "/insiders/actions/"), ("Customers", "/customers/"), ("The list", "/insiders/")],
        change="A test of the action with a control group: it tells how many respond beyond those who would anyway.",
        reason="audiences and their figures are counted; that one in a hundred responds is a yardstick, no forecast.",
        grade=MEDIUM,
    )


def _advised(material: Material) -> list[dict[str, Any]]:
    rows, names = foremost(material.advice), segment_names(material.snapshot)
    measured = dict(Action.objects.filter(pk__in={row["measured_by"] for row in rows}).values_list("pk", "name"))
    found = []
    for row in rows:
        group, interval = label(row["group"], names), row.get("interval")
        basis = worth_basis(row["kind"], measured.get(row["measured_by"], ""), interval)
        audience, worth = people(row["audience"]), money(float(row["worth"]))
        found.append(
            {
                "action": row["kind"],
                "name": kind_label(row["kind"]),
                "group": row["group"],
                "group_name": group,
                "audience": row["audience"],
                "expected_worth": row["worth"],
                "expected_worth_basis": basis,
                "interval": interval,
                "measured_by": row["measured_by"],
                "reason": reason(row["kind"], material.affinity),
                "sentence": f"{kind_label(row['kind'])} ({group}): {audience}, worth {worth} {basis}.",
            }
        )
    return found


def _worth_chart(found: list[dict[str, Any]]) -> Picture:
    return chart(
        "Expected worth",
        [f"{action['name']}: {action['group_name']}" for action in found],
        [("Worth", [float(action["expected_worth"]) for action in found])],
        unit=currency(),
        x_label="Action",
    )


def _actions_table(found: list[dict[str, Any]]) -> Picture:
    columns = ["Action", "For whom", "Why", "Audience, customers", "Expected worth", "Basis"]
    rows = [
        [
            action["name"],
            action["group_name"],
            action["reason"],
            f"{action['audience']:,}",
            money(float(action["expected_worth"])),
            action["expected_worth_basis"],
        ]
        for action in found
    ]
    return table("Actions", columns, rows)
