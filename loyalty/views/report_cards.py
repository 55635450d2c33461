"""A frozen answer made ready for the page: headline, charts, tables and links, finished."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.charts import Band, Chart, Series
from core.formatting import compact_money_text, number_text, share_text
from core.ui import Column
from loyalty.paper import svg
from loyalty.paper.wording import claimed, effect_text

GRADE_TONES = {"high": "good", "medium": "warning", "low": "bad"}


@dataclass(frozen=True)
class Sheet:
    """A table as it is read: the first cell of a row is its heading."""

    caption: str
    columns: list[Column]
    rows: list[list[tuple[str, Column]]]  # each cell with its column


@dataclass(frozen=True)
class Card:
    """One question, finished for the page."""

    number: int
    answer: Mapping[str, Any]
    headline: str
    unit: str
    grade: str
    tone: str
    reason: str
    charts: list[tuple[Chart, SafeString]] = field(default_factory=list)  # for the screen, and for a printer
    sheets: list[Sheet] = field(default_factory=list)


@dataclass(frozen=True)
class ClaimRow:
    id: str
    statement: str
    value: str
    interval: str
    effect: str
    p_value: str
    holds: bool
    counted: str
    evidence: list[dict[str, str]]
    is_written: bool


def card_of(number: int, content: Mapping[str, Any]) -> Card:
    answer = content[f"q{number}"]
    headline, unit = _headline(number, answer, content["currency"])
    grade = answer.get("grade") or answer["confidence"].partition(":")[0].lower()
    return Card(
        number,
        answer,
        headline,
        unit,
        grade,
        GRADE_TONES.get(grade, "neutral"),
        answer["confidence"].partition(": ")[2] or answer["confidence"],
        charts=[(chart_of(f"q{number}-{at}", drawn), svg(drawn)) for at, drawn in enumerate(answer.get("charts", []))],
        sheets=[sheet_of(found) for found in answer.get("tables", [])],
    )


def _headline(number: int, answer: Mapping[str, Any], currency: str) -> tuple[str, str]:
    value = answer["value"]
    if number == 1:
        return number_text(answer["count"]), _("customers")
    if number == 2:
        return number_text(value), _("members")
    if number == 4:
        return share_text(value), _("of all revenue")
    if number == 5:
        return compact_money_text(Decimal(value), currency), _("in the next 12 months")
    return "", ""


def chart_of(key: str, drawn: Mapping[str, Any]) -> Chart:
    band = drawn["band"]
    return Chart(
        key,
        drawn["title"],
        drawn["kind"],
        [Series(series["name"], series["values"]) for series in drawn["series"]],
        x=drawn["x"],
        x_label=drawn["x_label"],
        unit=drawn["unit"],
        band=band and Band(band["name"], band["low"], band["high"]),
        is_share=drawn["is_share"],
        is_stacked=drawn["is_stacked"],
        digits=None if drawn["is_share"] else 0,
    )


def sheet_of(found: Mapping[str, Any]) -> Sheet:
    names = found["columns"]
    columns = [
        Column(name, is_numeric=place > 0 and _is_numeric(found["rows"], place)) for place, name in enumerate(names)
    ]
    return Sheet(found["caption"], columns, [list(zip(row, columns, strict=True)) for row in found["rows"]])


def _is_numeric(rows: list[list[str]], place: int) -> bool:
    """Whether a column holds figures: they stand to the right."""
    return all(row[place][:1] in "0123456789+-–" for row in rows)


def claim_of(claim: Mapping[str, Any]) -> ClaimRow:
    interval = claim["interval"]
    return ClaimRow(
        id=claim["id"],
        statement=claim["statement"],
        value=claimed(claim, claim["value"]),
        interval=" – ".join(claimed(claim, end) for end in interval) if interval else "–",
        effect=effect_text(claim),
        p_value=f"{claim['p_adjusted']:.3f}",
        holds=claim["holds"],
        counted=claim.get("counted", ""),
        evidence=claim.get("evidence", []),
        is_written=int(claim["id"][1:]) > 4,
    )
