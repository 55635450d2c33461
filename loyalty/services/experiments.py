"""Preparing, starting and ending experiments. What takes long (drawing, reading files) is asked of a job."""

import hashlib
import secrets
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from analytics.experiments import planning, sequential
from core import runs
from core.models import Run, User
from core.problems import Problem
from core.services.audit import record_event
from loyalty.models import Experiment, Groundwork, ImportedTable, Programme, Review
from loyalty.selectors.experiments import is_ground_fresh, latest_ground, unread
from loyalty.selectors.plans import intake_of, spread_of_programme
from segmentation.models import Snapshot
from segmentation.selectors import current_snapshot

MEASURE, DRAW, IMPORT = "loyalty.measure", "loyalty.draw", "loyalty.import_results"
SMALLEST_SHARE, LARGEST_SHARE = 0.01, 0.5
LONGEST_WEEKS = 104
LARGEST_FILE = 10_000_000
FEWEST_CONTROL = 20


def start_programme_control(
    *, programme: Programme, name: str, control_share: float, uplift: float, weeks: int, by: User
) -> Experiment:
    """From the next review on, this share of those who would join is kept out by chance; the plan is fixed now."""
    _check(control_share, uplift, weeks)
    with transaction.atomic():
        held = Programme.objects.select_for_update().get(pk=programme.pk)
        kind, running = Experiment.Kind.PROGRAMME_CONTROL, Experiment.State.RUNNING
        if held.experiments.filter(kind=kind, state=running).exists():
            message = _("This programme keeps a control group already: end that experiment first.")
            raise Problem("already_running", message, status=409)
        snapshot, ground = _ground(held)
        spread = _known(spread_of_programme(held, ground.content["spreads"], weeks))
        _check_control(spread["people"], control_share)
        experiment = _create(held, name=name, kind=kind, control_share=control_share, uplift=uplift, weeks=weeks, by=by)
        _begin(experiment, snapshot, spread)
        _outdate_proposals(held)
        _record("experiment.started", experiment, by)
    return experiment


def create_action_test(
    *,
    programme: Programme,
    name: str,
    action: str,
    population: str,
    control_share: float,
    uplift: float,
    weeks: int,
    by: User,
) -> Experiment:
    """A test of something done to half (or more) of a group; its groups are drawn by a job, which then starts it."""
    _check(control_share, uplift, weeks)
    if not action.strip():
        raise Problem("action", _("Say what is done to the treated group, so that everybody knows what was tested."))
    with transaction.atomic():
        held = Programme.objects.select_for_update().get(pk=programme.pk)
        snapshot, ground = _ground(held)
        spread = _known(ground.content["spreads"].get(population))
        _check_control(spread["people"], control_share)
        experiment = _create(
            held,
            name=name,
            kind=Experiment.Kind.ACTION,
            control_share=control_share,
            uplift=uplift,
            weeks=weeks,
            by=by,
            action=action.strip(),
            population=population,
        )
        params = {"experiment": experiment.pk, "snapshot": snapshot.pk}
        experiment.plan = plan_of(experiment, spread)
        experiment.run = runs.request_run(kind=DRAW, params=params, fingerprint=runs.fingerprint(DRAW, params), by=by)
        experiment.save()
        _record("experiment.created", experiment, by)
    return experiment


def import_results(
    *,
    programme: Programme,
    name: str,
    file_name: str,
    data: bytes,
    control_share: float,
    by: User,
    arm_column: str = "",
    control_value: str = "",
) -> Experiment:
    """Keep the table of a test that was run elsewhere, and ask a job to read it."""
    if not 0 < control_share < 1:
        raise Problem("share", _("The control's planned share must lie between 0 and 100 %."))
    if not data.strip():
        raise Problem("empty_file", _("The file is empty: choose a CSV file with one row a person or one row a group."))
    if len(data) > LARGEST_FILE:
        raise Problem(
            "file_too_large",
            _("The file has more than 10 MB: give one row a group (group, people, conversions) instead."),
        )
    with transaction.atomic():
        held = Programme.objects.select_for_update().get(pk=programme.pk)
        experiment = _create(
            held, name=name, kind=Experiment.Kind.IMPORTED, control_share=control_share, uplift=0, weeks=0, by=by
        )
        digest = hashlib.sha256(data).hexdigest()
        ImportedTable.objects.create(
            experiment=experiment,
            name=file_name[:255],
            size=len(data),
            sha256=digest,
            data=data,
            arm_column=arm_column[:80],
            control_value=control_value[:80],
        )
        params = {"experiment": experiment.pk}
        digest = runs.fingerprint(IMPORT, params)
        experiment.run = runs.request_run(kind=IMPORT, params=params, fingerprint=digest, by=by)
        experiment.save()
        _record("experiment.imported", experiment, by)
    return experiment


def end_experiment(*, experiment: Experiment, by: User) -> Experiment:
    """Nothing later is read; who was held back may join at the next review."""
    with transaction.atomic():
        programme = Programme.objects.select_for_update().get(pk=experiment.programme_id)
        held = Experiment.objects.get(pk=experiment.pk)
        if held.state != Experiment.State.RUNNING:
            state = held.get_state_display()
            raise Problem("not_running", _("This experiment is not running: %(state)s.") % {"state": state}, status=409)
        snapshot = current_snapshot()
        held.state, held.ended_at = Experiment.State.ENDED, timezone.now()
        held.ended_on = snapshot.as_of if snapshot else held.started_on
        held.save()
        if held.kind == Experiment.Kind.PROGRAMME_CONTROL:
            _outdate_proposals(programme)
        _record("experiment.ended", held, by)
    return held


