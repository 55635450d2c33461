"""Files that are on their way, and what became of them."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.models import User
from crm.models import PartialUpload, Upload


def unfinished_uploads(*, owner: User) -> QuerySet[PartialUpload]:
    """One's own files of which some bytes are here; those that nobody goes on with are cleared when they expire."""
    rows = PartialUpload.objects.filter(owner=owner, upload=None, expires_at__gt=timezone.now())
    return rows.order_by("-created_at")


def partial_data(partial: PartialUpload, *, reader: User | None = None) -> dict[str, Any]:
    upload = partial.upload
    return {
        "id": str(partial.pk),
        "file_name": partial.file_name,
        "size": partial.size,
        "received": partial.received,
        "upload": upload and upload.pk,
        "is_known": partial.is_known,
        "sentence": known_sentence(upload, reader) if upload and partial.is_known else "",
        "page": reverse("crm:upload-detail", args=[upload.pk]) if upload else "",
        "expires_at": timezone.localtime(partial.expires_at).isoformat(),
    }


def known_data(*, sha256: str, reader: User) -> list[dict[str, Any]]:
    """The upload of these bytes, in the form of a file that has arrived; empty when nobody brought them yet."""
    upload = Upload.objects.filter(sha256=sha256.lower()).first()
    if upload is None:
        return []
    page, sentence = reverse("crm:upload-detail", args=[upload.pk]), known_sentence(upload, reader)
    return [{"upload": upload.pk, "file_name": upload.file_name, "is_known": True, "sentence": sentence, "page": page}]


def known_sentence(upload: Upload, reader: User | None) -> str:
    """What to say to whoever brings bytes that are here already."""
    facts = {"day": date_format(timezone.localtime(upload.received_at), "j F Y"), "name": upload.file_name}
    if reader is not None and upload.uploaded_by_id == reader.pk:
        return _("You uploaded this on %(day)s as %(name)s. Nothing was added.") % facts
    return _("This file came on %(day)s as %(name)s. Nothing was added.") % facts
