"""Make a key for scripts; it is printed once."""

from typing import Any

from django.core.management.base import CommandParser

from core.commands import CommandFailure, JsonCommand
from core.models import ApiToken, User
from core.services.accounts import create_token


class Command(JsonCommand):
    help = "Make a token for the API, which is printed once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user")
        parser.add_argument("--scope", choices=ApiToken.Scope.values, default=ApiToken.Scope.READ)
        parser.add_argument("--name", default="made by command", help="what it is for, shown in the owner's list")
        parser.add_argument("--days", type=int, default=365, help="how long it works")

    def perform(self, *, user: str, scope: str, name: str, days: int, **options: Any) -> dict[str, Any]:
        owner = User.objects.filter(username=user, is_active=True).first()
        if owner is None:
            raise CommandFailure("unknown_user", f"There is no active account named {user!r}. Make one: create_user.")
        token, key = create_token(user=owner, name=name, scope=scope, days=days, by=None)
        return {"token": key, "user": owner.username, "scope": token.scope, "expires_at": token.expires_at}
