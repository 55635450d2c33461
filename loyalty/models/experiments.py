"""Experiments: who was kept without, by chance, and what the difference came to."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import Run
from crm.models import Customer
from loyalty.models.programme import Programme
from loyalty.models.reviews import Review
from segmentation.models import Snapshot

LARGEST_SHARE = 0.5


def _pieces(digest: str) -> list[str]:
    return [digest[start : start + 16] for start in range(0, len(digest), 16)]


class Experiment(models.Model):
    """One question with two groups: the programme's own control, the test of an action, or a test run elsewhere."""

    class Kind(models.TextChoices):
        PROGRAMME_CONTROL = "programme_control", _("Control group of the programme")
        ACTION = "action", _("Test of an action")
        IMPORTED = "imported", _("Test run elsewhere")

    class State(models.TextChoices):
        DRAFT = "draft", _("Being prepared")
        RUNNING = "running", _("Running")
        ENDED = "ended", _("Ended")

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="experiments")
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    action = models.TextField(blank=True, help_text="What is done to the treated, and not to the control.")
    population = models.CharField(max_length=40, default="eligible", help_text="eligible, members, tier:gold, …")
    control_share = models.FloatField(default=0.1)
    seed = models.CharField(max_length=64, help_text="Of chance: with it anyone finds the same groups again.")
    uplift = models.FloatField(default=0.1, help_text="The effect that is worth it, as a share of the control's mean.")
    weeks = models.PositiveIntegerField(default=26, help_text="From the start to the planned read-out.")
    plan = models.JSONField(default=dict, help_text="What was reckoned with before the first look; fixed at the start.")
    run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    started_on = models.DateField(null=True, help_text="The day of results at the start.")
    started_at = models.DateTimeField(null=True)
    ended_on = models.DateField(null=True, help_text="The day of results at the end; nothing later is read.")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["programme"],
                condition=Q(kind="programme_control", state="running"),
                name="experiment_one_control",
            ),
            models.CheckConstraint(
                condition=Q(control_share__gt=0, control_share__lte=LARGEST_SHARE) | Q(kind="imported"),
                name="experiment_share_possible",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Draw(models.Model):
    """One draw of chance, with everything needed to repeat it. One made in a review counts once that is applied."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="draws")
    review = models.OneToOneField(Review, null=True, on_delete=models.CASCADE, related_name="draw")
    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="+")
    seed = models.CharField(max_length=64)
    share = models.FloatField()
    people = models.PositiveBigIntegerField()
    controls = models.PositiveBigIntegerField()
    strata = models.PositiveIntegerField()
    drawn_on = models.DateField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.controls} of {self.people}"

    @property
    def seed_parts(self) -> list[str]:
        """In pieces that a narrow page can break between."""
        return _pieces(self.seed)


class Assignment(models.Model):
    """Which arm chance gave to one customer; it holds whatever happens to them afterwards."""

    class Arm(models.TextChoices):
        TREATMENT = "treatment", _("Treated")
        CONTROL = "control", _("Control")

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="assignments")
    draw = models.ForeignKey(Draw, on_delete=models.CASCADE, related_name="assignments")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    arm = models.CharField(max_length=9, choices=Arm.choices)
    stratum = models.PositiveIntegerField(help_text="By value, 0 the lowest.")
    assigned_on = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["experiment", "customer"], name="assignment_once")]
        indexes = [models.Index(fields=["experiment", "arm", "customer"], name="assignment_arm")]

    def __str__(self) -> str:
        return self.arm


class ImportedTable(models.Model):
    """The file of a test run elsewhere. Once read its rows go, for they may name people; size and digest stay."""

    experiment = models.OneToOneField(Experiment, on_delete=models.CASCADE, related_name="table")
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    data = models.BinaryField(null=True)
    arm_column = models.CharField(max_length=80, blank=True)
    control_value = models.CharField(max_length=80, blank=True)

    def __str__(self) -> str:
        return self.name

    @property
    def digest_parts(self) -> list[str]:
        return _pieces(self.sha256)


class ExperimentReading(models.Model):
    """What an experiment showed on one day, frozen."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="readings")
    snapshot = models.ForeignKey(Snapshot, null=True, on_delete=models.SET_NULL, related_name="+")
    as_of = models.DateField(null=True)
    content = models.JSONField()
    checksum = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-as_of", "-pk"]
        constraints = [models.UniqueConstraint(fields=["experiment", "snapshot"], name="experiment_reading_once")]

    def __str__(self) -> str:
        return f"Reading {self.pk}"


class Groundwork(models.Model):
    """What planning rests on (how much people's spending varies), and what shows at the threshold without a control."""

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="groundwork")
    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="+")
    content = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["programme", "snapshot"], name="groundwork_once")]

    def __str__(self) -> str:
        return f"Groundwork {self.pk}"
