"""From what is advised to a read-out on its day, and every way in which an action can't be taken."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from core.models import Run
from core.problems import Problem
from loyalty.affinity_store import suggestions_of
from loyalty.models import Action, Affinity, Assignment, Experiment
from loyalty.selectors.actions import advice_of, advised, advised_for, due, measured_worth
from loyalty.selectors.report import report_basis
from loyalty.selectors.standing import default_programme
from loyalty.services import delete_draft
from loyalty.services.acting import call_off_action, finish_action, request_advice_after, request_read_out, take_action
from segmentation.selectors import current_snapshot
from tests.factories import do_run, make_ledger, make_user
from tests.loyalty.action_world import (
    PEOPLE,
    READ_OUT,
    START,
    a_shop_with_advice,
    a_taken_action,
    asked,
    later,
    purchases,
    read_out,
)
from tests.loyalty.action_world import advised as work_out
from tests.loyalty.lists import make_action
from tests.loyalty.proof_world import a_running_control, measured
from tests.loyalty.world import publish_scores, refused

YEAR = timedelta(days=364)
pytestmark = pytest.mark.django_db


def test_next_items_come_with_their_evidence_and_only_to_who_lacks_them() -> None:
    snapshot = a_shop_with_advice()
    [found] = [each for each in suggestions_of(snapshot, 7) if each.because_id == "TEA"]
    assert (found.item_id, found.price, found.followed, found.at_risk) == ("POT", 30.0, 72, 120)
    assert "72 of 120 who bought TEA, and not this before, bought it within 90 days" in found.reason
    assert "POT" not in {each.item_id for each in suggestions_of(snapshot, 1)}
    assert suggestions_of(snapshot, 10**9) == []
    assert suggestions_of(None, 1) == []
    content = Affinity.objects.get().content
    assert [item["item_id"] for item in content["returns"]["items"]] == ["CUP"]
    assert content["looked_at"] == content["customers"] == PEOPLE


def test_advice_tells_audience_and_worth_of_each_group() -> None:
    a_shop_with_advice()
    advice = advice_of(default_programme())
    row = advised_for(advice, "cross_sell", "tier:gold")
    assert row is not None
    assert row["audience"] >= 48
    assert float(row["worth"]) >= 48 * 30 / 100
    back = advised_for(advice, "fewer_returns", "all")
    assert back is not None
    assert (back["audience"], back["worth"]) == (30, "3.00")
    assert advised_for(advice, "second_order", "all") is None
    worths = [float(each["worth"]) for each in advised(advice)]
    assert worths == sorted(worths, reverse=True)
    assert request_advice_after() is None


def test_an_action_freezes_its_audience_and_draws_its_control() -> None:
    a_shop_with_advice()
    action = a_taken_action()
    assert (action.state, action.frozen_on, action.controls) == ("running", START, action.audience // 2)
    members = action.members.all()
    assert members.count() == action.audience
    assert all(member.item_id for member in members)
    assert action.experiment is not None
    controls = action.experiment.assignments.filter(arm=Assignment.Arm.CONTROL).values_list("customer_id", flat=True)
    assert set(controls) == set(members.filter(is_control=True).values_list("customer_id", flat=True))
    assert action.experiment.state == Experiment.State.RUNNING
    assert action.experiment.plan["spread"]["people"] == action.audience


def test_no_action_treats_whom_chance_leaves_alone() -> None:
    """Neither the programme's control, nor that of an action of the same kind that waits for its read-out."""
    a_shop_with_advice()
    measured()
    a_running_control(share=0.25)
    work_out()
    advice = advice_of(default_programme())
    assert advice is not None
    assert advice.content["groups"]["members"] == PEOPLE * 3 // 4
    assert "candidates" not in advice.content["groups"]
    first = a_taken_action()
    second = a_taken_action(name="Once more", control_share=0.0)
    again = set(second.members.values_list("customer_id", flat=True))
    kept = set(first.members.filter(is_control=True).values_list("customer_id", flat=True))
    treated = set(first.members.filter(is_control=False).values_list("customer_id", flat=True))
    assert len(kept) >= 20
    assert again == treated


def test_the_read_out_comes_on_its_day_and_not_before() -> None:
    a_shop_with_advice()
    action = a_taken_action()
    later(action, day=READ_OUT - timedelta(days=1))
    read_out()
    assert not Action.objects.filter(read_out__isnull=False).exists()
    assert [each.pk for each in due(default_programme(), READ_OUT).waiting] == [action.pk]
    later(action, day=READ_OUT + timedelta(days=10), uplift=0.5)
    read_out(READ_OUT - timedelta(days=1))
    assert not Action.objects.filter(read_out__isnull=False).exists()
    read_out()
    action.refresh_from_db()
    assert action.state == Action.State.READ_OUT
    assert action.read_out is not None
    assert action.read_out["as_of"] == READ_OUT.isoformat()
    assert action.experiment is not None
    assert (action.experiment.state, action.experiment.ended_on) == (Experiment.State.ENDED, READ_OUT)


def test_a_measured_effect_replaces_the_yardstick() -> None:
    a_shop_with_advice()
    action = a_taken_action()
    later(action, uplift=1.5)
    read_out()
    action.refresh_from_db()
    assert action.read_out is not None
    assert action.read_out["verdict"]["word"] == "better"
    value = action.read_out["revenue"]["value"]
    assert 20 < value < 40
    found = measured_worth(default_programme(), "cross_sell", 100)
    assert found is not None
    assert found.action == action.pk
    assert [float(each) for each in (found.worth, found.low, found.high)] == pytest.approx(
        [100 * value, *(100 * end for end in action.read_out["revenue"]["interval"])], abs=0.01
    )
    assert measured_worth(default_programme(), "visit", 100) is None


