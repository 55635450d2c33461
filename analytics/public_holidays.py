"""Public holidays by country, so that a closed Christmas is not asked about."""

from datetime import date

import holidays
from holidays.registry import COUNTRIES

SUBDIVISION = {"GB": "ENG"}  # where a country has no holidays of its own, the part that most of its people live in


def public_holidays(country: str, first: date, last: date) -> dict[date, str]:
    """Date to English name of each public holiday from `first` to `last`, both included.

    `country` is an ISO 3166 code, with a part after a hyphen where wanted: "GB" (England), "GB-SCT", "DE-BY". Raises
    ValueError for a code that the calendar does not know.
    """
    code, _, part = country.upper().partition("-")
    try:
        found = holidays.country_holidays(
            code, subdiv=part or SUBDIVISION.get(code), years=range(first.year, last.year + 1), language="en_US"
        )
    except NotImplementedError:
        raise ValueError(f"There is no holiday calendar for “{country}”: use a code such as GB, DE or US.") from None
    return {day: name for day, name in sorted(found.items()) if first <= day <= last}


def country_code(name: str) -> str | None:
    """The ISO 3166 code of a country's English name or of its code ("United Kingdom", "uk", "GBR"), or None."""
    wanted = name.strip().upper()
    plain = wanted.replace(" ", "_").lower()
    for stem, (_, *codes) in COUNTRIES.items():
        if plain == stem or wanted in codes:
            return str(codes[0])
    return None
