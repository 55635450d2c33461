"""People, their tokens, and what lock-out has to remember."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):
    """Someone who signs in. What they may do follows from one role; see `core.permissions`."""

    class Role(models.TextChoices):
        MARKETER = "marketer", _("Marketer")
        ANALYST = "analyst", _("Analyst")
        MANAGER = "manager", _("Manager")
        ADMIN = "admin", _("Administrator")

    role = models.CharField(max_length=16, choices=Role.choices, default=Role.MARKETER)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role__in=["marketer", "analyst", "manager", "admin"]),
                name="user_role_known",
            )
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.username


class ApiToken(models.Model):
    """A key for scripts. Only its digest is kept; it may do what its owner may, or only read."""

    class Scope(models.TextChoices):
        READ = "read", _("Read")
        WRITE = "write", _("Read and write")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    scope = models.CharField(max_length=8, choices=Scope.choices, default=Scope.READ)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    latest_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class SignInFailure(models.Model):
    """One failed sign-in. Rows, not cache entries: a flushed cache must not unlock an account."""

    username_key = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["username_key", "at"], name="signin_failure_lookup")]

    def __str__(self) -> str:
        return f"{self.username_key} at {self.at:%Y-%m-%d %H:%M}"
