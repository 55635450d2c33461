"""Forms of accounts and settings."""

from typing import Any, cast

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, PasswordResetForm, SetPasswordForm
from django.utils.translation import gettext_lazy as _

from core.models import ApiToken, User
from core.services.accounts import is_password_right, set_password


class SignInForm(AuthenticationForm):
    """One message for a wrong name, a wrong password and a closed account: a stranger learns nothing from it."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": _(
            "This name and password do not match an account. After five failures the account is closed for 30 minutes."
        ),
    }


class ResetForm(PasswordResetForm):
    email = forms.EmailField(
        label=_("E-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )


class NewPasswordForm(SetPasswordForm):  # type: ignore[type-arg]  # generic in the stubs alone
    """For somebody who came by a mailed link."""

    def save(self, commit: bool = True) -> User:
        return _saved(self.user, self.cleaned_data["new_password1"])


class ChangePasswordForm(PasswordChangeForm):
    """For somebody who is signed in and knows the old one."""

    def save(self, commit: bool = True) -> User:
        return _saved(self.user, self.cleaned_data["new_password1"])


def _saved(user: Any, password: str) -> User:
    """Through the service, which writes the audit event and lifts a lock-out."""
    set_password(user=user, password=password, by=user)
    return cast(User, user)


class TokenForm(forms.Form):
    name = forms.CharField(
        label=_("What it is for"), max_length=100, help_text=_("So that you know later which one to revoke.")
    )
    scope = forms.ChoiceField(label=_("It may"), choices=ApiToken.Scope.choices)
    days = forms.IntegerField(label=_("It works for this many days"), min_value=1, max_value=730, initial=90)


class OwnPasswordForm(forms.Form):
    """Asks for the own password again: a screen left open must not be enough to hand out rights."""

    own_password = forms.CharField(
        label=_("Your own password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by

    def clean_own_password(self) -> str:
        password = str(self.cleaned_data["own_password"])
        if not is_password_right(user=self.by, password=password):
            raise forms.ValidationError(_("This is not your password. After five failures your account is closed."))
        return password


class NewUserForm(OwnPasswordForm):
    username = forms.CharField(label=_("Name"), max_length=150, help_text=_("What the person signs in with."))
    email = forms.EmailField(
        label=_("E-mail address"), required=False, help_text=_("Links for a new password are sent here.")
    )
    role = forms.ChoiceField(label=_("Role"), choices=User.Role.choices)
    field_order = ["username", "email", "role", "own_password"]


class UserForm(OwnPasswordForm):
    role = forms.ChoiceField(label=_("Role"), choices=User.Role.choices)
    is_active = forms.BooleanField(label=_("May sign in"), required=False)
    field_order = ["role", "is_active", "own_password"]
