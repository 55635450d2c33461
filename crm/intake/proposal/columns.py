"""Which column is which field: by its name, checked against its values; by its values where the name says nothing."""

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from crm.fields import KINDS, Field
from crm.intake.dialect import Dialect
from crm.intake.formats import by_name
from crm.intake.formats.known import is_unnamed
from crm.intake.profiling import ColumnProfile
from crm.intake.proposal import relating
from crm.intake.proposal.guessing import guesses

# A name as good as this keeps its column from being guessed to be something else.
TELLING = 0.8
BY_NAME = "Its name says so."
BY_ENDING = "Its name ends in a word for this."
BY_LIKENESS = "Its name is close to a word for this."


@dataclass(frozen=True)
class Guess:
    """One field for one column, with the reason in words."""

    score: float
    name: str
    column: str
    reason: str


def assign(
    connection: duckdb.DuckDBPyConnection, dialect: Dialect, profiles: dict[str, ColumnProfile], kind: str
) -> dict[str, Guess]:
    """The best column of each field of the kind; a column serves one field."""
    named = list(_named(profiles, kind))
    taken = {guess.column for guess in named if guess.score >= TELLING}
    free = {name: profile for name, profile in profiles.items() if name not in taken}
    has = {guess.name for guess in named if guess.score >= TELLING}
    related = relating.Relations(connection, dialect, profiles)
    guessed = [Guess(score, name, column, why) for score, name, column, why in guesses(kind, free, has, related)]
    chosen: dict[str, Guess] = {}
    places = {column: place for place, column in enumerate(dialect.header)}
    for guess in sorted([*named, *guessed], key=lambda guess: (-guess.score, places[guess.column])):
        if guess.name not in chosen and guess.column not in {other.column for other in chosen.values()}:
            chosen[guess.name] = guess
    return chosen


def _named(profiles: dict[str, ColumnProfile], kind: str) -> Iterator[Guess]:
    fields = {field.name: field for field in KINDS[kind].fields}
    for column, profile in profiles.items():
        for name, likeness in {} if is_unnamed(column) else by_name(column, kind).items():
            if fits(fields[name], profile):
                reason = BY_NAME if likeness >= 0.9 else BY_ENDING if likeness == 0.85 else BY_LIKENESS
                yield Guess(likeness, name, column, reason)


def contradictions(profiles: dict[str, ColumnProfile], kind: str) -> Iterator[str]:
    """Sentences about columns that are called like a date or a number and hold something else."""
    for field in KINDS[kind].fields:
        for column, profile in profiles.items():
            is_called = not is_unnamed(column) and by_name(column, kind).get(field.name, 0) > 0.95
            if is_called and field.type in ("time", "number") and profile.filled and not fits(field, profile):
                label = str(field.label).lower()
                yield f"“{column}” is called like the {label}, but holds values such as “{profile.examples[0]}”."


def fits(field: Field, profile: ColumnProfile) -> bool:
    """Whether the values can be what the name says; a column without any values contradicts only dates and numbers."""
    if not profile.lines:
        return True
    if not profile.filled:
        return field.type == "text"
    if field.type == "time":
        return profile.share("date") >= 0.5 or _is_counted_time(profile)
    if field.type in ("number", "integer"):
        is_number = profile.share("number") >= 0.5 or profile.share("signed") >= 0.5
        return is_number and not (profile.mostly("date") and profile.share("whole") < 0.5)
    if field.type == "flag":
        return profile.mostly("flag")
    if field.name == "email":
        return profile.share("email") >= 0.5
    if field.name in ("customer_id", "order_id", "session_id", "user_id", "item_id"):
        fractions = profile.share("decimals") - profile.share("point_zero")
        return fractions < 0.5 and not (profile.mostly("date") and profile.share("whole") < 0.5)
    if field.name == "country":
        return profile.share("number") < 0.5
    if field.name == "currency":
        return profile.share("currency") >= 0.5 or profile.share("signed") >= 0.5 or profile.length <= 3
    return True


def _is_counted_time(profile: ColumnProfile) -> bool:
    """Seconds, milliseconds or days as a number, of our times."""
    low, high = profile.smallest, profile.largest
    return profile.mostly("number") and low is not None and high is not None and bool(counted_format(low, high))


# How time is counted, with the numbers of the years 1990 to 2100. A spreadsheet's own count of days is the smallest.
COUNTED = (
    ("Excel serial number", 32_874, 73_415),
    ("Unix seconds", 631_152_000, 4_102_444_800),
    ("Unix milliseconds", 631_152_000_000, 4_102_444_800_000),
)


def counted_format(low: float, high: float) -> str:
    return next((name for name, first, last in COUNTED if first <= low and high <= last), "")
