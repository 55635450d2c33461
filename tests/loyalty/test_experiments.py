"""Experiments from the draw inside a review to a verdict that the ledger supports."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from analytics.experiments.drawing import fraction
from core import invariants
from core.models import AuditEvent
from core.problems import Problem
from crm import ledger
from loyalty.experiments import draw_controls, standing_controls
from loyalty.models import Assignment, Draw, Experiment, Groundwork, Review
from loyalty.selectors.experiments import history, verdict_of
from loyalty.selectors.reviews import current_standings
from loyalty.selectors.standing import default_programme
from loyalty.services import (
    approve_review,
    delete_draft,
    end_experiment,
    reject_review,
    request_measure,
    start_programme_control,
)
from tests.factories import do_run, make_user, reviewed
from tests.loyalty.proof_world import (
    LATER,
    PEOPLE,
    START,
    a_running_control,
    a_shop,
    an_action_test,
    measured,
    publish,
    read_later,
)
from tests.loyalty.test_review import with_approval
from tests.loyalty.world import refused

pytestmark = pytest.mark.django_db


def members() -> set[int]:
    return set(current_standings(default_programme()))


def controls(experiment: Experiment) -> set[int]:
    rows = experiment.assignments.filter(arm=Assignment.Arm.CONTROL)
    return set(rows.values_list("customer_id", flat=True))


def problem_of(call: object, **options: object) -> str:
    with pytest.raises(Problem) as refusal:
        call(**options)  # type: ignore[operator]
    return refusal.value.message


def test_a_review_keeps_a_share_out_by_chance_and_the_share_counts_as_eligible() -> None:
    a_shop()
    experiment = a_running_control(share=0.1)
    review = Review.objects.get()
    kept = controls(experiment)
    assert len(kept) == 40
    assert (review.joined, review.held_back, review.eligible) == (360, 40, 400)
    assert members() == set(range(1, PEOPLE + 1)) - kept
    assert standing_controls(default_programme()) == kept
    draw = Draw.objects.get()
    assert (draw.people, draw.controls, draw.review) == (400, 40, review)
    per_stratum = [draw.assignments.filter(stratum=number, arm="control").count() for number in range(draw.strata)]
    assert per_stratum == [4] * 10
    assert AuditEvent.objects.get(action="experiment.started").facts["seed"] == experiment.seed


def test_controls_stay_out_at_later_reviews_and_newcomers_are_drawn_once() -> None:
    before = a_shop(few=100)
    experiment = a_running_control(share=0.1)
    first = controls(experiment)
    assert len(first) == 30
    publish(LATER, PEOPLE, before)
    review = reviewed()
    assert (review.joined, review.held_back) == (90, 40)
    assert controls(experiment) > first
    assert experiment.draws.count() == 2
    assert members().isdisjoint(controls(experiment))
    publish(LATER + timedelta(days=40), PEOPLE, before)
    assert reviewed().joined == 0
    assert experiment.draws.count() == 2


def test_when_the_experiment_ends_those_held_back_may_join() -> None:
    before = a_shop()
    experiment = a_running_control()
    end_experiment(experiment=experiment, by=make_user("manager"))
    assert standing_controls(default_programme()) == frozenset()
    publish(LATER, PEOPLE, before)
    assert reviewed().joined == 100
    assert "not running" in problem_of(end_experiment, experiment=experiment, by=make_user("manager"))


def test_a_draw_counts_only_once_its_review_is_applied() -> None:
    a_shop()
    with_approval()
    experiment = a_running_control()
    review = Review.objects.get(state="proposed")
    assert review.decisions.count() == 300
    assert standing_controls(default_programme()) == frozenset()
    reject_review(review=review, by=make_user("manager"))
    publish(LATER, PEOPLE, [])
    again = reviewed()
    assert Draw.objects.get().review == again
    approve_review(review=again, by=make_user("manager"))
    assert standing_controls(default_programme()) == controls(experiment)
    assert len(controls(experiment)) == 100


def test_starting_outdates_a_proposal_that_knows_no_control() -> None:
    a_shop()
    with_approval()
    proposed = reviewed()
    a_running_control()
    proposed.refresh_from_db()
    assert proposed.state == Review.State.OUTDATED


def test_the_same_draw_is_found_again() -> None:
    a_shop()
    programme, keys = default_programme(), list(range(1, 201))
    assert draw_controls(programme, keys, keys, "a review") == frozenset()
    start_programme_control(
        programme=programme, name="One", control_share=0.2, uplift=0.1, weeks=8, by=make_user("manager")
    )
    first = draw_controls(programme, keys, keys, "a review")
    assert len(first) == 40
    assert draw_controls(programme, keys[::-1], keys[::-1], "a review") == first
    assert draw_controls(programme, keys, keys, "another review") != first


@pytest.mark.usefixtures("same_draw")
def test_the_verdict_is_reached_where_the_treated_buy_more(client: Client) -> None:
    before = a_shop()
    experiment = a_running_control(share=0.5)
    waiting = verdict_of(default_programme())
    assert waiting is not None
    assert (waiting["word"], waiting["revenue"]) == ("waiting", None)
    content = read_later(experiment, before, uplift=0.6).content
    assert content["weeks"] == 13
    assert content["arms"]["treatment"]["people"] == content["arms"]["control"]["people"] == 200
    revenue = content["revenue"]
    assert revenue["interval"][0] > 0
    assert revenue["interval"][0] < revenue["once"]["interval"][0]  # valid at any time is wider than once
    assert revenue["explained"] > 0.1
    assert content["orders"]["value"] > 0
    assert content["four_groups"]["high_treated"]["people"] == 100
    assert not content["sample_ratio"]["is_mismatch"]
    found = verdict_of(default_programme())
    assert found is not None
    assert (found["word"], found["is_proven"]) == ("better", True)
    assert found["sentence"].startswith("It works: treated customers brought")
    client.force_login(make_user("marketer"))
    page = client.get(reverse("loyalty:experiment-detail", args=[experiment.pk])).content.decode()
    assert "Effect (95 % interval, if looked at once only)" in page  # of the four groups


def test_the_figures_of_a_reading_are_those_of_the_ledger() -> None:
    before = a_shop()
    experiment = a_running_control()
    reading = read_later(experiment, before, uplift=0.0)
    # The same sums by hand, from the lines.
    with ledger.reading(reading.snapshot.catalogue_version) as connection:  # type: ignore[union-attr]
        keys = ", ".join(map(str, controls(experiment)))
        row = connection.execute(
            f"SELECT sum(amount), count(*) FROM lines WHERE customer_key IN ({keys}) AND ordered_on > DATE '{START}'"
        ).fetchone()
    assert row is not None
    arm = reading.content["arms"]["control"]
    assert (Decimal(arm["revenue"]), arm["orders"]) == row
    assert arm["revenue_per_person"] == pytest.approx(float(row[0]) / 100)


@pytest.mark.usefixtures("same_draw")
def test_without_an_effect_it_is_not_yet_known_and_says_how_long() -> None:
    before = a_shop()
    experiment = a_running_control(uplift=0.15)
    reading = read_later(experiment, before, uplift=0.0)
    assert reading.content["verdict"]["word"] == "not_yet"
    found = verdict_of(default_programme())
    assert found is not None
    assert found["more_weeks"] > 0
    assert f"Not yet known: {found['more_weeks']} more week" in found["sentence"]
    assert not found["is_proven"]


def test_a_reading_is_frozen_and_made_once_a_result() -> None:
    before = a_shop()
    experiment = a_running_control()
    reading = read_later(experiment, before, uplift=0.0)
    assert request_measure(by=None) is None
    measured()
    assert experiment.readings.get() == reading
    assert history(experiment) == [reading]
    assert Groundwork.objects.count() == 2


def test_people_lost_from_one_group_are_noticed() -> None:
    before = a_shop()
    experiment = a_running_control()
    experiment.assignments.filter(arm="control", customer_id__lte=200).delete()
    content = read_later(experiment, before, uplift=0.6).content
    assert content["verdict"]["word"] == "mismatch"
    found = verdict_of(default_programme())
    assert found is not None
    assert "Not to be trusted" in found["sentence"]


def test_a_control_too_small_is_refused_with_what_to_do() -> None:
    a_shop(people=60)
    options = {"programme": default_programme(), "name": "Tiny", "uplift": 0.1, "weeks": 8, "by": make_user("manager")}
    message = problem_of(start_programme_control, control_share=0.1, **options)
    assert "10 % of 60 customers are fewer than 20 people" in message
    assert "at least 200" in message
    assert not Experiment.objects.exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"control_share": 0.0}, "between 1 and 50 %"),
        ({"control_share": float("nan")}, "between 1 and 50 %"),
        ({"uplift": -1.0}, "above 0"),
        ({"weeks": 0}, "1 to 104 weeks"),
        ({"name": "  "}, "1 to 80 characters"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(changes: dict[str, object], words: str) -> None:
    a_shop()
    options = {"name": "One", "control_share": 0.1, "uplift": 0.1, "weeks": 8, **changes}
    by = make_user("manager")
    assert words in problem_of(start_programme_control, programme=default_programme(), by=by, **options)


def test_one_control_group_at_a_time_and_none_without_results() -> None:
    by, programme = make_user("manager"), default_programme()
    options = {"programme": programme, "control_share": 0.1, "uplift": 0.1, "weeks": 8, "by": by}
    assert "upload purchases first" in problem_of(start_programme_control, name="One", **options)
    a_shop()
    a_running_control()
    assert "end that experiment first" in problem_of(start_programme_control, name="Two", **options)


def test_an_actions_test_is_drawn_by_its_job_and_read_like_the_other() -> None:
    before = a_shop()
    experiment = an_action_test()
    assert experiment.run is not None
    do_run(experiment.run)
    experiment.refresh_from_db()
    assert (experiment.state, experiment.started_on) == ("running", START)
    assert len(controls(experiment)) == 200
    assert read_later(experiment, before, uplift=0.6).content["verdict"]["word"] == "better"
    assert verdict_of(default_programme()) is None  # a test of an action says nothing of the programme


def test_an_actions_test_needs_words_and_a_group_and_a_refused_draft_can_go() -> None:
    a_shop()
    assert "Say what is done" in problem_of(an_action_test, action=" ")
    assert "nobody in this group" in problem_of(an_action_test, population="segment:999")
    experiment = an_action_test()
    publish(LATER, PEOPLE, [])
    assert experiment.run is not None
    assert "remove this test" in refused(experiment.run).error
    experiment.refresh_from_db()
    delete_draft(experiment=experiment, by=make_user("manager"))
    assert not Experiment.objects.exists()


def broken() -> list[int]:
    invariants.load()
    return [number for number, answer in invariants.answers().items() if number == 5 and not answer["ok"]]


@pytest.mark.parametrize("erased", [0, 30])
def test_what_was_drawn_can_be_drawn_again(erased: int) -> None:
    a_shop()
    experiment = a_running_control()
    experiment.assignments.filter(customer_id__lte=erased).delete()
    assert broken() == []
    one = experiment.assignments.filter(arm="control").first()
    assert one is not None
    others = experiment.assignments.filter(arm="treatment", stratum=one.stratum)
    Assignment.objects.filter(pk=one.pk).update(arm="treatment")
    Assignment.objects.filter(pk=max(others, key=lambda row: fraction(row.draw.seed, row.customer_id)).pk).update(
        arm="control"
    )
    assert broken() == [5]
