"""`manage.py dashboard_role`: an account of the database that reads the dashboard views and nothing else."""

import secrets
from typing import Any

from django.core.management.base import CommandParser
from django.db import ProgrammingError, connection, transaction

from core.commands import CommandFailure, JsonCommand
from loyalty.dashboards import READER, VIEWS, create_views, grant_sql

SECONDS_A_QUERY = 60
CONNECTIONS = 5
LONGEST_NAME = 63


class Command(JsonCommand):
    help = "Make the PostgreSQL role for dashboards, or give it a new password; printed this one time."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", default=READER, help=f"its name, which begins with {READER}")

    def perform(self, *args: Any, name: str, **_: Any) -> dict[str, Any]:
        if connection.vendor != "postgresql":
            raise CommandFailure(
                "sqlite",
                "SQLite knows no roles: open INSIDERS_HOME/insiders.sqlite3 read-only, as docs/dashboards.md shows.",
            )
        if not name.startswith(READER) or len(name) > LONGEST_NAME or not name.replace("_", "").isalnum():
            raise CommandFailure("name", f"The name must begin with {READER} and hold letters, digits and _ alone.")
        create_views()
        password = secrets.token_urlsafe(24)
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                for statement in _statements(cursor, name, password):
                    cursor.execute(statement)
        except ProgrammingError as error:
            message = f"This database user may not make roles ({error}): let a database administrator run it."
            raise CommandFailure("not_allowed", message) from error
        return {"role": name, "password": password, "views": list(VIEWS)}


def _statements(cursor: Any, name: str, password: str) -> list[str]:
    quoted = connection.ops.quote_name(name)
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name])
    # The password holds letters, digits, - and _ alone, and takes no parameter in these statements.
    verb = "ALTER" if cursor.fetchone() else "CREATE"
    return [
        f"{verb} ROLE {quoted} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE CONNECTION LIMIT {CONNECTIONS} "
        f"PASSWORD '{password}'",
        f"ALTER ROLE {quoted} SET default_transaction_read_only = on",
        f"ALTER ROLE {quoted} SET statement_timeout = '{SECONDS_A_QUERY}s'",
        *grant_sql(name),
    ]
