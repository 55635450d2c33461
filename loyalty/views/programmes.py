"""The programmes: their settings, their names, new ones and those put away."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from core.permissions import acting_user, require
from core.problems import Problem
from loyalty import services
from loyalty.models import Programme
from loyalty.programme_forms import NameForm, ProgrammeForm
from loyalty.views.choosing import about, back_to, chosen_programme


@require_http_methods(["GET", "HEAD", "POST"])
@require("view", "programme.approve")
def programme_settings(request: HttpRequest) -> HttpResponse:
    programme = chosen_programme(request)
    form = ProgrammeForm(request.POST or None, instance=programme)
    if request.method == "POST" and form.is_valid():
        try:
            services.set_programme(programme=programme, by=acting_user(request), **form.cleaned_data)
        except Problem as problem:
            _note(form, problem)
        else:
            messages.success(request, _("The settings are saved. They count from the next review on."))
            return back_to("loyalty:programme-settings", programme)
    return render(request, "loyalty/programme_settings.html", _context(request, programme, form))


def _note(form: ProgrammeForm, problem: Problem) -> None:
    """A refusal beside the field that it speaks of."""
    form.add_error(problem.problem_code if problem.problem_code in form.fields else None, problem.message)


def _context(request: HttpRequest, programme: Programme, form: ProgrammeForm) -> dict[str, Any]:
    return {
        "title": _("Settings of %(name)s") % {"name": programme.name},
        "form": form,
        "definitions": form.definitions(),
        "name_form": NameForm(initial={"name": programme.name}, prefix="rename"),
        "new_form": NameForm(prefix="new"),
        "archived": Programme.objects.filter(is_archived=True).order_by("pk"),
        **about(request, programme, "settings"),
    }


@require_POST
@require("programme.approve")
def programme_create(request: HttpRequest) -> HttpResponse:
    name = request.POST.get("new-name", "")
    try:
        programme = services.create_programme(name=name, by=acting_user(request))
    except Problem as problem:
        messages.error(request, problem.message)
        return back_to("loyalty:programme-settings", chosen_programme(request))
    messages.success(request, _("The programme is there. Give it rules, or let its first review propose them."))
    return back_to("loyalty:rules", programme)


@require_POST
@require("programme.approve")
def programme_rename(request: HttpRequest, pk: int) -> HttpResponse:
    programme, name = get_object_or_404(Programme, pk=pk), request.POST.get("rename-name", "")

    def rename() -> None:
        services.rename_programme(programme=programme, name=name, by=acting_user(request))

    return _done(request, programme, rename, _("The programme has its new name."))


@require_POST
@require("programme.approve")
def programme_archive(request: HttpRequest, pk: int) -> HttpResponse:
    programme = get_object_or_404(Programme, pk=pk)

    def archive() -> None:
        services.archive_programme(programme=programme, by=acting_user(request))

    text = _("The programme is archived: nothing reviews it any more, and everything in it can still be read.")
    return _done(request, programme, archive, text)


@require_POST
@require("programme.approve")
def programme_restore(request: HttpRequest, pk: int) -> HttpResponse:
    programme = get_object_or_404(Programme, pk=pk)

    def restore() -> None:
        services.restore_programme(programme=programme, by=acting_user(request))

    return _done(request, programme, restore, _("The programme is open again, with its list as it was left."))


def _done(request: HttpRequest, programme: Programme, write: Callable[[], None], text: str) -> HttpResponse:
    try:
        write()
    except Problem as problem:
        messages.error(request, problem.message)
    else:
        messages.success(request, text)
    return back_to("loyalty:programme-settings", programme)
