"""Due moments are rows: however many schedulers there are, each starts once."""

import threading
from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
from django.db import connections

from core.models import Run, ScheduleEntry, ScheduleSlot
from core.services.schedule import slot_of, start_due_slots
from tests.factories import make_schedule_entry

NOON = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)


def minutes(every: int, offset: int = 0) -> ScheduleEntry:
    return ScheduleEntry(name="x", kind="crm.sweep", every_minutes=every, offset_minutes=offset)


@pytest.mark.parametrize(
    ("every", "offset", "hour", "minute"), [(1440, 120, 2, 0), (60, 0, 12, 0), (15, 5, 11, 50), (1, 0, 12, 0)]
)
def test_a_slot_is_the_latest_due_moment(every: int, offset: int, hour: int, minute: int) -> None:
    assert slot_of(minutes(every, offset), NOON) == NOON.replace(hour=hour, minute=minute)


def test_before_its_hour_the_slot_is_yesterdays() -> None:
    assert slot_of(minutes(1440, 120), NOON.replace(hour=1)) == NOON.replace(hour=2) - timedelta(days=1)


def test_a_weekly_slot_stays_the_same_from_one_sunday_to_the_next() -> None:
    weekly = minutes(7 * 1440, 300)
    sunday = datetime(2026, 3, 29, 5, 0, tzinfo=UTC)
    assert {slot_of(weekly, sunday + timedelta(days=day)) for day in range(7)} == {sunday}
    assert slot_of(weekly, sunday - timedelta(minutes=1)) == sunday - timedelta(days=7)


@pytest.mark.django_db
def test_stored_files_are_checked_once_a_week() -> None:
    ScheduleEntry.objects.exclude(kind="crm.verify").delete()
    start = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)
    started = [run.kind for day in range(14) for run in start_due_slots(now=start + timedelta(days=day))]
    assert started[:1] == ["crm.verify"]
    assert ScheduleSlot.objects.count() == 2


@pytest.mark.django_db
def test_a_slot_starts_once_and_the_next_one_again() -> None:
    ScheduleEntry.objects.all().delete()
    make_schedule_entry(every_minutes=60)
    assert len(start_due_slots(now=NOON)) == 1
    assert start_due_slots(now=NOON + timedelta(minutes=59)) == []
    Run.objects.update(state="succeeded", finished_at=NOON)
    assert len(start_due_slots(now=NOON + timedelta(minutes=60))) == 1


@pytest.mark.django_db
def test_missed_slots_are_not_made_up_for() -> None:
    ScheduleEntry.objects.all().delete()
    make_schedule_entry(every_minutes=1)
    start_due_slots(now=NOON)
    start_due_slots(now=NOON + timedelta(hours=3))
    assert ScheduleSlot.objects.count() == 2


@pytest.mark.django_db
def test_an_entry_that_is_off_starts_nothing() -> None:
    ScheduleEntry.objects.all().delete()
    make_schedule_entry(is_enabled=False)
    assert start_due_slots(now=NOON) == []


@pytest.mark.django_db
def test_a_request_that_has_nothing_to_do_uses_its_slot_up() -> None:
    ScheduleEntry.objects.all().delete()
    make_schedule_entry()
    with mock.patch("core.services.schedule.call_request", return_value=None):
        assert start_due_slots(now=NOON) == []
    assert ScheduleSlot.objects.get().run is None


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_at_once_start_one_run() -> None:
    ScheduleEntry.objects.all().delete()
    make_schedule_entry()
    barrier = threading.Barrier(2)

    def scheduler() -> None:
        barrier.wait()
        start_due_slots(now=NOON)
        connections.close_all()

    threads = [threading.Thread(target=scheduler) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (ScheduleSlot.objects.count(), Run.objects.count()) == (1, 1)
