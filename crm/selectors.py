"""Reads of uploads, customers and the ledger."""

from crm.models import CataloguePointer, CatalogueVersion, Upload


def current_version() -> CatalogueVersion | None:
    """The ledger's version that is published now."""
    pointer = CataloguePointer.objects.select_related("version").filter(pk=1).first()
    return pointer.version if pointer else None


def has_demo_data() -> bool:
    return Upload.objects.filter(source=Upload.Source.DEMO, state=Upload.State.PUBLISHED).exists()


def has_real_data() -> bool:
    """Whether any real file was ever published: from then on the demo shop never comes back by itself."""
    return Upload.objects.exclude(source=Upload.Source.DEMO).filter(published_at__isnull=False).exists()


def default_as_of() -> date | None:
    """The latest purchase day of the ledger that is not after its file was received."""
    version = current_version()
    if version is None:
        return None
    received = min(
        (entry.file.upload.received_at for entry in version.entries.select_related("file__upload")), default=None
    )
    if received is None:
        return None
    latest = version.entries.filter(file__last_on__lte=timezone.localdate(received)).aggregate(latest=Max("file__last_on"))["latest"]
    if latest is not None and latest == version.entries.aggregate(latest=Max("file__last_on"))["latest"]:
        return cast(date, latest)
    with ledger.reading(version) as connection:
        row = connection.execute(
            "SELECT max(ordered_on) FROM lines WHERE is_purchase AND ordered_on <= ?", [timezone.localdate()]
        ).fetchone()
    return row[0] if row else None
