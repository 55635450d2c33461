"""Which programme a page speaks of: `?programme=`, else the first one; every link of the page keeps it."""

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from core.ui import Tab
from loyalty.models import Programme
from loyalty.selectors.standing import default_programme, open_programmes, programme_of_key
from loyalty.views.tabs import programme_tabs


def chosen_programme(request: HttpRequest) -> Programme:
    """The programme that the address names; 404 for one that there isn't."""
    named = request.GET.get("programme", "")
    if not named:
        return default_programme()
    found = programme_of_key(named)
    if found is None:
        raise Http404(_("There is no such programme."))
    return found


def programme_url(name: str, programme: Programme, *, fragment: str = "", **kwargs: Any) -> str:
    """The address of a page about this programme."""
    query = urlencode({"programme": programme.pk})
    return f"{reverse(name, kwargs=kwargs or None)}?{query}{fragment and '#' + fragment}"


def back_to(name: str, programme: Programme, *, fragment: str = "", **kwargs: Any) -> HttpResponse:
    return HttpResponseRedirect(programme_url(name, programme, fragment=fragment, **kwargs))


def about(request: HttpRequest, programme: Programme, current: str, *, waiting: bool = False) -> dict[str, Any]:
    """What each page of a programme shows around its content: tabs, and the other programmes when there are several."""
    return {
        "programme": programme,
        "tabs": programme_tabs(current, waiting=waiting, programme=programme),
        "programmes": _others(request, programme),
    }


def _others(request: HttpRequest, programme: Programme) -> list[Tab]:
    found = open_programmes()
    if programme not in found:
        found.append(programme)
    if len(found) == 1:
        return []
    return [
        Tab(each.name, f"{request.path}?{urlencode({'programme': each.pk})}", is_current=each == programme)
        for each in found
    ]