def test_every_read_out_counts_towards_what_is_measured() -> None:
    """A lucky one beside a sober one gives what both say together, and two that contradict each other nothing."""

    def was_read(value: float, error: float, word: str = "not_yet") -> None:
        content = {
            "verdict": {"word": word},
            "revenue": {"value": value, "standard_error": error, "interval": [value - 3 * error, value + 3 * error]},
        }
        action = make_action()
        action.state, action.read_out, action.read_out_at = Action.State.READ_OUT, content, timezone.now()
        action.save()

    was_read(40.0, 10.0, "better")
    was_read(10.0, 5.0)
    found = measured_worth(default_programme(), "visit", 10)
    assert found is not None
    assert (found.worth, found.low) == (Decimal("160.00"), Decimal("25.84"))  # 4 to 1, and 3 errors of 20 ** 0.5
    was_read(900.0, 1.0, "mismatch")
    assert measured_worth(default_programme(), "visit", 10) == found
    was_read(-20.0, 5.0)
    assert measured_worth(default_programme(), "visit", 10) is None


def test_an_audience_that_bought_nothing_lately_is_read_out_all_the_same() -> None:
    """Its own spending doesn't vary, so that the spread of everybody stands in for it."""
    snapshot = a_shop_with_advice()
    silent = [line for line in purchases() if (line.customer_key or 0) % 2 == 0 or START - line.ordered_on > YEAR]
    snapshot.catalogue_version = make_ledger(silent)
    snapshot.save()
    action = a_taken_action()
    assert action.experiment is not None
    assert action.experiment.plan["mixture"]["revenue"] > 0
    later(action, uplift=1.5)
    read_out()
    action.refresh_from_db()
    assert action.read_out is not None
    assert action.read_out["revenue"]["interval"] is not None


def test_without_a_control_the_read_out_only_counts() -> None:
    a_shop_with_advice()
    action = a_taken_action(kind="visit", name="Visits", control_share=0.0)
    assert (action.audience, action.controls, action.experiment) == (3, 0, None)
    later(action)
    read_out()
    action.refresh_from_db()
    assert action.read_out is not None
    assert set(action.read_out["arms"]) == {"treatment"}
    assert action.read_out["arms"]["treatment"]["people"] == 3
    assert action.read_out["arms"]["treatment"]["buyers"] == 3
    assert "verdict" not in action.read_out


REFUSALS: list[tuple[str, dict[str, Any], str]] = [
    ("group_gone", {"group": "segment:999"}, "This group is gone"),
    ("audience_empty", {"kind": "second_order"}, "audience would be empty"),
    ("control_too_small", {"control_share": 0.1}, "fewer than 20 people"),
    ("too_early", {"reads_out_on": START + timedelta(days=20)}, "can't tell anything: choose 28 June 2025 or later"),
    ("too_late", {"reads_out_on": date(2031, 1, 1)}, "Choose a read-out by"),
    ("due_on", {"due_on": START - timedelta(days=1)}, "due date is over"),
    ("share", {"control_share": 0.6}, "between 0 and 50 %"),
    ("text", {"text": " "}, "Say what is done"),
    ("name", {"name": " "}, "Give the action a name"),
    ("kind", {"kind": "sing"}, "no such action"),
]


def test_what_cannot_be_taken_is_refused_in_a_sentence() -> None:
    a_shop_with_advice()
    for code, changes, words in REFUSALS:
        with pytest.raises(Problem) as caught:
            take_action(**asked(**changes))
        assert (caught.value.problem_code, words in caught.value.message) == (code, True), (code, caught.value.message)
    assert not Action.objects.exists()


def test_without_results_or_advice_it_says_what_to_do() -> None:
    with pytest.raises(Problem, match="upload purchases first"):
        take_action(**asked())
    publish_scores(START, {1: 3})
    with pytest.raises(Problem, match="being worked out"):
        take_action(**asked())


def test_newer_results_before_the_draw_refuse_it_and_calling_off_clears_it() -> None:
    a_shop_with_advice()
    action = take_action(**asked())
    assert action.run is not None
    publish_scores(READ_OUT, {1: 3})
    assert "Newer results" in refused(action.run).error
    call_off_action(action=action, by=make_user("manager"))
    action.refresh_from_db()
    assert (action.state, action.experiment) == (Action.State.CALLED_OFF, None)
    assert not Experiment.objects.exists()
    with pytest.raises(Problem, match="over already"):
        call_off_action(action=action, by=make_user("manager"))


def test_an_action_whose_experiment_was_removed_is_not_taken_without_its_control() -> None:
    a_shop_with_advice()
    action = take_action(**asked())
    assert action.run is not None
    delete_draft(experiment=Experiment.objects.get(), by=make_user("manager"))
    assert "was removed meanwhile" in refused(action.run).error
    assert not action.members.exists()


def test_done_leaves_the_list_of_what_is_due() -> None:
    a_shop_with_advice()
    action, by = a_taken_action(), make_user("marketer")
    day = START + timedelta(days=14)
    assert due(default_programme(), day - timedelta(days=1)).to_do == []
    assert due(default_programme(), day).to_do == [action]
    finish_action(action=action, by=by)
    assert due(default_programme(), day).to_do == []
    assert current_snapshot() is not None


def test_a_read_out_calls_for_another_report() -> None:
    """Question 9 tells what actions were measured to bring."""
    a_shop_with_advice()
    action, basis = a_taken_action(), report_basis(default_programme())
    later(action)
    assert report_basis(default_programme()) == basis
    run = request_read_out(today=READ_OUT)
    assert run is not None
    do_run(run)
    assert report_basis(default_programme()) != basis
    assert Run.objects.filter(kind="loyalty.report").exists()
