"""What the supervisor has done in processes of their own: accounts of the first start, and the first data.

`python -m config.first_start accounts` and `python -m config.first_start data [--file PATH]`.
"""

import argparse
import os
import sys
from pathlib import Path

import django
from django.conf import settings
from django.core.management import CommandError, call_command

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


def load_data(file: Path | None, home: Path) -> None:
    """The file that was named; else the demo shop, as long as nothing was ever loaded."""
    if file is not None:
        load_file(file)
    elif is_demo_wanted():
        load_file(demo_shop(home / "demo"))


def is_demo_wanted() -> bool:
    """An empty installation, or one whose first start was interrupted before the demo was in."""
    from crm.models import Upload

    return not Upload.objects.exclude(source=Upload.Source.DEMO, published_at=None).exists()


def demo_shop(folder: Path) -> Path:
    """Write the demo shop's files and store its transactions as an upload marked as demo."""
    from crm.services import load_demo

    say("There is no data yet: loading the demo shop, which is made up. Your first own file takes its place.")
    call_command("demo", out=str(folder))
    transactions = folder / "transactions.csv"
    load_demo(path=transactions)
    return transactions


def load_file(path: Path) -> None:
    """The whole chain on one file, each step the same command that a person would type."""
    for words in (("ingest", str(path)), ("refresh",), ("scan",), ("review",)):
        say(f"manage.py {' '.join(words)}")
        try:
            call_command(*words)
        except CommandError as error:
            if not waits_for_a_person():
                raise
            say(f"{error}")
            say(f"{path.name} is kept. Sign in, open it under Uploads, and decide there; everything else follows.")
            return
    say(f"{path.name} is loaded: the pages are filled.")


def waits_for_a_person() -> bool:
    """Whether the file is in, and only its columns have to be decided."""
    from crm.models import Upload

    return Upload.objects.filter(state=Upload.State.MAPPING).exists()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=["accounts", "data"])
    parser.add_argument("--file", type=Path)
    arguments = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    try:
        perform(arguments)
    except CommandError as error:
        say(str(error))
        sys.exit(1)


def perform(arguments: argparse.Namespace) -> None:
    if arguments.step == "accounts":
        create_accounts()
    else:
        load_data(arguments.file, settings.INSIDERS_HOME)


if __name__ == "__main__":
    main()
