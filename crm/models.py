"""Uploads, the ledger's catalogue, and customers."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import Run
from crm.arrival_models import Inbox, InboxFile, PartialUpload
from crm.catalogue_models import CatalogueEntry, CataloguePointer, CatalogueVersion, LedgerFile, MergedFile
from crm.fields import KINDS

__all__ = [
    "CatalogueEntry",
    "CataloguePointer",
    "CatalogueVersion",
    "Customer",
    "CustomerRecord",
    "Inbox",
    "InboxFile",
    "LedgerFile",
    "MergedFile",
    "PartialUpload",
    "SavedMapping",
    "Upload",
]


class Customer(models.Model):
    """The one table that knows a person's outside id. Lines and snapshots hold only its primary key."""

    external_id = models.CharField(max_length=255, unique=True)
    # Case-folded, for search by prefix: people type e-mail addresses as they like.
    search_key = models.CharField(max_length=255, db_index=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.external_id


class CustomerRecord(models.Model):
    """What one file of customers says about one person. It counts while its upload is published.

    Where several published files speak of somebody, the one received last counts, field by field, where it says
    something. Nothing is ever rewritten, so taking a file back takes exactly its own words back.
    """

    upload = models.ForeignKey("Upload", on_delete=models.CASCADE, related_name="customer_records")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="records")
    line_no = models.PositiveBigIntegerField()
    name = models.CharField(max_length=255, blank=True)
    email = models.CharField(max_length=255, blank=True)
    birth_date = models.DateField(null=True)
    country = models.CharField(max_length=255, blank=True)
    city = models.CharField(max_length=255, blank=True)
    consent = models.BooleanField(null=True)
    attributes = models.JSONField(default=dict)
    # Case-folded, for search by prefix; the surname is the name's last word.
    name_key = models.CharField(max_length=255, blank=True, db_index=True)
    surname_key = models.CharField(max_length=255, blank=True, db_index=True)
    email_key = models.CharField(max_length=255, blank=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["upload", "customer"], name="customer_record_once")]

    def __str__(self) -> str:
        return f"{self.upload_id}:{self.line_no}"


class Upload(models.Model):
    """One file that somebody brought, from its first byte to its place in the ledger (or its undo)."""

    class State(models.TextChoices):
        STORED = "stored", _("Received")
        SNIFFED = "sniffed", _("Ready to import")
        MAPPING = "mapping", _("Needs your decision")
        IMPORTING = "importing", _("Importing")
        IMPORTED = "imported", _("Imported, not published")
        PUBLISHED = "published", _("Published")
        UNDONE = "undone", _("Taken back")
        FAILED = "failed", _("Failed")

    class Source(models.TextChoices):
        BROWSER = "browser", _("Browser")
        COMMAND = "command", _("Command")
        API = "api", _("API")
        DEMO = "demo", _("Demo shop")
        INBOX = "inbox", _("Source")

    file_name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64, unique=True)
    storage_name = models.CharField(
        max_length=255, default="", help_text="The bytes as they came, under the storage root."
    )
    rejected_path = models.CharField(max_length=255, blank=True, help_text="Rejected lines as Parquet.")
    kind = models.CharField(max_length=16, default="transactions")
    state = models.CharField(max_length=12, choices=State.choices, default=State.STORED)
    source = models.CharField(max_length=10, choices=Source.choices)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    inbox = models.ForeignKey(Inbox, null=True, on_delete=models.SET_NULL, related_name="+")
    received_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    latest_run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="+")
    completes = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="corrections", help_text="Whose lines it corrects."
    )

    header_fingerprint = models.CharField(max_length=64, blank=True)
    sniff = models.JSONField(null=True, help_text="Columns, dialect, sample, proposed mapping, problems.")
    mapping = models.JSONField(null=True, help_text="As confirmed.")
    is_publish_wanted = models.BooleanField(default=True)

    lines = models.PositiveBigIntegerField(default=0)
    accepted = models.PositiveBigIntegerField(default=0)
    rejected = models.PositiveBigIntegerField(default=0)
    duplicates = models.PositiveBigIntegerField(default=0)
    gross_revenue = models.DecimalField(max_digits=38, decimal_places=6, default=0)
    returned_value = models.DecimalField(max_digits=38, decimal_places=6, default=0)
    customers = models.PositiveBigIntegerField(default=0)
    orders = models.PositiveBigIntegerField(default=0)
    first_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    rejections = models.JSONField(default=list, help_text="[{code, lines, sentence}]")
    warnings = models.JSONField(default=list, help_text="[{code, lines}]")
    seconds = models.FloatField(default=0)
    error_code = models.CharField(max_length=60, blank=True)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-received_at", "-pk"]
        indexes = [models.Index(fields=["-received_at", "-id"], name="upload_newest")]
        constraints = [
            # `duplicates` are accepted lines that another published upload already held.
            models.CheckConstraint(
                condition=Q(lines=models.F("accepted") + models.F("rejected") + models.F("duplicates")),
                name="upload_lines_add_up",
            )
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def net_revenue(self) -> Decimal:
        return self.gross_revenue - self.returned_value

    @property
    def is_busy(self) -> bool:
        return self.latest_run is not None and self.latest_run.is_active

    @property
    def is_open(self) -> bool:
        """Whether it can be read anew and its columns be (re)set: not while work runs, nor while it is published.

        A job that was cancelled or given up leaves its state behind; the upload is open all the same.
        """
        return not self.is_busy and self.state != self.State.PUBLISHED

    @property
    def is_being_checked(self) -> bool:
        """Whether the only work under way is a look at the file under choices that may change meanwhile."""
        run = self.latest_run
        return self.sniff is not None and run is not None and run.is_active and run.kind == "crm.sniff"


class UploadFigures(models.Model):
    """What a published file's lines are like, for its result page; computed after publication."""

    upload = models.OneToOneField(Upload, on_delete=models.CASCADE, related_name="figures")
    figures = models.JSONField(help_text="As crm.jobs.describe computes them; money as text.")
    computed_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "upload figures"

    def __str__(self) -> str:
        return f"Figures of upload {self.upload_id}"


class SavedMapping(models.Model):
    """What was confirmed for a header, offered again for the next file that has it."""

    header_fingerprint = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=120)
    mapping = models.JSONField()
    columns = models.JSONField(default=list, help_text="The header's columns, in the order of the file.")
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    saved_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

    @property
    def kind_label(self) -> object:
        return KINDS[self.mapping.get("kind", "transactions")].label


class LineExport(models.Model):
    """Lines written as one file for a notebook or a spreadsheet. It goes after a day; the ledger is what lasts."""

    class Format(models.TextChoices):
        PARQUET = "parquet", "Parquet"
        CSV = "csv", "CSV"

    format = models.CharField(max_length=8, choices=Format.choices)
    filters = models.JSONField(default=dict, help_text="As crm.ledger.LineFilter has them: keys, never outside ids.")
    version = models.ForeignKey(CatalogueVersion, null=True, on_delete=models.SET_NULL, related_name="+")
    run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="+")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    requested_at = models.DateTimeField()
    path = models.CharField(max_length=255, blank=True)
    lines = models.PositiveBigIntegerField(default=0)
    size = models.PositiveBigIntegerField(default=0)
    written_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Export {self.pk}"
