"""What the supervisor has done in processes of their own: accounts of the first start, and the first data.

`python -m config.first_start accounts` and `python -m config.first_start data [--file PATH]`.
"""

import argparse
import os
import sys
from pathlib import Path

import django
from django.core.management import call_command

ROLE_WORDS = {
    "marketer": "works with customers, programme and report",
    "analyst": "judges anomalies, refreshes models",
    "manager": "approves reviews, starts experiments",
    "admin": "accounts, tokens, settings",
}


def say(sentence: str) -> None:
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()


def create_accounts() -> None:
    """Print each password once; only a hash of it is kept."""
    from core.services.accounts import create_first_accounts

    created = [(user.username, password, user.role) for user, password in create_first_accounts()]
    if created:
        say(account_table(created))


def account_table(rows: list[tuple[str, str, str]]) -> str:
    """Rows of (name, password, role) as a table for the terminal."""
    head = ("sign in as", "password", "may")
    cells = [head, *((name, password, ROLE_WORDS.get(role, role)) for name, password, role in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    rule = "-" * max(len(line) for line in lines)
    note = "These passwords are shown this once and stored only as hashes: keep them."
    return "\n".join([rule, lines[0], rule, *lines[1:], rule, note])


def load_file(path: Path) -> None:
    """The whole chain on one file, each step the same command that a person would type."""
    for words in (("ingest", str(path)), ("refresh",), ("scan",), ("review",)):
        say(f"{words[0]}: {path.name}" if len(words) > 1 else words[0])
        call_command(*words)
    say(f"{path.name} is loaded: the pages are filled.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=["accounts", "data"])
    parser.add_argument("--file", type=Path)
    arguments = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    if arguments.step == "accounts":
        create_accounts()
    elif arguments.file:
        load_file(arguments.file)


if __name__ == "__main__":
    main()
