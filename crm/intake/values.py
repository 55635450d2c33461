"""Text to exact numbers and times, as SQL expressions. What does not fit the declared form becomes NULL."""

from crm.intake.facts import TextFacts

# Where nothing is known of the text, every line is asked.
ANY = TextFacts()

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
    "31-Dec-10": ["%d-%b-%y", "%d-%b-%Y", "%d-%b-%y %H:%M", "%d-%b-%Y %H:%M", "%d-%b-%Y %H:%M:%S"],
    "31 Dec 2010": [
        *("%d %b %Y", "%d %b %Y %H:%M", "%d %b %Y %H:%M:%S", "%d %b %y"),
        *("%d %B %Y", "%d %B %Y %H:%M", "%d %B %Y %H:%M:%S"),
    ],
    "Dec 31, 2010": [
        *("%b %d, %Y", "%b %d, %Y %H:%M", "%b %d, %Y %H:%M:%S", "%b %d, %Y %I:%M %p", "%b %d, %Y %I:%M:%S %p"),
        *("%B %d, %Y", "%B %d, %Y %H:%M", "%B %d, %Y %H:%M:%S", "%B %d, %Y %I:%M %p", "%B %d, %Y %I:%M:%S %p"),
    ],
    "2010/12/31": ["%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d"],
    "20101231": ["%Y%m%d", "%Y%m%d%H%M%S"],
    # Numbers, read by COUNTED.
    "Excel serial number": [],
    "Unix seconds": [],
    "Unix milliseconds": [],
}
# The pairs that read the same text as different days.
AMBIGUOUS = [{"12/31/2010 (month first)", "31/12/2010 (day first)"}, {"31-12-2010", "12-31-2010"}]
# Dates that are counts: their grammar, and the moment. Excel's are days of the shop's clock since the end of 1899 (so
# counted, its 29 February 1900 that never was does no harm later), Unix's are seconds in UTC.
COUNTED = {
    "Excel serial number": (
        r"[0-9]{1,6}([.][0-9]+)?",
        "TIMESTAMP '1899-12-30' + to_microseconds(CAST(round(TRY_CAST({} AS DOUBLE) * 86400) AS BIGINT) * 1000000)",
    ),
    "Unix seconds": (
        r"[0-9]{9,10}([.][0-9]{1,6})?",
        "make_timestamp(CAST(TRY_CAST({} AS DECIMAL(16,6))::DECIMAL(38,6) * 1000000 AS BIGINT))",
    ),
    "Unix milliseconds": (r"[0-9]{12,13}", "make_timestamp(TRY_CAST({} AS BIGINT) * 1000)"),
}
IN_UTC = ("Unix seconds", "Unix milliseconds")
# How a currency is written beside a number, where that is not its code.
SIGNS = {"EUR": "€", "GBP": "£", "USD": "(?:US)?[$]"}
BLANKS = "' ' || chr(9) || chr(10) || chr(13) || chr(160) || chr(8239)"


def text_sql(column: str, facts: TextFacts = ANY) -> str:
    """A field's text without white space (no-break spaces too) at its ends; an empty field is NULL.

    What the file's bytes rule out is not looked for in every line: that would be most of the time of an import.
    """
    if facts.has_other_blanks:
        return f"nullif(trim({column}, {BLANKS}), '')"
    return f"nullif(trim({column}), '')"


def number_sql(column: str, decimal: str, currency: str = "") -> str:
    """An exact DECIMAL(18,6), or NULL where the text is no plain number or would have to be rounded.

    Plain digits, as nearly every field has them, are told by one short grammar; what remains goes the long way.
    The sign or the code of `currency` may stand before or behind it; that of another one is no number.
    """
    point = "," if decimal == "," else "[.]"
    plain = f"replace({column}, ',', '.')" if decimal == "," else column
    return f"""CASE WHEN regexp_full_match({column}, '[+-]?[0-9]{{1,12}}({point}[0-9]{{1,6}})?')
        THEN TRY_CAST({plain} AS DECIMAL(18,6)) ELSE {_written_number_sql(column, decimal, currency)} END"""


