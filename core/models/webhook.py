"""Other programs that want to be told, and what they were told."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class WebhookEndpoint(models.Model):
    """An address of another program, like a standing order for news. An administrator sets it up.

    The secret is kept as it is, for each message is signed with it anew; pages show it once.
    """

    url = models.URLField(max_length=500)
    events = models.JSONField(default=list, help_text="Names of the events that it wants, such as member.joined.")
    secret = models.CharField(max_length=80)
    is_enabled = models.BooleanField(default=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.url


class WebhookDelivery(models.Model):
    """One message to one endpoint. Its body goes once it has arrived, or was given up and its time is over."""

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Given up")

    id = models.BigAutoField(primary_key=True)
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries")
    uuid = models.UUIDField(default=uuid.uuid4, editable=False, help_text="The same in every attempt.")
    key = models.CharField(max_length=100, help_text="What it tells of: the same news is told once.")
    event = models.CharField(max_length=40)
    body = models.TextField(blank=True)
    entries = models.PositiveIntegerField(default=0, help_text="How many things it tells of.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(help_text="Not before this moment.")
    status = models.PositiveIntegerField(null=True, help_text="The HTTP status of the latest answer.")
    problem = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["endpoint", "key"], name="webhook_delivery_once")]
        indexes = [models.Index(fields=["endpoint", "state", "id"], name="webhook_delivery_queue")]

    def __str__(self) -> str:
        return f"{self.event} {self.uuid}"
