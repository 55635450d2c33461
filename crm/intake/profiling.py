"""What the values of each column are like, whatever its name says."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import duckdb

from crm.intake.dialect import Dialect
from crm.intake.values import number_sql, text_sql
from crm.intake.vocabulary import COUNTRIES, COUNTRY_CODES, CURRENCIES, EVENTS, FLAGS, SIGNS
from crm.ledger.reading import quoted

# So many of the first lines say enough of what a column is.
PROFILED = 10_000
SHOWN = 4
MONTHS = "(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
DATE_LIKE = (
    r"\d{1,4}([-./])\d{1,2}[-./]\d{1,4}([ T].*)?"
    rf"|\d{{1,2}}[- ]{MONTHS}[-,. ]+\d{{2,4}}.*|{MONTHS}[. ]+\d{{1,2}},? +\d{{4}}.*"
    r"|(19|20)\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])(\d{6})?"
)
EMAIL = r"[^@\s]+@[^@\s]+[.][^@\s]+"


@dataclass(frozen=True)
class ColumnProfile:
    """Counts over the profiled lines; shares are of the fields that are not empty."""

    name: str
    lines: int = 0
    filled: int = 0
    distinct: int = 0
    shares: dict[str, float] = field(default_factory=dict)
    smallest: float | None = None
    largest: float | None = None
    length: float = 0
    examples: list[str] = field(default_factory=list)

    def share(self, name: str) -> float:
        return self.shares.get(name, 0.0)

    def mostly(self, name: str, share: float = 0.9) -> bool:
        return self.share(name) >= share

    @property
    def is_unique(self) -> bool:
        """Every line has its own value, with enough of them to mean it."""
        return self.filled > 1 and self.distinct == self.filled

    @property
    def is_id_like(self) -> bool:
        """Few signs without spaces, no amounts and no dates, and more than a handful of different ones."""
        is_short = 0 < self.length <= 64 and self.share("spaced") < 0.1
        no_measure = not self.mostly("date", 0.5) and self.share("decimals") - self.share("point_zero") < 0.1
        return is_short and no_measure and self.distinct > max(2, self.filled / 200)

    @property
    def word(self) -> str:
        """What the page calls the values."""
        if not self.filled:
            return "empty"
        for name in ("email", "date", "currency", "country", "flag", "whole", "number"):
            if self.mostly(name):
                return name
        return "text"


def profile_columns(connection: duckdb.DuckDBPyConnection, dialect: Dialect) -> dict[str, ColumnProfile]:
    """Look at the first lines of `raw`, and at those taken from the middle and the end of a large file."""
    columns = [f"c{place}" for place in range(len(dialect.header))]
    # So few lines keep one thread of the engine busy: two columns are looked at side by side.
    with ThreadPoolExecutor(max_workers=2) as pool:
        profiles = pool.map(lambda column, name: _profile(connection.cursor(), column, name), columns, dialect.header)
        return {profile.name: profile for profile in profiles}


def _profile(connection: duckdb.DuckDBPyConnection, column: str, name: str) -> ColumnProfile:
    tests = _tests(column)
    counts = ", ".join(f"count(*) FILTER (t IS NOT NULL AND ({test}))" for test in tests.values())
    # Milliseconds since 1970 have more digits than an amount may have.
    whole = f"CASE WHEN {tests['whole']} THEN TRY_CAST(t AS DOUBLE) END"
    number = f"coalesce({number_sql(column, '.')}, {number_sql(column, ',')}, {whole})"
    row = connection.execute(f"""
        SELECT count(*), count(t), count(DISTINCT t), avg(length(t)), min({number}), max({number}), {counts}
        FROM (SELECT *, {text_sql(column)} AS t FROM raw WHERE n <= {PROFILED})""").fetchone()
    lines, filled, distinct, length, smallest, largest, *found = row or ()
    return ColumnProfile(
        name=name,
        lines=lines,
        filled=filled,
        distinct=distinct,
        shares={test: count / filled for test, count in zip(tests, found, strict=True)} if filled else {},
        smallest=None if smallest is None else float(smallest),
        largest=None if largest is None else float(largest),
        length=float(length or 0),
        examples=_examples(connection, column),
    )


def _tests(column: str) -> dict[str, str]:
    """SQL over `t`, the field's text."""
    signs = "|".join(rf"\{sign}" if sign == "$" else sign for sign in SIGNS)
    whole = r"regexp_full_match(t, '[+-]?\d{1,18}([.]0+)?')"
    return {
        "number": f"coalesce({number_sql(column, '.')}, {number_sql(column, ',')}) IS NOT NULL OR {whole}",
        "whole": whole,
        "point_zero": r"regexp_full_match(t, '\d+[.]0')",
        "decimals": r"regexp_full_match(t, '[^a-zA-Z]*\d*[.,]\d{1,6}')",
        "negative": "starts_with(t, '-')",
        "date": f"regexp_full_match(t, {quoted(DATE_LIKE)}, 'i')",
        "clock": r"regexp_matches(t, '\d:\d\d')",
        "email": f"regexp_full_match(t, {quoted(EMAIL)})",
        "flag": _one_of("lower(t)", FLAGS),
        "currency": _one_of("upper(t)", CURRENCIES),
        "country": f"{_one_of('upper(t)', COUNTRY_CODES)} OR {_one_of('lower(t)', COUNTRIES)}",
        "event": _one_of("lower(t)", EVENTS),
        "address": "regexp_matches(t, '^(/|https?://)')",
        "signed": rf"regexp_matches(t, '^({signs})|({signs})$|^[A-Z]{{3}} ?\d|\d ?[A-Z]{{3}}$')",
        "spaced": "contains(t, ' ')",
    }


def _one_of(expression: str, words: frozenset[str]) -> str:
    return f"{expression} IN ({', '.join(map(quoted, sorted(words)))})"


def _examples(connection: duckdb.DuckDBPyConnection, column: str) -> list[str]:
    """A few different values, in the order of the file."""
    rows = connection.execute(f"""
        SELECT t FROM (SELECT n, {text_sql(column)} AS t FROM raw WHERE n <= {PROFILED}) WHERE t IS NOT NULL
        GROUP BY t ORDER BY min(n) LIMIT {SHOWN}""").fetchall()
    return [str(value)[:60] for (value,) in rows]


def as_json(profile: ColumnProfile) -> dict[str, Any]:
    """What the page shows of a column."""
    empty = profile.lines - profile.filled
    return {
        "name": profile.name,
        "type": profile.word,
        "examples": profile.examples,
        "distinct": profile.distinct,
        "empty": empty,
        "lines": profile.lines,
    }
