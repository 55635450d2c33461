"""Who gets the report by e-mail, and each mail that was sent."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from loyalty.models.programme import Programme
from loyalty.models.report import Report


class ReportMailing(models.Model):
    """The report by e-mail, on every day, week or month, to people who have an account here and may read it."""

    class Every(models.TextChoices):
        DAY = "day", _("Every day")
        WEEK = "week", _("Every week, on Monday")
        MONTH = "month", _("Every month, on the first")

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="mailings")
    every = models.CharField(max_length=5, choices=Every.choices)
    recipients = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")
    is_enabled = models.BooleanField(default=True)
    starts_on = models.DateField(help_text="No mail for a day before.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"Mailing {self.pk}"


class ReportDelivery(models.Model):
    """One mail to one person for one due day: at most one of them is on record as sent."""

    class State(models.TextChoices):
        SENDING = "sending", _("Being sent")
        SENT = "sent", _("Sent")
        SKIPPED = "skipped", _("Not sent")
        FAILED = "failed", _("Failed")

    mailing = models.ForeignKey(ReportMailing, on_delete=models.CASCADE, related_name="deliveries")
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    due_on = models.DateField()
    report = models.ForeignKey(Report, null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=8, choices=State.choices, default=State.SENDING)
    reason = models.TextField(blank=True, help_text="Why it was not sent, in a sentence.")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["mailing", "recipient", "due_on"], name="report_delivery_once"),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.due_on}"
