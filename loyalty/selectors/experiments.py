"""Reads of experiments: what is due to be read, what a programme's own experiment says, and the pages' rows."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, Max, Q

from core.pagination import KeyPage, key_page
from loyalty.experiment_words import verdict_sentence
from loyalty.models import Assignment, Experiment, ExperimentReading, Groundwork, Programme, Review
from loyalty.selectors.standing import active_rules
from segmentation.models import Snapshot
from segmentation.selectors import current_snapshot


def standing_mark(programme: Programme) -> str:
    """What decides who would join, besides the results: rules, list, cap, pins and the experiment that runs."""
    version = active_rules(programme)
    latest = programme.events.aggregate(latest=Max("pk"))["latest"]
    pins = programme.pins.filter(ended_at__isnull=True).aggregate(latest=Max("pk"), open=Count("pk"))
    kind, state = Experiment.Kind.PROGRAMME_CONTROL, Experiment.State.RUNNING
    running = programme.experiments.filter(kind=kind, state=state).values_list("pk", flat=True).first()
    parts = (version and version.pk, latest, programme.most_members, pins["latest"], pins["open"], running)
    return ":".join(str(part or 0) for part in parts)


def is_ground_fresh(programme: Programme, snapshot: Snapshot) -> bool:
    ground = programme.groundwork.filter(snapshot=snapshot).first()
    return ground is not None and ground.content.get("mark") == standing_mark(programme)


def unread(snapshot: Snapshot) -> list[Experiment]:
    """Running experiments that began before these results' day and were not read on them yet."""
    running = Q(state=Experiment.State.RUNNING, started_on__lt=snapshot.as_of)
    found = Experiment.objects.exclude(kind=Experiment.Kind.IMPORTED).filter(running)
    return list(found.exclude(readings__snapshot=snapshot).select_related("programme").order_by("pk"))


def latest_reading(experiment: Experiment) -> ExperimentReading | None:
    return experiment.readings.order_by("-as_of", "-pk").first()


def latest_ground(programme: Programme) -> Groundwork | None:
    """Of the current results and the rules in force; None while it is being counted."""
    snapshot = current_snapshot()
    ground = programme.groundwork.filter(snapshot=snapshot).first() if snapshot else None
    return (
        ground if ground and _rules_of(ground.content.get("mark", "")) == _rules_of(standing_mark(programme)) else None
    )


def _rules_of(mark: str) -> str:
    return mark.partition(":")[0]


def verdict_of(programme: Programme) -> dict[str, Any] | None:
    """What the programme's own experiment says: the running one, else the one that ended last; None without any.

    `is_proven`: the interval of the effect on revenue, valid at any time, lies above 0 and chance explains the sizes of
    the groups. `revenue` and `orders` are per person since the draw, None while nothing was read.
    """
    controls = programme.experiments.filter(kind=Experiment.Kind.PROGRAMME_CONTROL)
    experiment = controls.order_by("-state", "-pk").first() if controls.exists() else None
    experiment = controls.filter(state=Experiment.State.RUNNING).first() or experiment
    if experiment is None:
        return None
    row = latest_reading(experiment)
    content = row.content if row else {}
    verdict = content.get("verdict") or {"word": "waiting", "more_weeks": None, "wanted": None}
    return {
        "experiment": experiment.pk,
        "name": experiment.name,
        "state": experiment.state,
        "control_share": experiment.control_share,
        "word": verdict["word"],
        "sentence": verdict_sentence(experiment, content),
        "is_proven": verdict["word"] == "better",
        "more_weeks": verdict["more_weeks"],
        "as_of": content.get("as_of"),
        "weeks": content.get("weeks"),
        "arms": content.get("arms"),
        "revenue": content.get("revenue"),
        "orders": content.get("orders"),
        "sample_ratio": content.get("sample_ratio"),
        "url": f"/insiders/experiments/{experiment.pk}/",
    }


@dataclass(frozen=True)
class Row:
    """An experiment with its newest reading, for a list."""

    experiment: Experiment
    reading: ExperimentReading | None
    sentence: str


def experiment_page(programme: Programme, *, cursor: str = "") -> tuple[KeyPage[Experiment], list[Row]]:
    """Newest first; two queries whatever the number of experiments."""
    page = key_page(programme.experiments.select_related("run", "created_by"), cursor=cursor, size=30)
    newest: dict[int, ExperimentReading] = {}
    keys = [experiment.pk for experiment in page.rows]
    for reading in ExperimentReading.objects.filter(experiment__in=keys).order_by("as_of", "pk"):
        newest[reading.experiment_id] = reading
    rows = []
    for experiment in page.rows:
        found = newest.get(experiment.pk)
        rows.append(Row(experiment, found, verdict_sentence(experiment, found.content if found else {})))
    return page, rows


def history(experiment: Experiment) -> list[ExperimentReading]:
    """One reading a day, oldest first; of several of one day the one that came last."""
    by_day = {reading.as_of: reading for reading in experiment.readings.order_by("as_of", "pk")}
    return list(by_day.values())


def arm_counts(experiment: Experiment) -> dict[str, int]:
    """How many were drawn into each arm and are on the books; draws of reviews that were not applied don't count."""
    rows = experiment.assignments.all()
    if experiment.kind == Experiment.Kind.PROGRAMME_CONTROL:
        rows = rows.filter(draw__review__state=Review.State.APPLIED)
    found = dict(rows.order_by().values_list("arm").annotate(Count("pk")))
    return {arm: found.get(arm, 0) for arm in Assignment.Arm.values}


def counting_draws(experiment: Experiment) -> list[Any]:
    draws = experiment.draws.select_related("snapshot", "review")
    if experiment.kind == Experiment.Kind.PROGRAMME_CONTROL:
        draws = draws.filter(review__state=Review.State.APPLIED)
    return list(draws.order_by("pk"))


def reads_out_on(experiment: Experiment) -> Any:
    """The planned day of the read-out."""
    if experiment.started_on is None or not experiment.weeks:
        return None
    return experiment.started_on + timedelta(weeks=experiment.weeks)
