"""The ledger's catalogue: its files, and the versions that say which of their rows count."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models import Run


class LedgerFile(models.Model):
    """One immutable Parquet file: rows of one kind of one upload, sorted by customer and time."""

    class Kind(models.TextChoices):
        LINES = "lines", _("Purchase lines")
        # Lines made of purchase events. A line of a transaction file that says the same goes first.
        PURCHASES = "purchases", _("Purchases among events")
        EVENTS = "events", _("Website events")
        SESSIONS = "sessions", _("Website visits")

    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.LINES)
    upload = models.ForeignKey("crm.Upload", on_delete=models.CASCADE, related_name="ledger_files")
    correction = models.ForeignKey(
        "crm.Upload", null=True, on_delete=models.CASCADE, related_name="+", help_text="Who brought these lines right."
    )
    path = models.CharField(max_length=255, unique=True)
    lines = models.PositiveBigIntegerField()
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    first_on = models.DateField()
    last_on = models.DateField()
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.path


class CatalogueVersion(models.Model):
    """The ledger at one moment, like a commit: which files, and which of their lines are shadowed."""

    class Reason(models.TextChoices):
        PUBLISH = "publish", _("Upload published")
        UNDO = "undo", _("Upload taken back")
        MERGE = "merge", _("Small files merged")

    parent = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.CharField(max_length=10, choices=Reason.choices)
    upload = models.ForeignKey("crm.Upload", null=True, on_delete=models.SET_NULL, related_name="+")
    run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    # The version that brought these lines; it stays while only events and visits come and go, so that nothing is
    # computed anew for them. None: this version itself.
    lines_from = models.PositiveBigIntegerField(null=True)

    def __str__(self) -> str:
        return f"Ledger version {self.pk}"

    @property
    def lines_mark(self) -> int:
        """Two versions with the same mark hold the same lines."""
        return self.lines_from or self.pk


class MergedFile(models.Model):
    """What counted in many small files of one kind of rows, in one sorted file: a copy that is quicker to read.

    The uploads' own files stay the truth. A version reads the copy in their place as long as its entries say so.
    """

    relation = models.CharField(max_length=10)
    path = models.CharField(max_length=255, unique=True)
    files = models.PositiveIntegerField(help_text="How many files it was made of.")
    lines = models.PositiveBigIntegerField()
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.path


class CatalogueEntry(models.Model):
    """A file in a version. Lines that an earlier file of the version already holds are shadowed, not dropped."""

    version = models.ForeignKey(CatalogueVersion, on_delete=models.CASCADE, related_name="entries")
    file = models.ForeignKey(LedgerFile, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveIntegerField(help_text="Order of publication: the earlier file keeps a shared line.")
    shadow_path = models.CharField(max_length=255, blank=True)
    shadowed = models.PositiveBigIntegerField(default=0)
    merged = models.ForeignKey(MergedFile, null=True, on_delete=models.SET_NULL, related_name="entries")

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["version", "file"], name="catalogue_file_once"),
            models.UniqueConstraint(fields=["version", "position"], name="catalogue_position_once"),
        ]

    def __str__(self) -> str:
        return f"{self.version_id}:{self.position}"


class CataloguePointer(models.Model):
    """The one row that says which version is the ledger now; swapping it is publishing."""

    version = models.ForeignKey(CatalogueVersion, null=True, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return str(self.version_id)
