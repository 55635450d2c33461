"""Asking for results: what is refused, what replaces what."""

from datetime import date
from typing import Any

import pytest

from core.models import AuditEvent, Run
from segmentation.services import RefreshRefused, request_refresh, request_refresh_after
from tests.factories import make_shop, make_user

pytestmark = pytest.mark.django_db


def test_request_without_a_ledger_is_no_run() -> None:
    assert request_refresh(by=None) is None
    assert request_refresh_after() is None
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"unit": "month"}, "unknown_unit"),
        ({"holdout_days": -1}, "holdout_negative"),
        ({"horizon_days": 0}, "horizon_out_of_range"),
        ({"horizon_days": 3651}, "horizon_out_of_range"),
    ],
)
def test_request_with_bad_options_is_refused(options: dict[str, Any], code: str) -> None:
    with pytest.raises(RefreshRefused) as refusal:
        request_refresh(by=None, **options)
    assert refusal.value.code == code


def test_request_is_audited_with_who_asked() -> None:
    make_shop(5)
    user = make_user("analyst")
    run = request_refresh(by=user, as_of=date(2025, 6, 1))
    assert run is not None
    assert run.created_by == user
    event = AuditEvent.objects.get(action="snapshot.requested")
    assert (event.actor_key, event.facts["as_of"]) == (f"user:{user.pk}", "2025-06-01")


def test_request_twice_is_one_run() -> None:
    make_shop(5)
    first, second = request_refresh(by=None), request_refresh(by=None)
    assert first is not None
    assert second is not None
    assert first.fingerprint == second.fingerprint
    assert Run.objects.filter(state__in=Run.ACTIVE).count() == 1


def test_request_replaces_wishes_that_nobody_has_begun() -> None:
    make_shop(5)
    earlier, newer = request_refresh(by=None, horizon_days=90), request_refresh(by=None)
    assert earlier is not None
    assert newer is not None
    earlier.refresh_from_db()
    assert (earlier.state, earlier.error_code) == (Run.State.CANCELLED, "superseded")
    assert newer.state == Run.State.PENDING


def test_request_after_an_import_replaces_the_one_of_the_import_before_only() -> None:
    make_shop(5)
    asked, automatic = request_refresh(by=None, horizon_days=90), request_refresh_after()
    make_shop(6)
    newest = request_refresh_after()
    states = {run.pk: Run.objects.get(pk=run.pk).state for run in (asked, automatic, newest) if run}
    assert list(states.values()) == [Run.State.PENDING, Run.State.CANCELLED, Run.State.PENDING]
