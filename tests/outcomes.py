"""What a world holds after work was done, for comparing worlds: no primary keys, no times."""

from typing import Any

from core.models import Run
from loyalty.models import (
    Assignment,
    Experiment,
    ExperimentReading,
    Groundwork,
    Membership,
    MembershipEvent,
    Report,
    Review,
    ReviewDecision,
    RuleVersion,
)


def runs() -> list[list[Any]]:
    """The runs as they stand, without the hand-overs that they took."""
    rows = Run.objects.order_by("kind", "state", "error_code").values_list("kind", "state", "error_code")
    return [list(row) for row in rows]


def the_list() -> dict[str, Any]:
    """The book, the list, and the review that made them."""
    counts = ("state", "joined", "left", "kept", "warned", "members", "revenue_at_stake")
    return {
        "runs": runs(),
        "rules": list(RuleVersion.objects.values_list("number", "state", "entry", "stay")),
        "reviews": list(Review.objects.values_list(*counts)),
        "decisions": ReviewDecision.objects.count(),
        "events": list(MembershipEvent.objects.order_by("customer_id").values_list("customer_id", "kind", "reasons")),
        "members": list(Membership.objects.order_by("customer_id").values_list("customer_id", "entered_on", "left_on")),
    }


def the_answers() -> dict[str, Any]:
    reports = Report.objects.all()
    return {"runs": runs(), "answers": [report.content["q5"]["value"] for report in reports]}


def the_experiments() -> dict[str, Any]:
    """Groups by size (who is in them is chance), and what was read of them."""
    readings = ExperimentReading.objects.order_by("pk").values_list("content", flat=True)
    arms = Assignment.objects.order_by("arm").values_list("arm", flat=True)
    return {
        "runs": runs(),
        "experiments": list(Experiment.objects.order_by("pk").values_list("name", "state")),
        "arms": list(arms),
        "rows": [content.get("rows") or sorted(content["arms"]) for content in readings],
        "outcomes": [content.get("outcomes") for content in readings],
        "groundwork": Groundwork.objects.count(),
    }
