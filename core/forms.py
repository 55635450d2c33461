"""Forms of accounts and settings."""

from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _


class SignInForm(AuthenticationForm):
    """One message for a wrong name, a wrong password and a closed account: a stranger learns nothing from it."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": _(
            "This name and password do not match an account. After five failures the account is closed for 30 minutes."
        ),
    }
