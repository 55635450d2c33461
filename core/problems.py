"""A refusal that scripts and people both understand: light enough for domain code and for jobs."""

from typing import Any


class Problem(Exception):
    """A refusal with a code that scripts can test and a sentence that people can read."""

    def __init__(self, code: str, message: str, *, status: int = 400, **details: Any) -> None:
        super().__init__(message)
        self.status_code = status
        self.problem_code = code
        self.message = message
        self.details = details
