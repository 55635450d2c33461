"""What views hand to the component templates: small frozen values, finished before the template sees them."""

from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

from django.utils.functional import Promise

Text: TypeAlias = str | Promise


@dataclass(frozen=True)
class Column:
    """A table heading; `key` is the name in `?ordering=` and makes the heading a sort link."""

    label: Text
    key: str = ""
    is_numeric: bool = False
    hint: Text = ""
    is_hidden: bool = False  # read aloud only, for columns of buttons


@dataclass(frozen=True)
class Tab:
    label: Text
    url: str
    is_current: bool = False
    count: int | None = None


@dataclass(frozen=True)
class Definition:
    """A term with its value; `hint` explains the term in a sentence."""

    term: Text
    value: Any
    hint: Text = ""


@dataclass(frozen=True)
class Happening:
    """One entry of a timeline."""

    at: date
    title: Text
    text: Text = ""
    icon: str = "point"
    tone: str = "neutral"
    url: str = ""
