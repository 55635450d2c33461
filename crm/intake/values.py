"""Text to exact numbers and times, as SQL expressions. What does not fit the declared form becomes NULL."""

# Name -> strptime patterns. A name that a person can read is what the mapping holds.
DATE_FORMATS: dict[str, list[str]] = {
    "2010-12-31 (ISO)": [
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%dT%H:%M:%S",
        "%Y-%m-%d %H:%M:%S.%f",
        "%Y-%m-%dT%H:%M:%S.%f",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d",
        "%Y-%m-%d %H:%M:%S UTC",
        "%Y-%m-%dT%H:%M:%SZ",
        "%Y-%m-%dT%H:%M:%S.%fZ",
        "%Y-%m-%dT%H:%M:%S%z",
        "%Y-%m-%d %H:%M:%S%z",
        "%Y-%m-%d %H:%M:%S %z",
    ],
    "12/31/2010 (month first)": [
        "%m/%d/%Y %H:%M",
        "%m/%d/%Y %H:%M:%S",
        "%m/%d/%Y",
        "%m/%d/%y %H:%M",
        "%m/%d/%y",
        "%m/%d/%Y %I:%M:%S %p",
        "%m/%d/%Y %I:%M %p",
    ],
    "31/12/2010 (day first)": ["%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y", "%d/%m/%y %H:%M", "%d/%m/%y"],
    "31.12.2010": ["%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y", "%d.%m.%y"],
    "31-12-2010": ["%d-%m-%Y %H:%M", "%d-%m-%Y %H:%M:%S", "%d-%m-%Y"],
    "12-31-2010": ["%m-%d-%Y %H:%M", "%m-%d-%Y %H:%M:%S", "%m-%d-%Y"],
    "31-Dec-10": ["%d-%b-%y", "%d-%b-%Y", "%d %b %Y", "%d-%b-%y %H:%M", "%d-%b-%Y %H:%M"],
    "2010/12/31": ["%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d"],
    "20101231": ["%Y%m%d", "%Y%m%d%H%M%S"],
}
# The pairs that read the same text as different days.
AMBIGUOUS = [{"12/31/2010 (month first)", "31/12/2010 (day first)"}, {"31-12-2010", "12-31-2010"}]


def text_sql(column: str) -> str:
    """A field's text without white space (no-break spaces too) at its ends; an empty field is NULL."""
    return f"nullif(trim({column}, ' ' || chr(9) || chr(10) || chr(13) || chr(160)), '')"


def number_sql(column: str, decimal: str) -> str:
    """An exact DECIMAL(18,6), or NULL where the text is no plain number or would have to be rounded."""
    group = r"\." if decimal == "," else ","
    point = "," if decimal == "," else r"\."
    # Digits are ASCII, thousands come in threes, at most six decimals that are not zero.
    grammar = rf"[+-]?(\d+|\d{{1,3}}({group}\d{{3}})+|\d{{1,3}}( \d{{3}})+)?({point}\d{{0,6}}0*)?"
    # No-break spaces between thousands, as spreadsheets write them, are spaces.
    field = f"translate({text_sql(column)}, chr(160) || chr(8239), '  ')"
    plain = f"replace(replace({field}, '{'.' if decimal == ',' else ','}', ''), ' ', '')"
    if decimal == ",":
        plain = f"replace({plain}, ',', '.')"
    return f"CASE WHEN regexp_full_match({field}, '{grammar}') THEN TRY_CAST({plain} AS DECIMAL(18,6)) END"


def local_time_sql(column: str, date_format: str) -> str:
    """A TIMESTAMP in the file's own time; NULL where the text does not fit, or names its offset."""
    # Two-digit years first: "%Y" would take "10" for the year 10.
    ordered = sorted(DATE_FORMATS[date_format], key=lambda pattern: "%Y" in pattern)
    return _parsed_sql(column, [pattern for pattern in ordered if not _offset(pattern)])


def _parsed_sql(column: str, patterns: list[str]) -> str:
    listed = ", ".join(f"'{pattern}'" for pattern in patterns)
    return f"try_strptime({text_sql(column)}, [{listed}])"


def _offset(pattern: str) -> str:
    """How a pattern says its distance from UTC: as digits, by the letter or the name of UTC, or not at all."""
    return "digits" if "%z" in pattern else "name" if pattern.endswith(("Z", " UTC")) else ""


def utc_sql(column: str, date_format: str, time_zone: str) -> str:
    """The moment in UTC. A time without an offset is the zone's wall-clock time."""
    local = local_time_sql(column, date_format)
    moment = local if time_zone == "UTC" else f"timezone('UTC', timezone('{time_zone}', {local}))"
    by_name, by_digits = (
        [pattern for pattern in DATE_FORMATS[date_format] if _offset(pattern) == kind] for kind in ("name", "digits")
    )
    if not by_digits:
        return moment
    with_offset = f"timezone('UTC', {_parsed_sql(column, by_digits)}::TIMESTAMPTZ)"
    return f"coalesce({moment}, {_parsed_sql(column, by_name)}, {with_offset})"
