"""Ask every check whether what must never happen has happened."""

from collections.abc import Mapping
from typing import Any

from core import invariants
from core.commands import JsonCommand


class Command(JsonCommand):
    help = "Check what must never happen (docs/operations.md); exit code 1 when a check fails."

    def perform(self, **options: Any) -> dict[str, Any]:
        invariants.load()
        return {"invariants": invariants.answers()}

    def is_success(self, result: Mapping[str, Any]) -> bool:
        return all(answer["ok"] for answer in result["invariants"].values())

    def describe(self, result: Mapping[str, Any]) -> str:
        answers = result["invariants"].items()
        return "\n".join(f"{number}. {'ok' if a['ok'] else 'FAILED'}: {a['detail']}" for number, a in answers)
