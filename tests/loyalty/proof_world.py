"""A shop with habits, in which a test decides what the treated do after the draw."""

import random
from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from loyalty.models import Assignment, Experiment, ExperimentReading
from loyalty.selectors.standing import default_programme
from loyalty.services import create_action_test, import_results, request_measure, start_programme_control
from segmentation.models import Snapshot
from tests.analytics.ledger import Line
from tests.factories import do_run, make_ledger, make_rules, make_user, reviewed
from tests.loyalty.world import publish_scores

START, LATER = date(2025, 5, 31), date(2025, 8, 30)
PEOPLE = 400


def habits(people: int = PEOPLE, *, seed: int = 3) -> dict[int, float]:
    """Orders a month of each customer."""
    generator = random.Random(seed)
    return {key: 0.5 + generator.gammavariate(2, 0.4) for key in range(1, people + 1)}


def lines_of(rates: dict[int, float], first: date, days: int, *, seed: int, mark: str) -> list[Line]:
    generator = random.Random(seed)
    found = []
    for key, rate in rates.items():
        for day in range(days):
            if generator.random() < rate / 30:
                on = first + timedelta(days=day)
                found.append(Line(key, f"{mark}{key}-{day}", on, f"{generator.uniform(20, 60):.2f}"))
    return found


def publish(as_of: date, people: int, lines: list[Line], *, few: int = 0) -> Snapshot:
    """Results in which everyone meets the rules, but for the first `few`; the lines are the ledger."""
    version = make_ledger(lines) if lines else None
    snapshot = publish_scores(as_of, {key: 2 if key <= few else 8 + key % 7 for key in range(1, people + 1)})
    snapshot.catalogue_version = version
    snapshot.save()
    return snapshot


def measured() -> None:
    run = request_measure(by=None)
    if run is not None:
        do_run(run)


def a_shop(people: int = PEOPLE, *, few: int = 0) -> list[Line]:
    """A year of purchases up to START, rules that almost everyone meets, and what planning rests on."""
    before = lines_of(habits(people), START - timedelta(days=370), 371, seed=1, mark="b")
    make_rules()
    publish(START, people, before, few=few)
    measured()
    return before


def a_running_control(people: int = PEOPLE, *, share: float = 0.25, uplift: float = 0.2) -> Experiment:
    """Started, and drawn by an applied review."""
    experiment = start_programme_control(
        programme=default_programme(),
        name="Does it work?",
        control_share=share,
        uplift=uplift,
        weeks=13,
        by=make_user("manager"),
    )
    reviewed()
    return experiment


def read_later(experiment: Experiment, before: list[Line], *, uplift: float, people: int = PEOPLE) -> ExperimentReading:
    """Three months on: the treated buy this much more often than their habit."""
    treated = set(experiment.assignments.filter(arm=Assignment.Arm.TREATMENT).values_list("customer_id", flat=True))
    rates = {key: rate * (1 + uplift * (key in treated)) for key, rate in habits(people).items()}
    after = lines_of(rates, START + timedelta(days=1), (LATER - START).days, seed=2, mark="a")
    publish(LATER, people, before + after)
    measured()
    return experiment.readings.get(as_of=LATER)


def an_action_test(**changes: Any) -> Experiment:
    options: dict[str, Any] = {
        "programme": default_programme(),
        "name": "Free delivery",
        "action": "A voucher for free delivery",
        "population": "tier:gold",
        "control_share": 0.5,
        "uplift": 0.2,
        "weeks": 13,
        "by": make_user("manager"),
        **changes,
    }
    return create_action_test(**options)


def an_import(text: str | bytes, **changes: Any) -> Experiment:
    data = text if isinstance(text, bytes) else text.encode()
    options: dict[str, Any] = {"name": "Newsletter", "file_name": "results.csv", "control_share": 0.5, **changes}
    return import_results(programme=default_programme(), data=data, by=make_user("manager"), **options)


def experiments_to_read() -> list[str]:
    """Drawn among few people, with results of a later day."""
    before = a_shop(80)
    a_running_control(80)
    publish(LATER, 80, before)
    run = request_measure(by=None)
    assert run is not None
    return [str(run.pk)]


def a_test_to_draw() -> list[str]:
    a_shop(60)
    run = an_action_test().run
    assert run is not None
    return [str(run.pk)]


def a_table_to_read() -> list[str]:
    run = an_import("group,people,orders\ncontrol,1000,50\nnew,1000,90\n").run
    assert run is not None
    return [str(run.pk)]


def make_experiment() -> Experiment:
    """A running one on its own, of which nothing was read: for pages that only show it."""
    return Experiment.objects.create(
        programme=default_programme(),
        name=f"Experiment {Experiment.objects.count()}",
        kind=Experiment.Kind.ACTION,
        state=Experiment.State.RUNNING,
        seed="0",
        started_on=START,
        started_at=timezone.now(),
        created_at=timezone.now(),
    )
