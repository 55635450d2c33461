"""Files that are on their way: dropped in a browser piece by piece, or waiting where a source looks."""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class PartialUpload(models.Model):
    """A file of which some bytes are here, like a parcel that comes in several boxes.

    The row is the truth: bytes on the disk beyond `received` were never acknowledged, and are cut off. Whoever writes
    has the turn: a token with an end, renewed while bytes flow, so that a hanging connection keeps nobody out for long.
    When all is here the row names the upload that the file became, until it expires.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    source = models.CharField(max_length=10)
    file_name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    received = models.PositiveBigIntegerField(default=0)
    writer = models.CharField(max_length=32, blank=True)
    writer_until = models.DateTimeField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    storage_name = models.CharField(max_length=255, blank=True, help_text="Where the finished file is being moved.")
    upload = models.ForeignKey("crm.Upload", null=True, on_delete=models.CASCADE, related_name="+")
    is_known = models.BooleanField(default=False, help_text="The same bytes had been uploaded before.")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(condition=Q(received__lte=F("size")), name="partial_upload_within_size"),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_complete(self) -> bool:
        return self.received == self.size

    @property
    def percent(self) -> int:
        return self.received * 100 // self.size if self.size else 100

    def is_expired(self, now: datetime) -> bool:
        return self.expires_at <= now


class Inbox(models.Model):
    """A place that is looked at by itself, again and again: what is new there is taken without a person."""

    class Kind(models.TextChoices):
        FOLDER = "folder", _("Watched folder")
        PULL = "pull", _("Web address")
        S3 = "s3", _("Object storage")

    class Policy(models.TextChoices):
        IMPORT = "import", _("Import what is certain")
        ASK = "ask", _("Always wait for a person")

    name = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    location = models.CharField(max_length=1000, help_text="Folder, https address, or s3://bucket/prefix.")
    policy = models.CharField(max_length=8, choices=Policy.choices, default=Policy.IMPORT)
    is_moved = models.BooleanField(default=False, help_text="Taken files of a folder are moved to done/ in it.")
    token_name = models.CharField(max_length=60, blank=True, help_text="Which of PULL_TOKENS; never the token itself.")
    every_minutes = models.PositiveIntegerField(default=15)
    is_enabled = models.BooleanField(default=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True, help_text="Why the latest look did not succeed; a sentence.")
    latest_run = models.ForeignKey("core.Run", null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["name"]
        constraints = [models.CheckConstraint(condition=Q(every_minutes__gte=1), name="inbox_every_positive")]

    def __str__(self) -> str:
        return self.name


class InboxFile(models.Model):
    """One version of one file that a source showed. It is taken once, when two looks saw it alike."""

    inbox = models.ForeignKey(Inbox, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(max_length=1000)
    version = models.CharField(max_length=120, help_text="Size and time, or the server's own mark.")
    size = models.PositiveBigIntegerField(default=0)
    seen_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    upload = models.ForeignKey("crm.Upload", null=True, on_delete=models.SET_NULL, related_name="+")
    is_known = models.BooleanField(default=False, help_text="The same bytes had been uploaded before.")
    problem = models.TextField(blank=True)

    class Meta:
        ordering = ["-seen_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["inbox", "name", "version"], name="inbox_file_version_once")]

    def __str__(self) -> str:
        return self.name
