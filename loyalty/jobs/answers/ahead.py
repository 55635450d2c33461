"""Question 5: the revenue expected in the next months, and how earlier forecasts did."""

from datetime import date
from typing import Any

from loyalty.jobs.answers.expecting import EVERYBODY, Forecast, as_kept
from loyalty.jobs.answers.material import (
    HIGH,
    LEVEL,
    LOW,
    MEDIUM,
    Answer,
    Material,
    Picture,
    answered,
    chart,
    currency,
    day,
    money,
    percent,
    table,
)
from loyalty.jobs.answers.money import GROUP_NAMES
from loyalty.jobs.answers.who import EVERY_CUSTOMER
from segmentation.wording import MODEL_NAMES

SMALL_ERROR, LARGE_ERROR = 0.10, 0.25
Records = list[dict[str, Any]]


def expected(material: Material, forecast: Forecast, past: Records) -> Answer:
    kept = as_kept(forecast)
    mine = kept["members"]
    grade, reason = _confidence(material, past)
    return answered(
        "What revenue do they bring in the next 12 months?",
        _sentence(material, mine, past),
        mine["value"],
        interval=mine["interval"],
        basis=_basis(material, forecast),
        evidence=[
            ("How the models did on the past", "/models/"),
            ("Earlier reports", "/report/history/"),
            EVERY_CUSTOMER,
        ],
        grade=grade,
        reason=reason,
        change=(
            "New purchases and a new fit; a season that the models do not know; actions that make members buy more "
            "often than they used to."
        ),
        details=_details(kept, past),
        charts=[_months_chart(kept), _groups_chart(kept), *_past_charts(past)],
        tables=[_groups_table(kept), _past_table(past)],
        by_month=mine["by_month"],
        returned_share=mine["returned_share"],
        groups=kept,
        past=past,
    )


def _sentence(material: Material, mine: dict[str, Any], past: Records) -> str:
    if not material.members:
        return f"{money(0)} is expected of members in the next 12 months, because there are none yet."
    low, high = (money(float(end)) for end in mine["interval"])
    return (
        f"Members are expected to bring {money(float(mine['value']))} in the next 12 months, and 95 % of the simulated "
        f"futures lie between {low} and {high}, if the model is right{_so_far(past)}."
    )


def _so_far(past: Records) -> str:
    """What the record says of that "if", where an earlier forecast missed by more than a little."""
    worst = _worst(past)
    if worst is None or abs(worst) <= SMALL_ERROR:
        return ""
    return f"; an earlier forecast of all customers missed by {worst * 100:+.1f} %"


def _worst(past: Records) -> float | None:
    errors = [record["groups"][EVERYBODY]["error"] for record in past]
    return max((error for error in errors if error is not None), key=abs, default=None)


def _basis(material: Material, forecast: Forecast) -> str:
    first, last = forecast.groups[EVERYBODY].customers, forecast.ends[-1]
    doubt = (
        "people's scatter around their expectation; a simple rate has no doubt about its parameters to draw from"
        if forecast.is_certain_of_parameters
        else "the doubt about the models' parameters (drawn from the covariance of their fits) and people's scatter "
        "around their expectation (simulated person by person)"
    )
    return (
        f"Estimated with {_model(material)} of results {material.snapshot.pk} for the {first:,} customers with a "
        f"purchase up to {day(material.as_of)}, {material.members:,} of them members by {material.rules_text()}; from "
        f"the day after that to {day(last)}, less the share that each group sent back so far "
        f"({percent(forecast.returned['members'])} of members' purchases), not discounted; nobody who may still come "
        f"is in it. The interval holds {doubt}, but no change of the market."
    )


def _model(material: Material) -> str:
    champion = material.snapshot.fits.get("champion")
    if champion == "naive":
        return "a simple model, the purchase rates that were seen,"
    return f"the {MODEL_NAMES[champion]} and the {MODEL_NAMES['gamma_gamma']}"


def _confidence(material: Material, past: Records) -> tuple[str, str]:
    """A grade from what earlier forecasts of the same kind said of the time that has gone by."""
    worst = _worst(past)
    if worst is None:
        return _by_holdout(material)
    how = "made as if back then" if past[0]["kind"] == "backtest" else "in earlier reports"
    scored = sum(record["groups"][EVERYBODY]["error"] is not None for record in past)
    number = "the forecast" if scored == 1 else f"the worst of {scored} forecasts"
    return _grade(worst), (
        f"{number} {how} missed what all customers brought by {worst * 100:+.1f} %, an error of a kind that the "
        "interval does not contain."
    )


