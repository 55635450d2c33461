"""The rules: in words, as thresholds to edit, and what a change would do before anything changes."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from analytics.scoring.rules import RuleError
from core.permissions import acting_user, require
from core.problems import Problem
from loyalty import rules
from loyalty.forms import ProgrammeForm, RulesForm
from loyalty.models import Programme, RuleVersion
from loyalty.preview import Preview, preview_rules
from loyalty.selectors.standing import active_rules, default_programme
from loyalty.services import activate_rules, propose_rules, set_programme
from loyalty.views.tabs import programme_tabs
from segmentation.selectors import current_snapshot

VERSIONS_SHOWN = 20


@dataclass(frozen=True)
class VersionRow:
    version: RuleVersion
    entry: list[str]
    stay: list[str]
    source: str


@require_http_methods(["GET", "HEAD", "POST"])
@require("view", "programme.propose")
def rules_page(request: HttpRequest) -> HttpResponse:
    """GET shows; POST previews the thresholds in the form, and with `save` keeps them as a new version."""
    programme = default_programme()
    base = active_rules(programme) or programme.rule_versions.first()
    form = RulesForm(base.entry, base.stay, request.POST or None) if base else None
    preview: Preview | None = None
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            if "save" in request.POST:
                _save(request, programme, form)
                return redirect("loyalty:rules")
            preview = _preview(programme, form)
        except (Problem, RuleError) as problem:
            form.add_error(None, getattr(problem, "message", str(problem)))
    return render(request, "loyalty/rules.html", _context(programme, base, form, preview))


def _save(request: HttpRequest, programme: Programme, form: RulesForm) -> None:
    version = propose_rules(
        programme=programme,
        entry=form.rule("entry"),
        stay=form.rule("stay"),
        by=acting_user(request),
        snapshot=current_snapshot(),
    )
    messages.success(
        request, _("Kept as version %(number)s. It counts once it is put in force.") % {"number": version.number}
    )


def _preview(programme: Programme, form: RulesForm) -> Preview | None:
    snapshot = current_snapshot()
    if snapshot is None:
        return None
    entry, stay = form.rule("entry"), form.rule("stay")
    rules.check_rules(entry, stay)
    return preview_rules(
        programme=programme, snapshot=snapshot, entry=entry, stay=stay, grace_days=programme.grace_days
    )


def _context(
    programme: Programme, base: RuleVersion | None, form: RulesForm | None, preview: Preview | None
) -> dict[str, Any]:
    return {
        "title": _("Rules"),
        "programme": programme,
        "base": _row(base) if base else None,
        "versions": [_row(version) for version in programme.rule_versions.all()[:VERSIONS_SHOWN]],
        "form": form,
        "preview": preview,
        "preview_note": preview_note(preview) if preview else "",
        "settings_form": ProgrammeForm(initial=_settings(programme)),
        "tabs": programme_tabs("rules"),
    }


def _settings(programme: Programme) -> dict[str, Any]:
    return {name: getattr(programme, name) for name in ProgrammeForm.base_fields}


def _row(version: RuleVersion) -> VersionRow:
    return VersionRow(
        version, rules.describe_all(version.entry), rules.describe_all(version.stay), source_text(version.source)
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
    return _("Set by a person.")


def preview_note(preview: Preview) -> str:
    """A word on rules that admit nobody or everybody."""
    if preview.eligible == 0:
        return _("Nobody meets these rules: lower the thresholds, or the programme will be empty.")
    if preview.eligible == preview.customers:
        return _("Everybody meets these rules: raise the thresholds, or membership will say nothing.")
    return ""


@require_POST
@require("programme.approve")
def rules_activate(request: HttpRequest, pk: int) -> HttpResponse:
    version = get_object_or_404(RuleVersion, pk=pk)
    try:
        activate_rules(version=version, by=acting_user(request))
    except Problem as problem:
        messages.error(request, problem.message)
    else:
        messages.success(request, _("These rules are in force. The next review applies them."))
    return redirect("loyalty:rules")


@require_POST
@require("programme.approve")
def programme_settings(request: HttpRequest) -> HttpResponse:
    programme = default_programme()
    form = ProgrammeForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Both periods must be whole numbers."))
        return redirect("loyalty:rules")
    try:
        set_programme(programme=programme, by=acting_user(request), **form.cleaned_data)
    except Problem as problem:
        messages.error(request, problem.message)
    else:
        messages.success(request, _("The settings are saved."))
    return redirect("loyalty:rules")