def _written_number_sql(column: str, decimal: str, currency: str) -> str:
    """Numbers as people and spreadsheets write them: thousands set apart; (12.50) and 12.50- are negative."""
    group = r"\." if decimal == "," else ","
    point = "," if decimal == "," else r"\."
    # Digits are ASCII, thousands come in threes, at most six decimals that are not zero.
    size = rf"(\d+|\d{{1,3}}({group}\d{{3}})+|\d{{1,3}}( \d{{3}})+)?({point}\d{{0,6}}0*)?"
    # No-break spaces between thousands, as spreadsheets write them, are spaces.
    field = f"translate({text_sql(column)}, chr(160) || chr(8239), '  ')"
    if currency:
        field = _without_currency(field, currency)
    # The decimal comma becomes a point; whatever else is no digit goes.
    bare = f"translate({field}, ', ()-+.', '.')" if decimal == "," else f"translate({field}, ' ()-+,', '')"
    sign = f"CASE WHEN regexp_matches({field}, '[(-]') THEN '-' ELSE '' END"
    return f"""CASE WHEN regexp_full_match({field}, '[+-]?{size}|[(]{size}[)]|{size}-')
        THEN TRY_CAST({sign} || {bare} AS DECIMAL(18,6)) END"""


def _without_currency(field: str, currency: str) -> str:
    """£12, -£12, (£12), GBP 12, 12 GBP, £12-: the first of them is taken away, a second one stays and is no number."""
    name = rf"(?:{SIGNS[currency]}|{currency})" if currency in SIGNS else currency
    return rf"regexp_replace({field}, '^([(+-]?) ?{name} ?| ?{name}([)-]?)$', '\1\2', 'i')"


def local_time_sql(column: str, date_format: str) -> str:
    """A TIMESTAMP in the file's own time; NULL where the text does not fit, or names its offset."""
    if date_format in COUNTED:
        return _counted_sql(column, date_format)
    # Two-digit years first: "%Y" would take "10" for the year 10.
    ordered = sorted(DATE_FORMATS[date_format], key=lambda pattern: "%Y" in pattern)
    return _parsed_sql(column, [pattern for pattern in ordered if not _offset(pattern)])


def _counted_sql(column: str, date_format: str) -> str:
    grammar, moment = COUNTED[date_format]
    field = text_sql(column)
    return f"CASE WHEN regexp_full_match({field}, '{grammar}') THEN {moment.format(field)} END"


def _parsed_sql(column: str, patterns: list[str]) -> str:
    listed = ", ".join(f"'{pattern}'" for pattern in patterns)
    # Blanks are trimmed only where the text as it stands does not fit, which is seldom.
    return f"coalesce(try_strptime({column}, [{listed}]), try_strptime({text_sql(column)}, [{listed}]))"


def _offset(pattern: str) -> str:
    """How a pattern says its distance from UTC: as digits, by the letter or the name of UTC, or not at all."""
    return "digits" if "%z" in pattern else "name" if pattern.endswith(("Z", " UTC")) else ""


def utc_sql(column: str, date_format: str, time_zone: str) -> str:
    """The moment in UTC. A time without an offset is the zone's wall-clock time."""
    local = local_time_sql(column, date_format)
    is_utc = time_zone == "UTC" or date_format in IN_UTC
    moment = local if is_utc else f"timezone('UTC', timezone('{time_zone}', {local}))"
    by_name, by_digits = (
        [pattern for pattern in DATE_FORMATS[date_format] if _offset(pattern) == kind] for kind in ("name", "digits")
    )
    if not by_digits:
        return moment
    # No clock on earth is further from UTC than fourteen hours.
    is_possible = f"regexp_matches({column}, '[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?[[:space:]]*$')"
    moment_there = f"timezone('UTC', {_parsed_sql(column, by_digits)}::TIMESTAMPTZ)"
    with_offset = f"CASE WHEN {is_possible} THEN {moment_there} END"
    return f"coalesce({moment}, {_parsed_sql(column, by_name)}, {with_offset})"


def alike_sql(text: str) -> str:
    """One spelling of an id for all that differ in case, zeros before it, or `.0` behind it."""
    return f"lower(regexp_replace(regexp_replace({text}, '[.]0$', ''), '^0+(.)', '\\1'))"
