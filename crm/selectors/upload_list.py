"""The list of uploads: what waits for a word first, then everything, by state, kind and name."""

from django.db.models import QuerySet

from core.models import Run
from crm.models import Upload
from crm.selectors.uploads import uploads

# As people look for them: a state of the list is one or several of an upload.
STATES: dict[str, tuple[Upload.State, ...]] = {
    "waiting": (Upload.State.MAPPING, Upload.State.SNIFFED),
    "working": (Upload.State.STORED, Upload.State.IMPORTING),
    "published": (Upload.State.PUBLISHED,),
    "imported": (Upload.State.IMPORTED,),
    "undone": (Upload.State.UNDONE,),
    "failed": (Upload.State.FAILED,),
}


def waiting_uploads() -> QuerySet[Upload]:
    """Files that were looked at and wait for a person: questions first, then what only has to be confirmed."""
    rows = uploads().filter(state__in=STATES["waiting"]).exclude(latest_run__state__in=Run.ACTIVE)
    return rows.order_by("state", "-received_at", "-pk")  # "mapping" before "sniffed"


def certain_uploads() -> QuerySet[Upload]:
    """Those of them whose proposal leaves nothing to decide."""
    return waiting_uploads().filter(state=Upload.State.SNIFFED).exclude(source=Upload.Source.DEMO)


def found_uploads(*, state: str = "", kind: str = "", name: str = "") -> QuerySet[Upload]:
    rows = uploads().select_related("inbox")
    if state:
        rows = rows.filter(state__in=STATES[state])
    if kind:
        rows = rows.filter(kind=kind)
    if name:
        rows = rows.filter(file_name__icontains=name)
    return rows
