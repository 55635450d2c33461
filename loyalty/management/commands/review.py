"""`manage.py review`: the programme's rules against the current results."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils.module_loading import import_string

from core.commands import CommandFailure, JsonCommand
from core.models import User
from core.money import plain
from core.runs import JobRefused
from loyalty.models import Programme
from loyalty.preview import preview_rules
from loyalty.selectors.standing import active_rules, default_programme
from loyalty.services.requests import request_review
from segmentation.models import Snapshot
from segmentation.selectors import current_snapshot


class Command(JsonCommand):
    help = "Review the Insiders: who joins, keeps, is warned, leaves. Applied at once unless approval is required."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count; nothing is written")
        parser.add_argument("--programme", metavar="NAME", help="which programme; the first one when left out")
        parser.add_argument(
            "--approve-as", metavar="USER", help="apply it in the name of this manager or administrator"
        )

    def perform(
        self, *args: Any, dry_run: bool, approve_as: str | None, programme: str | None, **_: Any
    ) -> dict[str, Any]:
        approver = _approver(approve_as)
        chosen = _programme(programme)
        if dry_run:
            return self._preview(chosen)
        result: dict[str, Any] = (
            self.finish(request_review(by=approver, programme=chosen, approver=approver)).result or {}
        )
        return result

    def _preview(self, programme: Programme) -> dict[str, Any]:
        snapshot = current_snapshot()
        if snapshot is None:
            raise JobRefused("no_snapshot", "There are no results yet: ingest purchases and run refresh first.")
        entry, stay = _rules(programme, snapshot)
        found = preview_rules(
            programme=programme, snapshot=snapshot, entry=entry, stay=stay, grace_days=programme.grace_days
        )
        names = ("joined", "left", "kept", "warned", "members", "eligible")
        return {
            "review": None,
            "state": "proposed",
            "snapshot": snapshot.pk,
            "as_of": snapshot.as_of,
            **{name: getattr(found, name) for name in names},
            "revenue_at_stake": plain(found.revenue_at_stake),
            "dry_run": True,
        }


def _rules(programme: Programme, snapshot: Snapshot) -> tuple[Any, Any]:
    """The rules in force, or those that the first review would propose."""
    version = active_rules(programme)
    if version is not None:
        return version.entry, version.stay
    # Only this case needs the job's libraries, and a command is a process of its own.
    entry, stay, _source = import_string("loyalty.jobs.proposing.first_rules")(snapshot)
    return entry, stay


def _programme(name: str | None) -> Programme:
    if name is None:
        return default_programme()
    found = Programme.objects.filter(name__iexact=name).first()
    if found is None:
        raise CommandFailure("unknown_programme", f"There is no programme “{name}”.")
    return found


def _approver(name: str | None) -> User | None:
    if name is None:
        return None
    user = User.objects.filter(username__iexact=name, is_active=True).first()
    if user is None:
        raise CommandFailure("unknown_user", f"There is no active account “{name}”.")
    return user
