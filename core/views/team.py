"""The team: who has an account, and what each may do."""

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from core import selectors
from core.forms import NewUserForm, UserForm
from core.models import User
from core.permissions import acting_user, require
from core.services.accounts import AccountError, change_user, create_user
from core.ui import Column
from core.views.settings import tabs

COLUMNS = (
    Column(_("Name")),
    Column(_("E-mail address")),
    Column(_("Role")),
    Column(_("Latest sign-in")),
    Column(_("Change"), is_hidden=True),
)


@require_http_methods(["GET", "HEAD", "POST"])
@require("view", "team.manage")
@never_cache
def settings(request: HttpRequest) -> HttpResponse:
    """The settings' first page. Making an account answers with its password, shown this one time."""
    by = acting_user(request)
    if request.method != "POST":
        return _page(request, NewUserForm(by=by))
    form = NewUserForm(request.POST, by=by)
    if form.is_valid():
        fields = form.cleaned_data
        try:
            made = create_user(username=fields["username"], role=fields["role"], email=fields["email"], by=by)
        except (AccountError, ValidationError) as error:
            form.add_error("username", _sentence(error))
        else:
            return _page(request, NewUserForm(by=by), made=made)
    return _page(request, form, status=422)


def _page(
    request: HttpRequest, form: NewUserForm, *, made: tuple[User, str] | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "made": made[0] if made else None,
        "password": made[1] if made else "",
        "team": selectors.team(),
        "columns": COLUMNS,
        "tabs": tabs(request),
    }
    return render(request, "core/settings.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@require("team.manage")
def user_change(request: HttpRequest, pk: int) -> HttpResponse:
    person, by = get_object_or_404(User, pk=pk), acting_user(request)
    form = UserForm(request.POST or None, by=by, initial={"role": person.role, "is_active": person.is_active})
    status = 200
    if request.method == "POST":
        if form.is_valid():
            fields = form.cleaned_data
            try:
                change_user(user=person, role=fields["role"], is_active=fields["is_active"], by=by)
            except AccountError as error:
                form.add_error("role", str(error))
            else:
                return redirect("core:settings")
        status = 422
    return render(request, "core/user_change.html", {"form": form, "person": person}, status=status)


def _sentence(error: AccountError | ValidationError) -> str:
    return " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
