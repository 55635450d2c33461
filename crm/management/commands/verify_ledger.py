"""`verify_ledger`: read every stored file again and name what is damaged or missing."""

from collections.abc import Mapping
from typing import Any

from core.commands import CommandFailure, JsonCommand
from core.trouble import Unavailable
from crm.ledger.verifying import verify

EVERY = 1_000


class Command(JsonCommand):
    help = "Read every stored file again: ledger, uploads, rejected lines, snapshots. Exit code 1 when one is damaged."

    def perform(self, **options: Any) -> dict[str, Any]:
        try:
            return verify(self._show)
        except Unavailable as trouble:
            raise CommandFailure(trouble.code, trouble.message) from trouble

    def _show(self, done: int, total: int) -> None:
        if done and done % EVERY == 0:
            self.say(f"{done:,} of {total:,} files read")

    def is_success(self, result: Mapping[str, Any]) -> bool:
        return not result["damaged"]

    def describe(self, result: Mapping[str, Any]) -> str:
        sentences = [damage["sentence"] for damage in result["damaged"]]
        counted = f"{result['files']:,} files, {result['bytes']:,} bytes read."
        repaired = [f"A local copy of {path} was damaged and is removed." for path in result["copies_repaired"]]
        verdict = f"{len(sentences):,} damaged." if sentences else "All as they were written."
        return "\n".join([*sentences, *repaired, f"{counted} {verdict}"])
