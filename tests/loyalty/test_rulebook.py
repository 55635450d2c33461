"""Versions of the rules and the programmes that hold them: who may, from when, and the way back."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.models import AuditEvent, Run, User
from core.problems import Problem
from core.runs import JobRefused
from loyalty import services
from loyalty.models import Programme, RuleVersion
from loyalty.selectors.standing import (
    active_rules,
    default_programme,
    is_review_due,
    next_review_on,
    review_after,
)
from tests.factories import do_run, make_rules, make_user, reviewed
from tests.loyalty.world import publish_scores

pytestmark = pytest.mark.django_db

MAY = date(2025, 5, 31)
ORDERS = {1: 9, 2: 7, 3: 5, 4: 1}


def orders(count: int) -> list[Any]:
    return [{"feature": "orders_12m", "operator": ">=", "value": count}]


def proposed(by: User | None, count: int = 5) -> RuleVersion:
    return services.propose_rules(programme=default_programme(), entry=orders(count), stay=orders(3), by=by)


@pytest.fixture
def manager() -> User:
    return make_user("manager")


def test_whoever_proposes_may_approve_unless_a_second_person_is_asked_for(manager: User) -> None:
    version = services.approve_rules(version=proposed(manager), by=manager)
    assert (version.state, version.approved_by) == (RuleVersion.State.ACTIVE, manager)


def test_a_second_person_has_to_approve_where_the_programme_says_so(manager: User) -> None:
    services.set_programme(programme=default_programme(), by=manager, needs_second_person=True)
    version = proposed(manager)
    with pytest.raises(Problem, match="let another manager approve"):
        services.approve_rules(version=version, by=manager)
    with pytest.raises(Problem, match="let another manager approve"):
        services.activate_rules(version=version, by=manager)
    with pytest.raises(Problem, match="only an administrator can switch that off"):
        services.set_programme(programme=default_programme(), by=manager, needs_second_person=False)
    services.withdraw_rules(version=version, by=manager)
    with pytest.raises(Problem, match="only an administrator can switch that off"):
        services.set_programme(programme=default_programme(), by=manager, needs_second_person=False)
    version, other = proposed(manager), make_user("manager")
    assert services.approve_rules(version=version, by=other).approved_by == other
    services.set_programme(programme=default_programme(), by=make_user("admin"), needs_second_person=False)
    assert services.approve_rules(version=proposed(manager), by=manager).approved_by == manager
    assert AuditEvent.objects.filter(action="rules.approved", actor_key=f"user:{other.pk}").count() == 1


def test_approved_rules_come_into_force_with_the_first_results_of_their_day(manager: User) -> None:
    make_rules()
    publish_scores(MAY, ORDERS)
    first = reviewed()
    version = services.approve_rules(version=proposed(manager), by=manager, effective_on=MAY + timedelta(days=10))
    assert version.state == RuleVersion.State.APPROVED
    early = publish_scores(MAY + timedelta(days=9), ORDERS)
    assert not is_review_due(default_programme(), early)
    publish_scores(MAY + timedelta(days=10), ORDERS)
    run = services.request_review_after()
    assert run is not None
    assert run.kind == "loyalty.review"  # long before the month is over
    assert active_rules(default_programme()) == version
    after = reviewed()
    assert (after.rule_version, after.joined) == (version, 1)
    assert first.rule_version != version


def test_of_several_approved_rules_the_one_with_the_latest_day_counts(manager: User) -> None:
    make_rules()
    earlier, later = proposed(manager, 5), proposed(manager, 4)
    services.approve_rules(version=later, by=manager, effective_on=date(2025, 7, 2))
    services.approve_rules(version=earlier, by=manager, effective_on=date(2025, 7, 1))
    assert services.bring_into_force(programme=default_programme(), as_of=date(2025, 6, 30)) is None
    services.bring_into_force(programme=default_programme(), as_of=date(2025, 8, 1))
    earlier.refresh_from_db()
    assert active_rules(default_programme()) == later
    assert earlier.state == RuleVersion.State.RETIRED


def test_one_click_goes_back_and_another_forward_again(manager: User) -> None:
    old = make_rules()
    with pytest.raises(Problem, match="nothing to go back to"):
        services.revert_rules(programme=default_programme(), by=manager)
    new = services.approve_rules(version=proposed(manager), by=manager)
    back = services.revert_rules(programme=default_programme(), by=manager)
    assert (back.entry, back.stay, back.number) == (old.entry, old.stay, 3)
    assert back.source == {"kind": "reverted", "to": 1, "from": 2}
    assert active_rules(default_programme()) == back
    assert services.revert_rules(programme=default_programme(), by=manager).entry == new.entry


def test_what_waits_can_be_withdrawn_and_nothing_else(manager: User) -> None:
    version = services.withdraw_rules(version=proposed(manager), by=manager)
    with pytest.raises(Problem, match="propose them again"):
        services.approve_rules(version=version, by=manager)
    with pytest.raises(Problem, match="go back to the version before"):
        services.withdraw_rules(version=make_rules(), by=manager)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"grace_days": -1}, "grace period must be"),
        ({"review_period_days": 0}, "1 to 1,830 days apart"),
        ({"review_on_day": 32}, "between 1 and 31"),
        ({"cap_members": 0}, "The most members must be"),
        ({"cap_budget": Decimal("NaN")}, "The budget must be above 0"),
        ({"cap_budget": Decimal(5)}, "needs the cost of one member"),
        ({"cost_per_member": Decimal(0)}, "cost of a member must be above 0"),
        ({"review_schedule": "sometimes"}, "no schedule"),
    ],
)
def test_settings_that_cannot_be_are_refused_in_a_sentence(manager: User, changes: Any, words: str) -> None:
    with pytest.raises(Problem, match=words):
        services.set_programme(programme=default_programme(), by=manager, **changes)
    assert default_programme().grace_days == 60


def test_a_budget_limits_members_as_a_number_does() -> None:
    money = {"cap_budget": Decimal("100.00"), "cost_per_member": Decimal("0.30")}
    assert Programme(**money).most_members == 333
    assert Programme(cap_members=20, **money).most_members == 20
    assert Programme().most_members is None


@pytest.mark.parametrize(
    ("terms", "day", "due"),
    [
        ({}, date(2025, 1, 31), date(2025, 2, 28)),
        ({"review_period_months": 3}, date(2025, 1, 31), date(2025, 4, 30)),
        ({"review_schedule": "days", "review_period_days": 14}, date(2025, 2, 20), date(2025, 3, 6)),
        ({"review_on_day": 1}, date(2025, 1, 5), date(2025, 2, 1)),
        ({"review_on_day": 31}, date(2025, 1, 31), date(2025, 2, 28)),
        ({"review_on_day": 15}, date(2025, 1, 10), date(2025, 1, 15)),
        ({"review_on_day": 1, "review_period_months": 3}, date(2025, 1, 1), date(2025, 4, 1)),
    ],
)
def test_reviews_follow_any_schedule(terms: Any, day: date, due: date) -> None:
    assert review_after(Programme(**terms), day) == due


def test_only_on_request_means_that_nothing_is_due() -> None:
    programme = default_programme()
    programme.review_schedule = Programme.Schedule.ASKED
    assert not is_review_due(programme, publish_scores(MAY, ORDERS))
    assert next_review_on(programme) is None


def test_before_its_start_a_programme_admits_nobody(manager: User) -> None:
    make_rules()
    programme = services.set_programme(programme=default_programme(), by=manager, starts_on=MAY + timedelta(days=1))
    snapshot = publish_scores(MAY, ORDERS)
    assert next_review_on(programme) == MAY + timedelta(days=1)
    assert not is_review_due(programme, snapshot)
    with pytest.raises(JobRefused, match=r"starts on 1 June 2025, and the results are as of 31 May 2025"):
        services.request_review(by=manager, programme=programme)


def test_who_may_not_change_settings_reads_them(client: Client, manager: User) -> None:
    services.set_programme(programme=default_programme(), by=manager, starts_on=MAY, cap_members=1200)
    client.force_login(make_user("marketer"))
    page = client.get(reverse("loyalty:programme-settings")).content.decode()
    for text in ("Every so many months", "31 May 2025", "1,200", "A manager or an administrator may change this."):
        assert text in page
    assert client.post(reverse("loyalty:programme-settings"), {"grace_days": "3"}).status_code == 403


def test_programmes_are_made_named_archived_and_restored(manager: User) -> None:
    first = default_programme()
    with pytest.raises(Problem, match="the only programme"):
        services.archive_programme(programme=first, by=manager)
    second = services.create_programme(name="  Gold   circle ", by=manager)
    assert second.name == "Gold circle"
    with pytest.raises(Problem, match="already"):
        services.rename_programme(programme=first, name="gold CIRCLE", by=manager)
    services.archive_programme(programme=first, by=manager)
    assert default_programme() == second
    with pytest.raises(Problem, match="archived"):
        services.propose_rules(programme=first, entry=orders(2), stay=orders(1), by=manager)
    publish_scores(MAY, ORDERS)
    first.refresh_from_db()
    with pytest.raises(JobRefused, match="archived"):
        services.request_review(by=manager, programme=first)
    services.restore_programme(programme=first, by=manager)
    assert default_programme() == first


def test_rules_that_wait_are_not_passed_over_by_a_proposal(manager: User) -> None:
    version = proposed(manager)
    publish_scores(MAY, ORDERS)
    with pytest.raises(JobRefused, match="Version 1 of the rules waits"):
        services.request_review(by=manager)
    run = services.request_review_after()
    assert run is not None
    assert run.kind == "loyalty.report"
    services.approve_rules(version=version, by=manager)
    assert services.request_review(by=manager).kind == "loyalty.review"


def test_another_programme_does_not_begin_by_itself(manager: User) -> None:
    make_rules()
    services.create_programme(name="Gold circle", by=manager)
    publish_scores(MAY, ORDERS)
    services.request_review_after()
    asked = Run.objects.order_by("created_at").values_list("kind", "params__programme")
    assert [kind for kind, _programme in asked] == ["loyalty.review", "loyalty.report"]


def test_every_open_programme_is_reviewed_with_rules_and_members_of_its_own(manager: User) -> None:
    make_rules()
    second = services.create_programme(name="Gold circle", by=manager)
    version = services.propose_rules(programme=second, entry=orders(9), stay=orders(8), by=manager)
    services.approve_rules(version=version, by=manager)
    publish_scores(MAY, ORDERS)
    services.request_review_after()

    for run in Run.objects.filter(kind="loyalty.review").order_by("created_at"):
        do_run(run)
    members = {each.name: each.memberships.count() for each in Programme.objects.all()}
    assert members == {"Insiders": 2, "Gold circle": 1}
