"""What the ledger holds now."""

from datetime import date
from typing import Any

from django.db.models import Max, Min, Sum

from core.services.audit import digest_of
from crm import ledger
from crm.ledger.relations import LINES, PURCHASES
from crm.ledger.storage import digest_in_name
from crm.models import CataloguePointer, CatalogueVersion, Upload


def current_version() -> CatalogueVersion | None:
    """The ledger's version that is published now."""
    pointer = CataloguePointer.objects.select_related("version").filter(pk=1).first()
    return pointer.version if pointer else None


def newer_version(known: int | None) -> CatalogueVersion | None:
    """The published version, with its upload, where it holds other lines than the version `known` (None: unknown)."""
    pointer = CataloguePointer.objects.select_related("version__upload").filter(pk=1).first()
    version = pointer.version if pointer else None
    if version is None or known is None or version.pk == known or version.lines_mark == known:
        return None
    before = CatalogueVersion.objects.filter(pk=known).first()
    return version if before is None or before.lines_mark != version.lines_mark else None


def lines_held(version: CatalogueVersion) -> dict[str, Any]:
    """What a version's purchase lines are: the number of files they came in, and `data`, a digest.

    The digest is of the files' own bytes, of how they were read and of which of their lines count, never of keys: equal
    wherever the same files were published with the same outcome. It costs one query and opens no file.
    """
    entries = version.entries.filter(file__kind__in=LINES.kinds)
    marks = [
        [kind, sha256, correction, _way_of_reading(mapping), digest_in_name(shadow), *map(str, figures)]
        for kind, sha256, correction, mapping, shadow, *figures in entries.values_list(*MARKS, *FIGURES)
    ]
    # In whatever order they were published: what that decides shows in the shadows.
    return {"files": len({tuple(mark[1:3]) for mark in marks}), "data": digest_of(sorted(map(digest_of, marks)))}


MARKS = ("file__kind", "file__upload__sha256", "file__correction__sha256", "file__upload__mapping", "shadow_path")
# A file that was taken back may come back after somebody looked at it under another mapping; these tell.
FIGURES = (
    *("file__lines", "file__first_on", "file__last_on", "shadowed"),
    *("file__upload__gross_revenue", "file__upload__returned_value", "file__upload__orders"),
)


def _way_of_reading(mapping: dict[str, Any] | None) -> dict[str, Any]:
    """The mapping without the name that it was kept under."""
    return {name: value for name, value in (mapping or {}).items() if name != "name"}


def has_lines() -> bool:
    """Whether any purchase is published now: not after every file was taken back, nor with visits alone."""
    version = current_version()
    return version is not None and version.entries.filter(file__kind__in=LINES.kinds).exists()


def default_as_of() -> date | None:
    """The latest purchase day of the ledger that is not after its file was received."""
    return ledger.latest_purchase_on(current_version())


def span_of_lines() -> tuple[date, date] | None:
    """The days of the first and the latest purchase line, as the files say; reads no line. None without lines."""
    version = current_version()
    if version is None:
        return None
    mine = version.entries.filter(file__kind__in=LINES.kinds)
    found = mine.aggregate(first=Min("file__first_on"), last=Max("file__last_on"))
    return None if found["first"] is None else (found["first"], found["last"])


def has_demo_data() -> bool:
    return Upload.objects.filter(source=Upload.Source.DEMO, state=Upload.State.PUBLISHED).exists()


def is_real_data_published() -> bool:
    return Upload.objects.exclude(source=Upload.Source.DEMO).filter(state=Upload.State.PUBLISHED).exists()


def has_real_data() -> bool:
    """Whether any real file was ever published: from then on the demo shop never comes back by itself."""
    return Upload.objects.exclude(source=Upload.Source.DEMO).filter(published_at__isnull=False).exists()


def known_purchases(upload: Upload) -> int:
    """How many purchases among an upload's events a purchase file, or an earlier file of events, holds as well."""
    version = current_version()
    if version is None:
        return 0
    mine = version.entries.filter(file__upload=upload, file__kind__in=PURCHASES.kinds)
    return mine.aggregate(total=Sum("shadowed"))["total"] or 0
