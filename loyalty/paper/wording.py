"""What stands on paper: the sections of a report in order, with links that lead back to the product."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from core.formatting import number_text, share_text
from loyalty.selectors.report import QUESTIONS

Section = dict[str, Any]


def sections_of(content: Mapping[str, Any], base_url: str) -> list[Section]:
    """One for each question, and a last one for the hypotheses: plain texts, charts and tables."""
    asked = [_section(number, content[name], base_url) for number, name in enumerate(QUESTIONS, start=1)]
    return [*asked, _hypotheses(content["hypotheses"], base_url)]


def _section(number: int, answer: Mapping[str, Any], base_url: str) -> Section:
    return {
        "title": f"{number}. {answer['question']}",
        "anchor": f"q{number}",
        "answer": answer["answer"],
        "details": answer.get("details", []),
        "charts": answer.get("charts", []),
        "tables": answer.get("tables", []),
        "notes": [
            (_("Rests on"), answer["basis"]),
            (_("How sure"), answer["confidence"]),
            (_("What would change it"), answer["what_would_change_it"]),
        ],
        "links": _links(answer, base_url),
    }


def _links(answer: Mapping[str, Any], base_url: str) -> list[tuple[str, str]]:
    return [(link["label"], f"{base_url}{link['url']}") for link in answer.get("evidence", [])]


def _hypotheses(claims: list[dict[str, Any]], base_url: str) -> Section:
    columns = [_("Claim"), _("Seen"), _("95 % interval"), _("Effect size"), _("p, corrected"), _("Holds")]
    rows = [
        [
            f"{claim['id']}: {claim['statement']}",
            claimed(claim, claim["value"]),
            " – ".join(claimed(claim, end) for end in claim["interval"]) if claim["interval"] else "–",
            effect_text(claim),
            f"{claim['p_adjusted']:.3f}",
            _("yes") if claim["holds"] else _("no"),
        ]
        for claim in claims
    ]
    held = sum(claim["holds"] for claim in claims)
    return {
        "title": _("Hypotheses, tested"),
        "anchor": "hypotheses",
        "answer": _("%(held)s of %(all)s claims hold.") % {"held": held, "all": len(claims)},
        "details": [f"{claim['id']}: {claim['counted']}." for claim in claims if claim.get("counted")],
        "charts": [],
        "tables": [{"caption": _("Hypotheses"), "columns": columns, "rows": rows}],
        "notes": [(_("Rests on"), claims[0]["basis"]), (_("Note"), claims[0]["note"])],
        "links": [(f"{claim['id']}: {label}", url) for claim in claims for label, url in _links(claim, base_url)],
    }


def claimed(claim: Mapping[str, Any], value: float | None) -> str:
    """A value of a claim in its unit: a share, or how many times the median of all."""
    if claim.get("measure") == "median_ratio" or claim["id"] == "H4":
        return "–" if value is None else _("%(factor)s times") % {"factor": number_text(value, 2)}
    return share_text(value)


def effect_text(claim: Mapping[str, Any]) -> str:
    """How far from what was claimed, in the unit of the claim, and how many times it."""
    if claim.get("effect") is None:
        return "–"
    gap = f"{claim['effect']:+.2f}" if claim["measure"] == "median_ratio" else f"{claim['effect'] * 100:+.1f}"
    parts = {"gap": gap, "times": number_text(claim["effect_ratio"], 1)}
    if claim["measure"] == "median_ratio":
        return _("%(gap)s; %(times)s times the threshold") % parts
    return _("%(gap)s points; %(times)s times the threshold") % parts
