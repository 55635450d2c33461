"""What happens when, as rows; and the signs of life of the processes that make it happen."""

from django.db import models

from core.models.run import Run


class ScheduleEntry(models.Model):
    """A kind of run that is due every `every_minutes`, counted from midnight UTC plus `offset_minutes`.

    What is rarer than daily is counted from the midnight of a Sunday.
    """

    name = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=40)
    every_minutes = models.PositiveIntegerField()
    offset_minutes = models.PositiveIntegerField(default=0)
    is_enabled = models.BooleanField(default=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(every_minutes__gte=1), name="schedule_every_positive")]

    def __str__(self) -> str:
        return self.name


class ScheduleSlot(models.Model):
    """One due moment of an entry. Unique, so two schedulers can't both start its run."""

    entry = models.ForeignKey(ScheduleEntry, on_delete=models.CASCADE, related_name="slots")
    due_at = models.DateTimeField()
    run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entry", "due_at"], name="schedule_slot_once")]

    def __str__(self) -> str:
        return f"{self.entry} {self.due_at:%Y-%m-%d %H:%M}"


class ProcessBeat(models.Model):
    """When a kind of process last proved that it hears and works (not only that it is alive)."""

    name = models.CharField(max_length=40, unique=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
