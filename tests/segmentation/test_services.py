"""Asking for results: what is refused, what replaces what."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from core.models import AuditEvent, Run
from segmentation.jobs.inputs import Options
from segmentation.jobs.values import why_no_holdout
from segmentation.services import RefreshRefused, request_refresh, request_refresh_after
from tests.analytics.ledger import Line
from tests.factories import make_ledger, make_shop, make_user

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
        ({"as_of": date(9999, 12, 31)}, "as_of_in_future"),
        ({"holdout_days": 10**12}, "holdout_too_long"),
    ],
)
def test_request_with_bad_options_is_refused(options: dict[str, Any], code: str) -> None:
    with pytest.raises(RefreshRefused) as refusal:
        request_refresh(by=None, **options)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"as_of": date(9999, 12, 31)}, "as_of_in_future"),
        ({"holdout_days": 335}, "holdout_too_long"),
        ({"as_of": date(2025, 6, 30), "holdout_days": 151}, "holdout_too_long"),
    ],
)
def test_days_that_the_ledger_does_not_have_are_refused(options: dict[str, Any], code: str) -> None:
    make_shop(5)
    with pytest.raises(RefreshRefused) as refusal:
        request_refresh(by=None, **options)
    assert refusal.value.code == code
    assert not Run.objects.exists()


def test_the_latest_line_counts_although_it_lies_ahead() -> None:
    ahead = timezone.localdate() + timedelta(days=40)
    make_ledger([Line(1, "a", date(2025, 5, 1), "10"), Line(1, "b", ahead, "10")])
    assert request_refresh(by=None, as_of=ahead) is not None
    with pytest.raises(RefreshRefused, match="still to come"):
        request_refresh(by=None, as_of=ahead + timedelta(days=1))


def test_a_holdout_that_does_not_fit_is_told_as_what_it_is() -> None:
    def why(holdout: int, span: int) -> str:
        return why_no_holdout(Options(date(2025, 12, 31), "day", holdout, 365, 0.1), span)

    assert "of which 350 were to be kept back" in why(350, 373)
    assert "at least 7 days to predict; 5 were kept back" in why(5, 373)
    assert why(9, 29).startswith("The purchases span 29 days")
    assert why(100, 373) == ""


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
