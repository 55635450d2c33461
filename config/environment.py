"""Settings come from the environment, through these five readers, or fail loudly.

Each reader notes the variable it read, so that `docs/settings.md` can be checked against the code.
A value may also stand in a file that `<NAME>_FILE` names, as container secrets do.
"""

import os
from dataclasses import dataclass
from pathlib import Path


class SettingError(RuntimeError):
    """A variable is missing or holds something it may not; the message says what to set."""


@dataclass(frozen=True)
class Variable:
    name: str
    help: str
    default: str


VARIABLES: dict[str, Variable] = {}


def text(name: str, default: str | None, help: str) -> str:
    """The variable's text; `default=None` makes it required."""
    VARIABLES[name] = Variable(name, help, "" if default is None else default)
    value = _raw(name)
    if value is None or value == "":
        if default is None:
            raise SettingError(f"{name} is not set: {help}")
        return default
    return value


def integer(name: str, default: int, help: str, *, minimum: int = 0) -> int:
    value = text(name, str(default), help)
    if not value.isascii() or not value.isdigit() or int(value) < minimum:
        raise SettingError(f"{name} is {value!r}; it has to be a whole number of at least {minimum}.")
    return int(value)


def boolean(name: str, default: bool, help: str) -> bool:
    value = text(name, "1" if default else "0", help).lower()
    if value not in {"0", "1", "true", "false", "yes", "no"}:
        raise SettingError(f"{name} is {value!r}; write 1 or 0.")
    return value in {"1", "true", "yes"}


def choice(name: str, default: str, allowed: set[str], help: str) -> str:
    value = text(name, default, help)
    if value not in allowed:
        raise SettingError(f"{name} is {value!r}; it has to be one of {', '.join(sorted(allowed))}.")
    return value


def pairs(name: str, help: str) -> dict[str, str]:
    """`name=value` pairs by comma; secrets of which each has a name."""
    found = {}
    for pair in text(name, "", help).split(","):
        key, sign, value = pair.strip().partition("=")
        if pair.strip() and not (key and sign and value):
            raise SettingError(f"{name} has to hold name=value pairs by comma.")
        if key:
            found[key] = value
    return found


def _raw(name: str) -> str | None:
    file = os.environ.get(f"{name}_FILE")
    if file is None:
        return os.environ.get(name)
    if name in os.environ:
        raise SettingError(f"Both {name} and {name}_FILE are set; keep one.")
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingError(f"{name}_FILE names {file}, which can't be read: {error.strerror}.") from error
