"""Charts of experiments, and rows of their tables, as finished text."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from core.charts import Band, Chart, Series
from core.formatting import number_text, share_text
from loyalty.experiment_words import money, p_text, plain_span, signed_money, span
from loyalty.models import Experiment, ExperimentReading
from loyalty.selectors.plans import Plan


def plan_chart(found: Plan) -> Chart:
    return Chart(
        key="smallest-effect",
        title=_("Smallest effect that would show"),
        kind="line",
        x=found.weeks,
        x_label=_("Weeks watched"),
        unit=_("% of the control's revenue"),
        is_share=True,
        digits=1,
        summary=_(
            "With a chance of 80 %, by the share kept as control. Longer and more even groups show smaller effects."
        ),
        series=[
            Series(_("%(share)s control") % {"share": share_text(share, 0)}, values)
            for share, values in found.lines.items()
        ],
    )


def history_chart(readings: Sequence[ExperimentReading]) -> Chart | None:
    """The effect on revenue per person, with the interval that stays valid while people look; from two days on."""
    known = [reading for reading in readings if reading.as_of and reading.content["revenue"]["interval"]]
    if len(known) < 2:
        return None
    effects = [reading.content["revenue"] for reading in known]
    return Chart(
        key="effect",
        title=_("Effect on revenue per person since the draw"),
        kind="line",
        x=[reading.as_of for reading in known if reading.as_of],
        x_label=_("Results as of"),
        unit=settings.REPORTING_CURRENCY,
        digits=2,
        summary=_("Treated less control. While the band holds 0, it is not known whether there is an effect."),
        series=[Series(_("Effect"), [effect["value"] for effect in effects])],
        band=Band(
            _("95 % interval"),
            [effect["interval"][0] for effect in effects],
            [effect["interval"][1] for effect in effects],
        ),
    )


def arm_rows(content: dict[str, Any]) -> list[list[str]]:
    names = {"treatment": _("Treated"), "control": _("Control")}
    return [
        [
            names[name],
            number_text(arm["people"]),
            number_text(arm["buyers"]),
            money(arm["revenue_per_person"] or 0),
            number_text(arm["orders_per_person"] or 0, 2),
        ]
        for name, arm in content["arms"].items()
    ]


def effect_rows(content: dict[str, Any]) -> list[list[str]]:
    """Both outcomes; with CUPED and looked at any time, then as plainly and as once as can be."""
    revenue, orders = content["revenue"], content["orders"]
    return [
        [
            _("Revenue per person"),
            signed_money(revenue["value"]),
            span(revenue["interval"]),
            span(revenue["once"]["interval"]),
            span(revenue["unadjusted"]["interval"]),
            p_text(revenue["p_value"]),
        ],
        [
            _("Orders per person"),
            f"{orders['value']:+,.2f}",
            plain_span(orders["interval"]),
            plain_span(orders["once"]["interval"]),
            plain_span(orders["unadjusted"]["interval"]),
            p_text(orders["p_value"]),
        ],
    ]


def four_rows(four: dict[str, Any]) -> list[list[str]]:
    def cell(name: str) -> str:
        people = number_text(four[name]["people"])
        return _("%(money)s (%(people)s people)") % {"money": money(four[name]["mean"]), "people": people}

    def effect(name: str) -> str:
        found = four[name]
        return _("%(value)s (%(span)s)") % {"value": signed_money(found["value"]), "span": span(found["interval"])}

    return [
        [_("High score"), cell("high_treated"), cell("high_control"), effect("effect_high")],
        [_("Low score"), cell("low_treated"), cell("low_control"), effect("effect_low")],
        [_("High less low"), "–", effect("score"), effect("aiming")],
    ]


def imported_rows(content: dict[str, Any]) -> list[list[str]]:
    return [_imported_row(each) for each in content["outcomes"]]


def _imported_row(found: dict[str, Any]) -> list[str]:
    is_share = found["kind"] == "share"

    def text(value: float) -> str:
        return share_text(value, 2) if is_share else number_text(value, 2)

    interval = found["interval"]
    factor, unit = (100, _(" points")) if is_share else (1, "")
    ends = None if interval is None else [end * factor for end in interval]
    return [
        found["name"],
        found["arm"],
        text(found["control"]),
        text(found["treated"]),
        f"{found['value'] * factor:+,.2f}{unit}",
        plain_span(ends) + (unit if ends else ""),
        p_text(found["p_value"]),
        p_text(found["p_adjusted"]),
    ]


def tone(experiment: Experiment, content: dict[str, Any]) -> str:
    if experiment.kind == Experiment.Kind.IMPORTED:
        return "warning" if content and content["sample_ratio"]["is_mismatch"] else "info"
    word = content.get("verdict", {}).get("word", "waiting")
    return {"better": "good", "worse": "bad", "mismatch": "bad", "too_small": "warning"}.get(word, "info")
