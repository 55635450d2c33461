"""Days without sales: a missing Tuesday is one, a Saturday on which the shop never opens is none."""

from datetime import date, timedelta

from analytics.gaps import find_gaps

MONDAY = date(2025, 3, 3)
FIVE_WEEKS = [MONDAY + timedelta(days=number) for number in range(35)]
OPEN = [day for day in FIVE_WEEKS if day.weekday() < 5]
LAST = OPEN[-1]


def gaps(open_days: list[date], **options: object) -> list[tuple[date, ...]]:
    found = find_gaps(open_days, **{"first": MONDAY, "last": LAST, **options})  # type: ignore[arg-type]
    return [gap.days for gap in found]


def test_closed_weekends_are_no_gaps() -> None:
    assert gaps(OPEN) == []


def test_a_missing_tuesday_is_a_gap() -> None:
    tuesday = MONDAY + timedelta(days=8)
    assert gaps([day for day in OPEN if day != tuesday]) == [(tuesday,)]


def test_a_missing_week_is_one_gap_of_its_working_days() -> None:
    week = [MONDAY + timedelta(days=14 + number) for number in range(5)]
    assert gaps([day for day in OPEN if day not in week]) == [tuple(week)]


def test_a_holiday_is_explained() -> None:
    tuesday = MONDAY + timedelta(days=8)
    assert gaps([day for day in OPEN if day != tuesday], explained=[tuesday]) == []


def test_a_weekday_that_often_stays_closed_is_not_usual() -> None:
    half_open = [day for day in FIVE_WEEKS if day.weekday() < 5 or (day - MONDAY).days % 14 == 5]
    assert gaps(half_open) == []


def test_only_days_of_the_window_are_named() -> None:
    tuesday = MONDAY + timedelta(days=8)
    open_days = [day for day in OPEN if day != tuesday]
    assert gaps(open_days, first=tuesday + timedelta(days=1)) == []
    assert gaps(open_days, first=tuesday - timedelta(days=1)) == [(tuesday,)]


def test_what_was_seen_once_cannot_be_judged() -> None:
    assert gaps([MONDAY, MONDAY + timedelta(days=2)], last=MONDAY + timedelta(days=2)) == []
    assert gaps([]) == []