def _by_holdout(material: Material) -> tuple[str, str]:
    holdout: dict[str, Any] | None = material.snapshot.holdout
    score = (holdout or {}).get(material.snapshot.fits.get("champion"))
    if holdout is None or score is None or not score["actual_total"]:
        return LOW, f"the model could not be checked on the past. {material.snapshot.holdout_reason}".strip()
    error = score["total"] / score["actual_total"] - 1
    return _grade(error), (
        f"asked about the latest {holdout['days']} days without knowing them, the model expected "
        f"{score['total']:,.0f} repeat purchases and {score['actual_total']:,.0f} came ({error * 100:+.1f} %). The "
        "interval does not contain this kind of error."
    )


def _grade(error: float) -> str:
    return HIGH if abs(error) <= SMALL_ERROR else MEDIUM if abs(error) <= LARGE_ERROR else LOW


def _details(kept: dict[str, Any], past: Records) -> list[str]:
    found = [
        f"{GROUP_NAMES[name]}: {money(float(kept[name]['value']))} expected, between "
        f"{money(float(kept[name]['interval'][0]))} and {money(float(kept[name]['interval'][1]))}."
        for name in ("candidates", "rest", EVERYBODY)
        if kept[name]["customers"]
    ]
    return [*found, *map(_past_sentence, past[:1])]


def _past_sentence(record: dict[str, Any]) -> str:
    group = record["groups"][EVERYBODY]
    made = day(date.fromisoformat(record["made_on"]))
    how = f"A forecast made as if on {made}" if record["kind"] == "backtest" else f"The forecast of {made}"
    return (
        f"{how} expected {money(float(group['expected']))} of all customers by "
        f"{day(date.fromisoformat(record['to']))}; {money(float(group['came']))} came in, "
        f"{'inside' if group['is_inside'] else 'outside'} its interval."
    )


def _months_chart(kept: dict[str, Any]) -> Picture:
    months = kept["members"]["by_month"]
    return chart(
        "Expected revenue of members by month",
        [month["to"] for month in months],
        [("Expected", [float(month["revenue"]) for month in months])],
        kind="line",
        unit=currency(),
        x_label="Month up to",
        band=(
            "95 % interval",
            [float(month["interval"][0]) for month in months],
            [float(month["interval"][1]) for month in months],
        ),
    )


def _groups_chart(kept: dict[str, Any]) -> Picture:
    names = [name for name in ("members", "candidates", "rest") if kept[name]["customers"]]
    return chart(
        "Expected revenue of each group by month",
        [month["to"] for month in kept[EVERYBODY]["by_month"]],
        [(GROUP_NAMES[name], [float(month["revenue"]) for month in kept[name]["by_month"]]) for name in names],
        kind="line",
        unit=currency(),
        x_label="Month up to",
    )


def _groups_table(kept: dict[str, Any]) -> Picture:
    rows = [
        [
            GROUP_NAMES[name],
            f"{group['customers']:,}",
            money(float(group["value"])),
            _span(group),
        ]
        for name, group in kept.items()
        if group["customers"]
    ]
    columns = ["Group", "Customers", "Expected in 12 months", "95 % interval"]
    return table("Expected revenue by group", columns, rows)


def _span(group: dict[str, Any]) -> str:
    low, high = (float(end) for end in group["interval"])
    return f"{low:,.2f} – {money(high)}"


def _past_charts(past: Records) -> list[Picture]:
    """The newest forecast that has a past, month by month."""
    if not past:
        return []
    months = past[0]["groups"][EVERYBODY]["by_month"]
    made = day(date.fromisoformat(past[0]["made_on"]))
    return [
        chart(
            f"What the forecast of {made} said of all customers, and what came in",
            [month["to"] for month in months],
            [
                ("Expected", [float(month["expected"]) for month in months]),
                ("Came in", [float(month["came"]) for month in months]),
            ],
            kind="line",
            unit=currency(),
            x_label="Month up to",
            band=(
                f"{LEVEL:.0%} interval".replace("%", " %"),
                [float(month["interval"][0]) for month in months],
                [float(month["interval"][1]) for month in months],
            ),
        )
    ]


def _past_table(past: Records) -> Picture:
    rows = [_past_row(record, name, group) for record in past for name, group in record["groups"].items()]
    columns = ["Forecast", "Group", "Up to", "Expected", "95 % interval", "Came in", "Error", "Inside"]
    is_backtest = bool(past) and past[0]["kind"] == "backtest"
    caption = "A forecast made as if back then, and what came in" if is_backtest else "Past forecasts, and what came in"
    return table(caption, columns, rows)


def _past_row(record: dict[str, Any], name: str, group: dict[str, Any]) -> list[str]:
    label = GROUP_NAMES[name]
    if record["kind"] == "backtest" and name == "members":
        label = "Met the entry rules then"
    made = day(date.fromisoformat(record["made_on"]))
    return [
        made if record["kind"] == "backtest" else f"{made} (report {record['report']})",
        label,
        day(date.fromisoformat(record["to"])),
        money(float(group["expected"])),
        _span(group),
        money(float(group["came"])),
        "–" if group["error"] is None else f"{group['error'] * 100:+.1f} %",
        "yes" if group["is_inside"] else "no",
    ]
