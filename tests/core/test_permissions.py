"""The table of rights, in code and on paper."""

from django.conf import settings

from core.models import User
from core.permissions import PERMISSIONS


def written() -> dict[str, frozenset[str]]:
    """Capability -> roles, as docs/permissions.md has it."""
    lines = (settings.BASE_DIR / "docs" / "permissions.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    roles = rows[0][1:5]
    return {
        row[0].strip("`"): frozenset(role for role, mark in zip(roles, row[1:5], strict=True) if mark == "yes")
        for row in rows[2:]
    }


def test_the_written_table_is_the_one_that_guards() -> None:
    assert written() == PERMISSIONS, "write the capability and its roles into docs/permissions.md"


def test_an_administrator_may_do_everything_and_everybody_may_read() -> None:
    assert all(User.Role.ADMIN in roles for roles in PERMISSIONS.values())
    assert PERMISSIONS["view"] == set(User.Role.values)
