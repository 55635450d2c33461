"""The versions of the rules: how each came about, and a person's word on those that wait."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.permissions import acting_user, require
from core.problems import Problem
from loyalty import rules, services
from loyalty.models import Programme, RuleVersion
from loyalty.programme_forms import DayForm
from loyalty.views.choosing import back_to, chosen_programme

VERSIONS_SHOWN = 20


@dataclass(frozen=True)
class VersionRow:
    version: RuleVersion
    entry: list[str]
    stay: list[str]
    source: str
    state: str
    tone: str
    is_own: bool  # proposed by who looks, where the programme asks for a second person
    is_waiting: bool


TONES = {"proposed": "warning", "approved": "info", "active": "good", "retired": "neutral"}


def version_rows(programme: Programme, person: Any) -> list[VersionRow]:
    """The newest versions, finished for the page."""
    found = programme.rule_versions.select_related("created_by", "approved_by")[:VERSIONS_SHOWN]
    return [version_row(version, programme, person) for version in found]


def version_row(version: RuleVersion, programme: Programme, person: Any) -> VersionRow:
    state = version.state
    is_withdrawn = state == RuleVersion.State.RETIRED and version.in_force_at is None
    return VersionRow(
        version=version,
        entry=rules.describe_all(version.entry),
        stay=rules.describe_all(version.stay),
        source=source_text(version.source),
        state=_("Withdrawn") if is_withdrawn else version.get_state_display(),
        tone=TONES[state],
        is_own=programme.needs_second_person and version.created_by_id == person.pk,
        is_waiting=state in {RuleVersion.State.PROPOSED, RuleVersion.State.APPROVED},
    )


def source_text(source: dict[str, Any]) -> str:
    """How a version came about, and how well it agrees with what it was read from."""
    if source.get("kind") == "segment":
        return _(
            "Read off the segment “%(name)s” (%(target_size)s customers): the rules find %(recall)s of them, and "
            "%(precision)s of those whom the rules admit belong to it."
        ) % {
            "name": source["name"],
            "target_size": f"{source['target_size']:,}",
            "recall": f"{source['recall']:.0%}".replace("%", " %"),
            "precision": f"{source['precision']:.0%}".replace("%", " %"),
        }
    if source.get("kind") == "top_share":
        return _("Set so that about the top %(share)s by revenue enter, because no segment stood out.") % {
            "share": f"{source['share']:.0%}".replace("%", " %")
        }
    if source.get("kind") == "reverted":
        return _("Version %(to)s again, instead of version %(from)s.") % source
    if source.get("start"):
        return _("Set by a person, from this start: %(start)s.") % {"start": source["start"]}
    return _("Set by a person.")


@require_POST
@require("programme.approve")
def rules_approve(request: HttpRequest, pk: int) -> HttpResponse:
    """In force at once, or from the day in the form on."""
    version = get_object_or_404(RuleVersion.objects.select_related("programme"), pk=pk)
    form = DayForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("This is no day: choose one, or leave the field empty for at once."))
        return back_to("loyalty:rules", version.programme, fragment="versions")
    day = form.cleaned_data["effective_on"]

    def approve() -> None:
        approved = services.approve_rules(version=version, by=acting_user(request), effective_on=day)
        if approved.state == RuleVersion.State.APPROVED:
            text = _("Approved. These rules count from the first results of %(day)s or later.")
            messages.success(request, text % {"day": date_format(day, "j F Y")})
        else:
            messages.success(request, _("These rules are in force. The next review applies them."))

    return _done(request, version.programme, approve)


@require_POST
@require("programme.propose")
def rules_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    version = get_object_or_404(RuleVersion.objects.select_related("programme"), pk=pk)

    def withdraw() -> None:
        services.withdraw_rules(version=version, by=acting_user(request))
        messages.success(request, _("Version %(number)s is withdrawn.") % {"number": version.number})

    return _done(request, version.programme, withdraw)


@require_POST
@require("programme.approve")
def rules_revert(request: HttpRequest) -> HttpResponse:
    """One click: the rules that were in force before."""
    programme = chosen_programme(request)

    def revert() -> None:
        version = services.revert_rules(programme=programme, by=acting_user(request))
        text = _("Version %(before)s is in force again, as version %(number)s. The next review applies it.")
        messages.success(request, text % {"before": version.source["to"], "number": version.number})

    return _done(request, programme, revert)


def _done(request: HttpRequest, programme: Programme, write: Callable[[], None]) -> HttpResponse:
    try:
        write()
    except Problem as problem:
        messages.error(request, problem.message)
    return back_to("loyalty:rules", programme, fragment="versions")