def delete_draft(*, experiment: Experiment, by: User) -> None:
    """Take back what never ran: a test whose draw was refused, or a table that can't be read."""
    with transaction.atomic():
        Programme.objects.select_for_update().get(pk=experiment.programme_id)
        held = Experiment.objects.select_related("run").get(pk=experiment.pk)
        if held.state != Experiment.State.DRAFT or (held.run and held.run.state in Run.ACTIVE):
            raise Problem("not_a_draft", _("Only what never ran can be removed; end it instead."), status=409)
        _record("experiment.removed", held, by)
        held.delete()


def request_measure(*, by: User | None) -> Run | None:
    """Ask for what the experiments show on the current results; None without results, or when nothing is left to do."""
    snapshot = current_snapshot()
    if snapshot is None:
        return None
    stale = [each.pk for each in Programme.objects.order_by("pk") if not is_ground_fresh(each, snapshot)]
    waiting = [each.pk for each in unread(snapshot)]
    if not stale and not waiting:
        return None
    params = {"snapshot": snapshot.pk}
    digest = runs.fingerprint(MEASURE, params, stale, waiting)
    with transaction.atomic():
        return runs.request_run(kind=MEASURE, params=params, fingerprint=digest, by=by)


def request_measure_after(after: Run | None = None) -> Run | None:
    """What follows new results and applied reviews."""
    return request_measure(by=None)


def plan_of(experiment: Experiment, spread: dict[str, Any]) -> dict[str, Any]:
    """What the plan reckons with, and the mixtures of the intervals: fixed before anybody looks."""
    plan: dict[str, Any] = {"people": spread["people"], "spread": spread, "mixture": {}}
    for outcome in ("revenue", "orders"):
        curve = planning.growth([planning.Spread(**window) for window in spread[outcome]])
        if curve is not None:
            deviation = intake_of(spread, experiment.weeks).residual(curve, experiment.weeks)
            error = planning.standard_error(spread["people"], deviation, experiment.control_share)
            plan["mixture"][outcome] = sequential.tuning((spread["people"] * error) ** 2)
    return plan


def _begin(experiment: Experiment, snapshot: Snapshot, spread: dict[str, Any]) -> None:
    experiment.plan = plan_of(experiment, spread)
    experiment.state = Experiment.State.RUNNING
    experiment.started_at, experiment.started_on = timezone.now(), snapshot.as_of
    experiment.save()


def _create(programme: Programme, *, name: str, by: User, **fields: Any) -> Experiment:
    name = " ".join(name.split())
    if not name or len(name) > 80:
        raise Problem("name", _("Give the experiment a name of 1 to 80 characters."))
    if programme.experiments.filter(name=name).exists():
        raise Problem("name_taken", _("There is an experiment of this name already: choose another."), status=409)
    return Experiment.objects.create(
        programme=programme,
        name=name,
        seed=secrets.token_hex(16),
        created_by=by,
        created_at=timezone.now(),
        **fields,
    )


def _check(control_share: float, uplift: float, weeks: int) -> None:
    if not SMALLEST_SHARE <= control_share <= LARGEST_SHARE:
        raise Problem("share", _("Keep between 1 and 50 % as control."))
    if not 0 < uplift <= 10:
        raise Problem("uplift", _("The effect that is worth it must be above 0 and at most 1,000 %."))
    if not 1 <= weeks <= LONGEST_WEEKS:
        raise Problem("weeks", _("Plan for 1 to 104 weeks."))


def _ground(programme: Programme) -> tuple[Snapshot, Groundwork]:
    snapshot = current_snapshot()
    if snapshot is None:
        raise Problem("no_snapshot", _("There are no results yet: upload purchases first."), status=409)
    ground = latest_ground(programme)
    if ground is None:
        message = _("How much customers' spending varies is being counted: try again in a minute.")
        raise Problem("no_groundwork", message, status=409)
    return snapshot, ground


def _known(spread: dict[str, Any] | None) -> dict[str, Any]:
    if spread is None:
        message = _(
            "There is nobody in this group now. For the programme's own control the rules have to admit somebody."
        )
        raise Problem("nobody", message, status=409)
    return spread


def _check_control(people: int, share: float) -> None:
    if people * share < FEWEST_CONTROL:
        needed = -(-FEWEST_CONTROL // share)
        raise Problem(
            "control_too_small",
            _(
                "%(share)s %% of %(people)s customers are fewer than 20 people, from whom nothing can be learned: keep "
                "a larger share, choose a group of at least %(needed)s, or wait until there are more."
            )
            % {"share": f"{share * 100:g}", "people": f"{people:,}", "needed": f"{needed:,.0f}"},
        )


def _outdate_proposals(programme: Programme) -> None:
    """What waits for approval was made with, or without, a control group that is no more what it was."""
    programme.reviews.filter(state=Review.State.PROPOSED).update(state=Review.State.OUTDATED)


def _record(action: str, experiment: Experiment, by: User) -> None:
    facts = {
        "programme": experiment.programme_id,
        "kind": experiment.kind,
        "control_share": experiment.control_share,
        "seed": experiment.seed,
        "weeks": experiment.weeks,
    }
    record_event(by=by, action=action, obj=experiment, key=experiment.pk, facts=facts, changed=experiment.plan)
