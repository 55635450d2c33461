"""The hypotheses: three standing ones and those that people wrote, tested together."""

from dataclasses import asdict
from typing import Any

import numpy as np
from django.conf import settings

from analytics.report import RATIO, SHARE, Claim, Hypothesis, standing_claims, tested
from analytics.scoring.features import feature, format_value
from loyalty import claims
from loyalty.jobs.answers.material import LEVEL, RANDOM_STATE, Mask, Material, median
from loyalty.models import Hypothesis as Written
from loyalty.selectors.report import written_hypotheses

GROUP_COLUMNS = {Written.Group.SEGMENT: "segment_id", Written.Group.TIER: "tier", Written.Group.RFM_GROUP: "rfm_group"}
CHOSEN_NOTE = (
    "The group was formed from the same purchases: this compares it with everyone, it does not show an effect of "
    "anything that was done."
)
STANDING_FIGURES = {"H1": "items", "H2": "revenue", "H4": "revenue"}


def hypotheses(material: Material) -> list[dict[str, Any]]:
    written = written_hypotheses(material.programme)
    standing = standing_claims(material.table["items"], material.table["revenue"], material.is_member)
    asked = [*standing, *(_claim(material, hypothesis) for hypothesis in written)]
    figures = STANDING_FIGURES | {f"H{hypothesis.number}": hypothesis.figure for hypothesis in written}
    groups = {f"H{hypothesis.number}": f"{hypothesis.group}:{hypothesis.group_value}" for hypothesis in written}
    found = tested(asked, random_state=RANDOM_STATE)
    return [
        _told(material, claim, result, figures[claim.id], groups.get(claim.id, "members:"), len(asked))
        for claim, result in zip(asked, found, strict=True)
    ]


def _claim(material: Material, hypothesis: Written) -> Claim:
    is_members = hypothesis.group == Written.Group.MEMBERS
    more = {} if is_members else {"note": CHOSEN_NOTE}
    return Claim(
        id=f"H{hypothesis.number}",
        statement=claims.statement(hypothesis),
        measure=SHARE if hypothesis.measure == Written.Measure.SHARE else RATIO,
        values=np.asarray(material.table[hypothesis.figure], dtype=float),
        chosen=group_mask(material, hypothesis.group, hypothesis.group_value),
        threshold=hypothesis.threshold,
        **more,
    )


def group_mask(material: Material, group: str, value: str) -> Mask:
    if group == Written.Group.MEMBERS:
        return material.is_member
    column = np.asarray(material.table[GROUP_COLUMNS[Written.Group(group)]])
    return np.asarray(column.astype(str) == value)


def _told(material: Material, claim: Claim, result: Hypothesis, figure: str, group: str, tests: int) -> dict[str, Any]:
    return {
        **asdict(result),
        "interval": None if result.interval is None else list(result.interval),
        "level": LEVEL,
        "figure": figure,
        "group": group,
        "customers": int(claim.chosen.sum()),
        "counted": _counted(claim, figure),
        "basis": (
            f"{material.population()}; lines of guests are in neither part. Customers are redrawn (bootstrap), p "
            f"values are corrected for {tests} claims (Holm)."
        ),
        "evidence": [
            {"label": "Every line of the group", "url": f"lines:{group}"},
            {"label": "Every customer's figures", "url": "customers"},
        ],
    }


def _counted(claim: Claim, figure: str) -> str:
    """The two numbers that the value is made of, so that it can be recomputed."""
    label, currency = feature(figure).label, settings.REPORTING_CURRENCY
    known = np.isfinite(claim.values)
    if claim.measure == SHARE:
        mine, everybody = (float(claim.values[mask & known].sum()) for mask in (claim.chosen, known))
    else:
        mine, everybody = (median(claim.values[mask & known]) or 0.0 for mask in (claim.chosen, known))
    part, whole = (format_value(figure, round(value, 2), currency) for value in (mine, everybody))
    kind = "in all" if claim.measure == SHARE else "in the median"
    return f"{label}, {kind}: {part} for {int(claim.chosen.sum()):,} customers beside {whole} for all {len(known):,}"
