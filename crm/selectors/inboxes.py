"""Sources, and what they brought."""

from typing import Any

from django.db.models import Count, Max, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from core.ui import Column
from crm.models import Inbox, InboxFile

INBOX_COLUMNS = (
    Column(_("Source")),
    Column(_("State")),
    Column(_("How often")),
    Column(_("Files taken"), is_numeric=True),
    Column(_("Latest file")),
    Column(_("Latest look")),
    Column(_("Look now"), is_hidden=True),
)
FILE_COLUMNS = (Column(_("File")), Column(_("State")), Column(_("Size"), is_numeric=True), Column(_("Seen")))


def inboxes() -> QuerySet[Inbox]:
    """All sources, each with `taken` and `latest_at`."""
    taken = Q(files__taken_at__isnull=False)
    rows = Inbox.objects.select_related("latest_run")
    return rows.annotate(taken=Count("files", filter=taken), latest_at=Max("files__taken_at")).order_by("name")


def inbox_files(inbox: Inbox) -> QuerySet[InboxFile]:
    return InboxFile.objects.filter(inbox=inbox).select_related("upload").order_by("-seen_at", "-pk")


def sources_problem() -> dict[str, Any] | None:
    """The first source that could not be read at its latest look, for pages that tell of it."""
    inbox = Inbox.objects.filter(is_enabled=True).exclude(problem="").first()
    return {"name": inbox.name, "problem": inbox.problem} if inbox else None
