"""What people keep beside the members list: views, notes, texts, and what they did to many members at once."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.models import Customer
from loyalty.models.programme import Programme


class BulkAction(models.Model):
    """One thing done to many members at once, so that it can be undone at once."""

    class Kind(models.TextChoices):
        PIN_IN = "pin_in", _("Pinned in")
        PIN_OUT = "pin_out", _("Pinned out")
        NOTE = "note", _("Noted")

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="bulk_actions")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    customers = models.PositiveIntegerField(help_text="How many it was done to.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.customers}"


class MemberNote(models.Model):
    """What somebody wrote about a customer of the programme, for colleagues."""

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="notes")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    text = models.TextField(max_length=2_000)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    action = models.ForeignKey(BulkAction, null=True, on_delete=models.SET_NULL, related_name="notes")

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["programme", "customer"], name="member_note_customer")]

    def __str__(self) -> str:
        return f"Note {self.pk}"


class SavedView(models.Model):
    """Filters, order and columns of the members list under a name, as the page's address holds them."""

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=1_000, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["programme", "name"], name="saved_view_name_once")]

    def __str__(self) -> str:
        return self.name


class MessageText(models.Model):
    """What members are told, with places for their own figures, such as {member_since}."""

    class Kind(models.TextChoices):
        MEMBER = "member", _("To a member")
        JOINED = "joined", _("On joining")
        WARNED = "warned", _("On a warning")
        LEFT = "left", _("On leaving")

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="message_texts")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    text = models.TextField(max_length=2_000)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["programme", "kind"], name="message_text_once")]

    def __str__(self) -> str:
        return f"{self.programme}: {self.get_kind_display()}"
