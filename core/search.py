"""Search by the beginning of a text, in a way that uses the column's index on every database."""

from django.db import connection
from django.db.models import Q

LAST_SIGN = 0x10FFFF
SURROGATES = range(0xD800, 0xE000)


def starts_with(column: str, prefix: str) -> Q:
    """Rows whose `column` begins with `prefix`.

    SQLite's LIKE ignores an index that tells capitals apart, so the prefix becomes a range there; PostgreSQL has an
    index made for LIKE beside the plain one, whose order depends on its locale.
    """
    if connection.vendor == "postgresql":
        return Q(**{f"{column}__startswith": prefix})
    after = _next_text(prefix)
    upper = Q(**{f"{column}__lt": after}) if after else Q()
    return Q(**{f"{column}__gte": prefix}) & upper


def _next_text(prefix: str) -> str:
    """The first text that comes after everything with this beginning; "" when there is none."""
    for end in range(len(prefix), 0, -1):
        code = ord(prefix[end - 1]) + 1
        if code <= LAST_SIGN:
            return prefix[: end - 1] + chr(SURROGATES.stop if code in SURROGATES else code)
    return ""
