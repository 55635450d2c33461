"""The text of one XLSX cell: what a person sees of it in a CSV, with nothing rounded that the sheet shows."""

import re
from datetime import datetime, timedelta
from decimal import Decimal

PLAIN_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)").fullmatch
# At most 15 digits, the last one not zero: as the stored number is shown already.
PLAIN_DECIMAL = re.compile(r"-?(?=[0-9.]{3,16}$)(0|[1-9][0-9]*)\.[0-9]*[1-9]").fullmatch
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
DAY_MS = 24 * 60 * 60 * 1000
# The day before the first; Excel holds 1900 for a leap year, so that from March on the days are one more.
BEFORE_1900 = datetime(1899, 12, 30)  # noqa: DTZ001 - the sheet's own wall clock
FIRST_1904 = datetime(1904, 1, 1)  # noqa: DTZ001
LAST_DAY = 2_958_465
LEAP_DAY = 60


def number_text(text: str) -> str:
    """A stored number as Excel shows it: 15 digits that count, no exponent. Whole numbers keep all their digits."""
    if PLAIN_INTEGER(text) or PLAIN_DECIMAL(text):
        return text
    try:
        value = float(text)
    except ValueError:
        return text
    if value - value != 0:  # infinite, or no number: shown as it stands, for the typing to reject
        return text
    shown = format(Decimal(format(value, ".15g")), "f")
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def moment_text(text: str, kind: str, *, is_1904: bool) -> str:
    """A day number as ISO text; what is no day that a calendar has stays the number."""
    try:
        days = float(text)
    except ValueError:
        return text
    if not 0 <= days < LAST_DAY + 1:
        return number_text(text)
    milliseconds = round(days * DAY_MS)
    if kind == "time" and days < LEAP_DAY:  # a time of day, or hours that went by
        return _clock(milliseconds)
    if is_1904:
        moment = FIRST_1904 + timedelta(milliseconds=milliseconds)
    elif LEAP_DAY <= days < LEAP_DAY + 1:
        return number_text(text)  # 29 February 1900, which never was
    else:
        moment = BEFORE_1900 + timedelta(milliseconds=milliseconds, days=days < LEAP_DAY)
    if not milliseconds % DAY_MS:
        return moment.strftime("%Y-%m-%d")
    return moment.isoformat(" ", "milliseconds" if milliseconds % 1000 else "seconds")


def _clock(milliseconds: int) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{text}.{rest:03d}" if rest else text


def unescaped(text: str) -> str:
    """Control characters, which XML can't hold, as Excel writes them: `_x000D_`."""
    return ESCAPED.sub(_character, text) if "_x" in text else text


def _character(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    return match[0] if not code or 0xD800 <= code < 0xE000 else chr(code)
