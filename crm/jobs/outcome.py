"""What came of a file, at its upload: the last thing that an import writes, and the taking in of corrected lines."""

import time
from typing import Any

from django.utils import timezone

from crm.models import Upload

# What an import may write of its upload: the rest is other people's.
OUTCOME = [
    *("kind", "state", "error_code", "error", "seconds", "published_at", "rejected_path"),
    *("lines", "accepted", "rejected", "duplicates", "gross_revenue", "returned_value"),
    *("customers", "orders", "first_at", "last_at", "rejections", "warnings"),
]


def save_outcome(upload: Upload, figures: dict[str, Any], started: float, *, is_published: bool) -> None:
    """Inside the last transaction. `started` is of the monotonic clock."""
    upload.error_code = upload.error = ""
    upload.seconds = round(time.monotonic() - started, 3)
    upload.state = Upload.State.PUBLISHED if is_published else Upload.State.IMPORTED
    if is_published:
        upload.published_at = timezone.now()
    for name, value in figures.items():
        setattr(upload, name, value)
    upload.save(update_fields=OUTCOME)


def demo_uploads(upload: Upload) -> set[int]:
    """Demo lines and real lines never mix: the first real file takes the demo's place."""
    if upload.source == Upload.Source.DEMO:
        return set()
    demo = Upload.objects.filter(source=Upload.Source.DEMO, state=Upload.State.PUBLISHED)
    return set(demo.values_list("pk", flat=True))
