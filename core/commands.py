"""The base of every management command: work in, one JSON object out."""

import json
import logging
import sys
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NoReturn
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.functional import Promise

from core.execution import execute_or_wait
from core.models import Run
from core.runs import JobRefused

logger = logging.getLogger(__name__)


class CommandFailure(Exception):
    """The command can't do what it was asked; the message is for a person, the code for a script."""

    def __init__(self, code: str, message: str, *, uncertain: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.uncertain = uncertain


class JsonCommand(BaseCommand):
    """Subclasses write `add_arguments` and `perform(**options) -> dict`; `--json` and failures are handled here.

    With `--json` standard output carries exactly one object; whatever else there is to say goes to standard error.
    `perform` raises `CommandFailure` (or `JobRefused`) to end with exit code 1 and a reason.
    """

    _latest_progress = ""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.add_argument("--json", action="store_true", dest="as_json", help="print one JSON object")
        if "--json" in sys.argv:
            parser.error = self._refuse_arguments  # type: ignore[method-assign]
        return parser

    def _refuse_arguments(self, message: str) -> NoReturn:
        """Words that the parser does not understand end like every other failure: one object, exit code 1."""
        error = {"code": "arguments", "message": message, "uncertain": None}
        self.stdout.write(dumps({"state": "failed", "error": error}))
        sys.exit(1)

    def handle(self, *args: Any, as_json: bool = False, **options: Any) -> None:
        try:
            result = self.perform(**options)
            text = dumps(result) if as_json else self.describe(result)
        except (CommandFailure, JobRefused, ValidationError, OSError) as failure:
            self._fail(failure_of(failure), as_json=as_json)
        except Exception:
            logger.exception("%s", type(self).__module__)
            sentence = "Something went wrong on our side; what it was stands on standard error. Nothing was changed."
            self._fail(CommandFailure("unexpected", sentence), as_json=as_json)
        else:
            self.stdout.write(text)
            if not self.is_success(result):
                sys.exit(1)

    def perform(self, *args: Any, **options: Any) -> dict[str, Any]:
        """Do the work; the returned object is what `--json` prints."""
        raise NotImplementedError

    def describe(self, result: Mapping[str, Any]) -> str:
        """The result for a person who did not ask for JSON."""
        return "\n".join(
            f"{name}: {value if isinstance(value, str) else dumps(value)}" for name, value in result.items()
        )

    def is_success(self, result: Mapping[str, Any]) -> bool:
        """Whether the exit code is 0; a check that fails prints its result all the same."""
        return True

    def say(self, sentence: str) -> None:
        """Progress, on standard error."""
        self.stderr.write(sentence, style_func=str)

    def finish(self, run: Run) -> Run:
        """Do the run here, or wait for whoever does it; its end, or a CommandFailure with its reason."""
        ended = execute_or_wait(run.pk, on_progress=self._show_progress)
        if ended.state == Run.State.SUCCEEDED:
            return ended
        if ended.state == Run.State.CANCELLED:
            raise CommandFailure(ended.error_code or "cancelled", "The work was cancelled. Run the command again.")
        raise CommandFailure(ended.error_code, ended.error, uncertain=(ended.result or {}).get("uncertain"))

    def _show_progress(self, run: Run) -> None:
        line = f"{run.label}: {run.stage or run.get_state_display()} {run.progress_text}".rstrip()
        if line != self._latest_progress:
            self._latest_progress = line
            self.say(line)

    def _fail(self, failure: CommandFailure, *, as_json: bool) -> None:
        if as_json:
            error = {"code": failure.code, "message": failure.message, "uncertain": failure.uncertain}
            self.stdout.write(dumps({"state": "failed", "error": error}))
        raise CommandError(failure.message, returncode=1)


def failure_of(error: Exception) -> CommandFailure:
    """The failure that a script sees for an expected error."""
    if isinstance(error, CommandFailure):
        return error
    if isinstance(error, JobRefused):
        return CommandFailure(error.code, error.message, uncertain=error.details.get("uncertain"))
    if isinstance(error, ValidationError):
        return CommandFailure("invalid", " ".join(error.messages))
    name = getattr(error, "filename", None)
    reason = getattr(error, "strerror", None) or str(error)
    return CommandFailure("file", f"{name}: {reason}." if name else f"{reason}.")


def dumps(value: Any) -> str:
    return json.dumps(value, default=_plain, ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    """Decimals in plain notation with all their digits, moments with their offset."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID | Promise):
        return str(value)
    if hasattr(value, "item"):  # a numpy number
        return value.item()
    raise TypeError(f"{type(value).__name__} has no place in JSON")
