"""Who did what, in a chain that shows any later change. It holds keys and digests, never values."""

from django.db import models


class AuditEvent(models.Model):
    """One service call. `hash` covers this event and the one before it, like pages numbered in a bound book.

    No foreign keys: the book outlives what it speaks of. A customer appears as its surrogate key, so that a person
    can be forgotten while the chain stays whole.
    """

    sequence = models.PositiveBigIntegerField(unique=True)
    at = models.DateTimeField()
    actor_key = models.CharField(max_length=60, help_text="user:7, or system")
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=60)
    object_key = models.CharField(max_length=60)
    facts = models.JSONField(default=dict, help_text="Counts, states and keys only.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of what was changed.")
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["-sequence"]
        indexes = [models.Index(fields=["object_type", "object_key"], name="audit_object")]

    def __str__(self) -> str:
        return f"{self.sequence} {self.action}"


class AuditHead(models.Model):
    """The newest link, locked while the next one is forged; there is one row, made by a migration."""

    sequence = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="")

    def __str__(self) -> str:
        return str(self.sequence)
