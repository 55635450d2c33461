"""What is advised for each group, the actions that were taken, and what became of them."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import Run
from crm.models import Customer
from loyalty.models.experiments import Experiment
from loyalty.models.programme import Programme
from segmentation.models import Snapshot


class Affinity(models.Model):
    """What customers of one snapshot's ledger buy together and next: two files, and the figures that pages show."""

    snapshot = models.OneToOneField(Snapshot, on_delete=models.CASCADE, related_name="affinity")
    pairs_path = models.CharField(max_length=255, help_text="Item to next item, as Parquet.")
    pairs_sha256 = models.CharField(max_length=64)
    next_path = models.CharField(max_length=255, help_text="Suggestions by customer, as Parquet.")
    next_sha256 = models.CharField(max_length=64)
    content = models.JSONField(default=dict, help_text="Counts, the surest pairs, the products most sent back.")
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"Affinity of results {self.snapshot_id}"


class Advice(models.Model):
    """Recommended actions of one programme's groups on one snapshot; `mark` names the list and rules it rests on."""

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="advice")
    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="+")
    mark = models.CharField(max_length=120)
    content = models.JSONField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["programme", "snapshot"], name="advice_once")]

    def __str__(self) -> str:
        return f"Advice {self.pk}"


class Action(models.Model):
    """Something done for a frozen audience: like a letter with a list of addressees, a date, and a day of reckoning."""

    class Kind(models.TextChoices):
        WIN_BACK = "win_back", _("Win back")
        SECOND_ORDER = "second_order", _("Second order")
        CROSS_SELL = "cross_sell", _("Cross-sell")
        FEWER_RETURNS = "fewer_returns", _("Fewer returns")
        DISCOUNT = "discount", _("Discount")
        VISIT = "visit", _("Personal visit")

    class State(models.TextChoices):
        PREPARING = "preparing", _("Being prepared")
        RUNNING = "running", _("Running")
        READ_OUT = "read_out", _("Read out")
        CALLED_OFF = "called_off", _("Called off")

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="actions")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    group = models.CharField(max_length=40, help_text="members, candidates, warned, tier:gold, segment:3, …")
    group_label = models.CharField(max_length=160, help_text="The group in words when the action was taken.")
    name = models.CharField(max_length=80)
    text = models.TextField(help_text="What is done.")
    reason = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PREPARING)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    due_on = models.DateField()
    reads_out_on = models.DateField()
    control_share = models.FloatField(help_text="0: everybody is treated, and the effect can't be known.")
    audience = models.PositiveBigIntegerField(default=0)
    controls = models.PositiveBigIntegerField(default=0)
    expected_worth = models.DecimalField(max_digits=20, decimal_places=2, default=0)
    worth_basis = models.CharField(max_length=200, blank=True)
    snapshot = models.ForeignKey(Snapshot, null=True, on_delete=models.SET_NULL, related_name="+")
    experiment = models.OneToOneField(Experiment, null=True, on_delete=models.SET_NULL, related_name="taken_action")
    run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="+")
    frozen_on = models.DateField(null=True, help_text="The day of the results that the audience was taken from.")
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    read_out = models.JSONField(null=True, help_text="What the groups brought by the read-out day, frozen.")
    read_out_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(reads_out_on__gt=models.F("due_on")), name="action_read_after_due"),
            models.CheckConstraint(
                condition=~Q(state="read_out") | Q(read_out_at__isnull=False), name="action_read_out_has_time"
            ),
        ]
        indexes = [models.Index(fields=["state", "reads_out_on"], name="action_due")]

    def __str__(self) -> str:
        return self.name


class ActionMember(models.Model):
    """One customer of a frozen audience, with the item suggested on that day; the control is left alone."""

    action = models.ForeignKey(Action, on_delete=models.CASCADE, related_name="members")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    is_control = models.BooleanField(default=False)
    item_id = models.CharField(max_length=255, blank=True)
    item_name = models.CharField(max_length=255, blank=True)
    because = models.CharField(max_length=255, blank=True, help_text="The customer's item that speaks for it.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["action", "customer"], name="action_member_once")]

    def __str__(self) -> str:
        return f"{self.customer_id} of action {self.action_id}"
