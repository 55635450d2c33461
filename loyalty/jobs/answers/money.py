"""Questions 4 and 5: the members' share of revenue, and what they are expected to bring."""

from datetime import date
from decimal import Decimal
from typing import Any

from loyalty import scores
from loyalty.jobs.answers.expecting import Forecast
from loyalty.jobs.answers.material import LEVEL, Answer, Material, counted, day, decimal, links, money, percent
from segmentation.wording import MODEL_NAMES

SMALL_ERROR, LARGE_ERROR = 0.10, 0.25


def share_of_revenue(material: Material) -> Answer:
    keys = material.table["customer_key"][material.is_member].tolist()
    revenue = scores.money_of(material.snapshot, keys, "revenue")
    everything, identified = material.total("revenue"), material.total("identified_revenue")
    share, of_identified = _share(revenue, everything), _share(revenue, identified)
    guests = material.total("guest_revenue")
    aside = f", of which {money(guests)} by guests" if guests else ""
    text = (
        f"Members brought {money(revenue)} of {money(everything)}, which is {percent(share)} of the revenue of all "
        f"accepted lines{aside}; of what identified customers brought it is {percent(of_identified)}."
        if everything > 0
        else "No revenue was accepted up to this day, so there is no share to tell."
    )
    return counted(
        "What is their share of revenue?",
        text,
        share,
        basis=(
            f"net revenue (returns taken off) of all accepted lines up to {day(material.as_of)}, guests included; the "
            "share of identified customers' revenue stands beside it"
        ),
        evidence=[("Members by revenue", "/insiders/"), ("Uploads", "/uploads/")],
        change="Other members, returns, or lines that are imported or taken back.",
        share_of_identified=of_identified,
        revenue=decimal(revenue),
        total_revenue=decimal(everything),
        identified_revenue=decimal(identified),
    )


def _share(part: Decimal, whole: Decimal) -> float:
    return round(float(part / whole), 9) if whole > 0 else 0.0


def expected(material: Material, forecast: Forecast) -> Answer:
    first, last = forecast.months[0]["from"], forecast.months[-1]["to"]
    text = (
        f"Members are expected to bring {money(forecast.total)} in the next 12 months; 95 % of the simulated "
        f"futures lie between {money(forecast.low)} and {money(forecast.high)}, if the model is right."
        if material.members
        else "There are no members yet, so nothing is expected of them."
    )
    return {
        "question": "What revenue do they bring in the next 12 months?",
        "answer": text,
        "value": decimal(forecast.total),
        "interval": [decimal(forecast.low), decimal(forecast.high)],
        "level": LEVEL,
        "basis": (
            f"Estimated from {_model(material)} of results {material.snapshot.pk} for the {material.members:,} "
            f"members, {day(date.fromisoformat(first))} to {day(date.fromisoformat(last))}, less the share that "
            f"members returned so far ({percent(forecast.returned_share)}), not discounted; nobody who may still join "
            "is in it. "
            f"{forecast.included}"
        ),
        "evidence": links([("How the models did on the past", "/models/")]),
        "confidence": _confidence(material),
        "what_would_change_it": (
            "New purchases and a new fit; a season that the models do not know; actions that make members buy more "
            "often than they used to."
        ),
        "by_month": forecast.months,
        "returned_share": round(forecast.returned_share, 6),
    }


def _model(material: Material) -> str:
    champion = material.snapshot.fits.get("champion")
    if champion == "naive":
        return "the purchase rates that were seen"
    return f"the {MODEL_NAMES[champion]} and the {MODEL_NAMES['gamma_gamma']}"


def _confidence(material: Material) -> str:
    """A grade from what the same model would have said of the time just past."""
    holdout: dict[str, Any] | None = material.snapshot.holdout
    score = (holdout or {}).get(material.snapshot.fits.get("champion"))
    if holdout is None or score is None or not score["actual_total"]:
        return f"Low: the model could not be checked on the past. {material.snapshot.holdout_reason}".strip()
    error = score["total"] / score["actual_total"] - 1
    grade = "High" if abs(error) <= SMALL_ERROR else "Medium" if abs(error) <= LARGE_ERROR else "Low"
    return (
        f"{grade}: asked about the latest {holdout['days']} days without knowing them, the model expected "
        f"{score['total']:,.0f} repeat purchases and {score['actual_total']:,.0f} came ({error * 100:+.1f} %). The "
        "interval does not contain this kind of error."
    )
