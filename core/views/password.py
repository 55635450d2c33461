"""A new password: by mailed link, or by knowing the old one. Django's own views under our templates."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import views
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core.forms import ChangePasswordForm, NewPasswordForm, ResetForm

page_and_form = method_decorator(require_http_methods(["GET", "HEAD", "POST"]), name="dispatch")


@page_and_form
class PasswordReset(views.PasswordResetView):
    """Answers the same whether or not the address belongs to an account."""

    form_class = ResetForm
    template_name = "core/password_reset.html"
    subject_template_name = "core/mail/password_reset_subject.txt"
    email_template_name = "core/mail/password_reset.txt"
    success_url = reverse_lazy("core:password-reset-sent")


@method_decorator(require_safe, name="dispatch")
class PasswordResetSent(views.PasswordResetDoneView):
    template_name = "core/password_reset_sent.html"


@page_and_form
class PasswordResetConfirm(views.PasswordResetConfirmView):
    form_class = NewPasswordForm
    template_name = "core/password_reset_confirm.html"
    success_url = reverse_lazy("core:sign-in")

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, _("Your new password is set. Sign in with it."))
        return super().form_valid(form)


@page_and_form
class PasswordChange(views.PasswordChangeView):
    form_class = ChangePasswordForm
    template_name = "core/password_change.html"
    success_url = reverse_lazy("core:account")

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, _("Your password is changed. Other browsers have to sign in again."))
        return super().form_valid(form)
