"""One's own account: who one is, and the tokens of one's scripts."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from core import selectors
from core.forms import TokenForm
from core.models import User
from core.permissions import acting_user, require
from core.services.accounts import create_token, revoke_token
from core.ui import Column

COLUMNS = (
    Column(gettext_lazy("What it is for")),
    Column(gettext_lazy("It may")),
    Column(gettext_lazy("Made")),
    Column(gettext_lazy("Latest use")),
    Column(gettext_lazy("Ends")),
    Column(gettext_lazy("Revoke"), is_hidden=True),
)


@require_http_methods(["GET", "HEAD", "POST"])
@require("view", "tokens.own")
@never_cache
def account(request: HttpRequest) -> HttpResponse:
    """Looking at it, or making a token: the answer to that POST is the one time that the key is shown."""
    user = acting_user(request)
    form = TokenForm(request.POST or None)
    if request.method != "POST":
        return _page(request, user, TokenForm())
    if not form.is_valid():
        return _page(request, user, form, status=422)
    fields = form.cleaned_data
    _token, key = create_token(user=user, name=fields["name"], scope=fields["scope"], days=fields["days"], by=user)
    return _page(request, user, TokenForm(), key=key)


def _page(request: HttpRequest, user: User, form: TokenForm, *, key: str = "", status: int = 200) -> HttpResponse:
    context = {"form": form, "key": key, "tokens": selectors.tokens_of(user), "columns": COLUMNS}
    return render(request, "core/account.html", context, status=status)


@require_POST
@require("tokens.own")
def token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    user = acting_user(request)
    revoke_token(token=get_object_or_404(user.tokens, pk=pk), by=user)
    messages.success(request, _("The token is revoked; scripts that use it are refused from now on."))
    return redirect("core:account")
