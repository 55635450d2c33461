"""The schedule's writes: start what is due, once a slot; note signs of life."""

from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction

from core.kinds import KINDS, call_request
from core.models import ProcessBeat, Run, ScheduleEntry, ScheduleSlot, User
from core.services.audit import record_event

DAY_MINUTES = 24 * 60
SUNDAY = datetime(1970, 1, 4, tzinfo=UTC)


# An entry of every minute would otherwise fill the table for ever.
SLOTS_KEPT = timedelta(days=30)


def slot_of(entry: ScheduleEntry, now: datetime) -> datetime:
    """The latest due moment at or before `now`, counted from midnight UTC, or a Sunday's for what is rarer."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if entry.every_minutes > DAY_MINUTES:
        midnight = SUNDAY
    minutes = int((now - midnight).total_seconds() // 60) - entry.offset_minutes
    return midnight + timedelta(minutes=minutes // entry.every_minutes * entry.every_minutes + entry.offset_minutes)


def start_due_slots(*, now: datetime) -> list[Run]:
    """Make the run of every entry whose current slot has none yet. Missed older slots are not made up for."""
    started = []
    for entry in ScheduleEntry.objects.filter(is_enabled=True):
        try:
            with transaction.atomic():
                slot = ScheduleSlot.objects.create(entry=entry, due_at=slot_of(entry, now))
                ScheduleSlot.objects.filter(entry=entry, due_at__lt=now - SLOTS_KEPT).delete()
                run = call_request(KINDS[entry.kind].request)
                if isinstance(run, Run):
                    slot.run = run
                    slot.save(update_fields=["run"])
                    started.append(run)
        except IntegrityError:
            continue  # another scheduler has this slot
    return started


def note_beat(*, name: str, now: datetime) -> None:
    ProcessBeat.objects.update_or_create(name=name, defaults={"at": now})


@transaction.atomic
def enable_entry(*, entry: ScheduleEntry, is_enabled: bool, by: User) -> None:
    """Switch an entry on or off; a run that it has started goes on."""
    entry.is_enabled = is_enabled
    entry.save(update_fields=["is_enabled"])
    record_event(by=by, action="schedule.changed", obj=entry, key=entry.pk, facts={"is_enabled": is_enabled})
