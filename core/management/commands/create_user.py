"""Make an account; its password is printed once."""

from typing import Any

from django.core.management.base import CommandParser

from core.commands import CommandFailure, JsonCommand
from core.models import User
from core.services.accounts import AccountError, create_user


class Command(JsonCommand):
    help = "Make an account with a random password, which is printed once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--role", required=True, choices=User.Role.values)
        parser.add_argument("--email", default="", help="where links for a new password are sent")

    def perform(self, *, name: str, role: str, email: str, **options: Any) -> dict[str, Any]:
        try:
            user, password = create_user(username=name, role=role, email=email, by=None)
        except AccountError as error:
            raise CommandFailure("account", str(error)) from error
        return {"user": user.username, "role": user.role, "password": password}
